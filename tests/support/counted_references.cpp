// Only for ThreadSanitizer. Debian's libCatch2WithMain.a holds a copy of this function without the sanitizer, and the
// linker keeps whichever copy comes first: with that copy the sanitizer does not see that references are released, and
// reports the destruction with the last one as a race. The linker takes object files of the program before libraries,
// and taking the address makes the compiler emit a copy here.
#include <memory>

extern void (std::_Sp_counted_base<std::__default_lock_policy>::*const release_of_a_reference)() noexcept;
void (std::_Sp_counted_base<std::__default_lock_policy>::*const release_of_a_reference)() noexcept =
    &std::_Sp_counted_base<std::__default_lock_policy>::_M_release;

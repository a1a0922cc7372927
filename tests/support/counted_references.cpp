// Only for ThreadSanitizer. Debian's libCatch2WithMain.a holds a copy of this function without the sanitizer, and the
// linker keeps whichever copy comes first: with that one the sanitizer sees none of our references given up, and takes
// what is destroyed with the last for a race. An object of the program itself comes before every library, and an
// address taken needs a copy in it.
#include <memory>

extern void (std::_Sp_counted_base<std::__default_lock_policy>::*const release_of_a_reference)() noexcept;
void (std::_Sp_counted_base<std::__default_lock_policy>::*const release_of_a_reference)() noexcept =
    &std::_Sp_counted_base<std::__default_lock_policy>::_M_release;

// The functions of a foreign allocator for LD_PRELOAD, for foreign_allocator.test. The program has its own malloc and
// operator new, so it must not call these functions; each ends the process.
#include <cstddef>
#include <cstdlib>
#include <new>

#pragma GCC visibility push(default)

extern "C" std::size_t malloc_usable_size(void* /*block*/) {
  std::abort();
}

void* operator new(std::size_t /*size*/) {
  std::abort();
}

void operator delete(void* /*block*/) noexcept {
  std::abort();
}

void operator delete(void* /*block*/, std::size_t /*size*/) noexcept {
  std::abort();
}

#pragma GCC visibility pop

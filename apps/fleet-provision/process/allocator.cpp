// malloc and its kin, operator new and pthread_create, for the whole process: for us, the C++ library, OpenSSL, Paho
// and libcbor.
//
// The C library's own do the work (its manual, "Replacing malloc", allows for functions in front of them). Two things
// are added. A refused allocation ends the run instead of returning null, see final_report.hpp. And freed memory is
// overwritten, also when a block moves because it grows: a private key that the service made, or an ownership token,
// passes through buffers of libraries that do not wipe what they free, and the program of --on-success may run for
// minutes after that.
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>

#include "adapters/system/resources.hpp"
#include "core/secret.hpp"
#include "process/final_report.hpp"

#if defined(__GLIBC__) && !defined(FLEET_PROVISION_SANITIZED)

#include <gnu/lib-names.h>

// The names are glibc's; its headers give the parameters reserved names.
// NOLINTBEGIN(bugprone-reserved-identifier, readability-inconsistent-declaration-parameter-name)
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);
}

namespace {

using namespace fleet_provision;

struct Request {
  std::size_t count;
  std::size_t size;
  std::size_t alignment;
  void* block = nullptr;
};

bool allocate(void* request) {
  auto& asked = *static_cast<Request*>(request);
  asked.block =
      asked.alignment != 0 ? __libc_memalign(asked.alignment, asked.size) : __libc_calloc(asked.count, asked.size);
  return asked.block != nullptr;
}

[[gnu::noinline, gnu::cold]] void* refused(Request request) {
  end_out_of_resources(out_of_memory, allocate, &request);
  return request.block;
}

using UsableSize = std::size_t (*)(void*);

/// The C library's, which gave the blocks: with LD_PRELOAD the name may lead to another allocator. Null until the
/// constructors of this program run; what libraries free before that holds no secret.
constinit UsableSize usable_size = nullptr;

// Later than prepare_final_report: before all constructors dlopen would start the C library without its environment.
[[gnu::constructor(101)]] void find_usable_size() {
  void* library = ::dlopen(LIBC_SO, RTLD_LAZY | RTLD_NOLOAD);
  void* found = library != nullptr ? ::dlsym(library, "malloc_usable_size") : nullptr;
  usable_size = found != nullptr ? reinterpret_cast<UsableSize>(found) : ::malloc_usable_size;
}

void wipe_block(void* block, std::size_t from) {
  const std::size_t size = usable_size != nullptr ? usable_size(block) : 0;
  if (size > from) wipe(static_cast<char*>(block) + from, size - from);
}

struct ThreadRequest {
  pthread_t* thread;
  const pthread_attr_t* attributes;
  void* (*work)(void*);
  void* argument;
  int failure = 0;
};

using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

/// False if resources ran out; the caller handles any other failure.
bool create(void* request) {
  static const auto real = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  auto& asked = *static_cast<ThreadRequest*>(request);
  asked.failure = real(asked.thread, asked.attributes, asked.work, asked.argument);
  return asked.failure != EAGAIN && asked.failure != ENOMEM;
}

Error no_process() {
  return out_of_processes("cannot start a thread");
}

Error no_stack() {
  return *out_of_resources(ENOMEM, "cannot start a thread");
}

}  // namespace

extern "C" {

[[gnu::visibility("default")]] void* malloc(std::size_t size) {
  void* block = __libc_malloc(size);
  return block != nullptr ? block : refused({1, size, 0});
}

[[gnu::visibility("default")]] void* calloc(std::size_t count, std::size_t size) {
  void* block = __libc_calloc(count, size);
  return block != nullptr ? block : refused({count, size, 0});
}

[[gnu::visibility("default")]] void free(void* block) {
  if (block == nullptr) return;
  const int saved_errno = errno;
  wipe_block(block, 0);
  __libc_free(block);
  errno = saved_errno;
}

[[gnu::visibility("default")]] void* realloc(void* block, std::size_t size) {
  if (block == nullptr) return malloc(size);
  if (size == 0) {
    free(block);
    return nullptr;
  }
  if (usable_size == nullptr) return __libc_realloc(block, size);
  const std::size_t present = usable_size(block);
  if (size <= present) {
    // The allocator may give the released end to another caller.
    wipe_block(block, size);
    void* shrunk = size < present / 2 ? __libc_realloc(block, size) : block;
    return shrunk != nullptr ? shrunk : block;
  }
  void* grown = malloc(size);
  std::memcpy(grown, block, present);
  free(block);
  return grown;
}

[[gnu::visibility("default")]] void* memalign(std::size_t alignment, std::size_t size) {
  void* block = __libc_memalign(alignment, size);
  return block != nullptr ? block : refused({1, size, alignment});
}

[[gnu::visibility("default")]] void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return memalign(alignment, size);
}

[[gnu::visibility("default")]] int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  if (alignment == 0 || alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  *block = memalign(alignment, size);
  return 0;
}

[[gnu::visibility("default")]] void* valloc(std::size_t size) {
  return memalign(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), size);
}

[[gnu::visibility("default")]] void* pvalloc(std::size_t size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return memalign(page, (size / page + (size % page != 0 ? 1 : 0)) * page);
}

[[gnu::visibility("default")]] int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                                  void* (*work)(void*), void* argument) {
  ThreadRequest request{thread, attributes, work, argument};
  if (!create(&request)) end_out_of_resources(room_for_stack() ? no_process : no_stack, create, &request);
  return request.failure;
}

}  // extern "C"

// NOLINTEND(bugprone-reserved-identifier, readability-inconsistent-declaration-parameter-name)

namespace {

void* aligned(std::size_t size, std::align_val_t alignment) {
  return memalign(static_cast<std::size_t>(alignment), size);
}

}  // namespace

// An allocator of LD_PRELOAD may define these too, and then blocks of the one would be freed by the other.

#pragma GCC visibility push(default)

void* operator new(std::size_t size) {
  return malloc(size);
}
void* operator new[](std::size_t size) {
  return malloc(size);
}
void* operator new(std::size_t size, const std::nothrow_t& /*unused*/) noexcept {
  return malloc(size);
}
void* operator new[](std::size_t size, const std::nothrow_t& /*unused*/) noexcept {
  return malloc(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return aligned(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return aligned(size, alignment);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t& /*unused*/) noexcept {
  return aligned(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t& /*unused*/) noexcept {
  return aligned(size, alignment);
}
void operator delete(void* block) noexcept {
  free(block);
}
void operator delete[](void* block) noexcept {
  free(block);
}
void operator delete(void* block, const std::nothrow_t& /*unused*/) noexcept {
  free(block);
}
void operator delete[](void* block, const std::nothrow_t& /*unused*/) noexcept {
  free(block);
}
void operator delete(void* block, std::size_t /*size*/) noexcept {
  free(block);
}
void operator delete[](void* block, std::size_t /*size*/) noexcept {
  free(block);
}
void operator delete(void* block, std::align_val_t /*alignment*/) noexcept {
  free(block);
}
void operator delete[](void* block, std::align_val_t /*alignment*/) noexcept {
  free(block);
}
void operator delete(void* block, std::align_val_t /*alignment*/, const std::nothrow_t& /*unused*/) noexcept {
  free(block);
}
void operator delete[](void* block, std::align_val_t /*alignment*/, const std::nothrow_t& /*unused*/) noexcept {
  free(block);
}
void operator delete(void* block, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  free(block);
}
void operator delete[](void* block, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  free(block);
}

#pragma GCC visibility pop

namespace {

[[gnu::section(".preinit_array"), gnu::used]] void (*const before_all)(int, char**, char**) = prepare_final_report;

}  // namespace

#endif

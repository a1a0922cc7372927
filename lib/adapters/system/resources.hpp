// One error for a lack of threads, memory or descriptors, which names the limit that was reached.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "core/result.hpp"

namespace fleet_provision {

/// kOutOfResources for an errno that says so (EMFILE, ENFILE, ENOMEM), nothing for any other. `failed` names the
/// operation that failed: "cannot open /etc/config.json".
[[nodiscard]] std::optional<Error> out_of_resources(int number, const std::string& failed);

/// The limit that errno names, with its number: "too many open files (RLIMIT_NOFILE 8)"; empty for any other errno.
[[nodiscard]] std::string limit_words(int number);
/// The hint for that limit; empty for any other errno.
[[nodiscard]] std::string_view limit_hint(int number);

[[nodiscard]] Error out_of_memory();
/// Whether address space is left for the stack of another thread.
[[nodiscard]] bool room_for_stack();
/// The error for a thread or process that could not be started; `failed` is "cannot start a thread", for example. Names
/// memory as the cause if none is left for a stack.
[[nodiscard]] Error out_of_processes(const std::string& failed);

/// Starts a thread; kOutOfResources if the system cannot start one. `work` must not throw.
[[nodiscard]] Result<std::thread> start_thread(std::function<void()> work);

/// Checks that `count` more descriptors can be opened. Call it before a library that reports a lack of descriptors as
/// another error (an unknown name, an untrusted server). kOutOfResources.
[[nodiscard]] Result<void> need_descriptors(unsigned count);

/// The error for the exception that is being handled: kOutOfResources for std::bad_alloc and for a std::system_error
/// that reports a lack of resources, else kInternal with `failed` and the exception's text.
[[nodiscard]] Error error_of_exception(std::string_view failed) noexcept;

/// Runs the work of a thread and converts its exceptions to errors, since an uncaught exception would end the process.
template <class Work>
[[nodiscard]] Result<void> contained(std::string_view failed, Work work) noexcept {
  try {
    return work();
  } catch (...) {
    return fail(error_of_exception(failed));
  }
}

}  // namespace fleet_provision

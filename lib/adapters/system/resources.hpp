// Threads, memory and descriptors that run out: one error for all of them, which names the limit that was reached.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "core/result.hpp"

namespace fleet_provision {

/// kOutOfResources for an errno that says so (EMFILE, ENFILE, ENOMEM), nothing for any other. `failed` says what could
/// not be done: "cannot open /etc/config.json".
[[nodiscard]] std::optional<Error> out_of_resources(int number, const std::string& failed);

/// The limit that errno names, with its number: "too many open files (RLIMIT_NOFILE 8)"; empty for any other errno.
[[nodiscard]] std::string limit_words(int number);
/// What to do about it; empty for any other errno.
[[nodiscard]] std::string_view limit_hint(int number);

[[nodiscard]] Error out_of_memory();
/// Whether address space is left for the stack of another thread.
[[nodiscard]] bool room_for_stack();
/// That a thread or process could not be started: `failed` is "cannot start a thread" or the like. Where no memory is
/// left for its stack, that is the cause.
[[nodiscard]] Error out_of_processes(const std::string& failed);

/// Starts a thread; kOutOfResources when there is none to be had. `work` must not throw.
[[nodiscard]] Result<std::thread> start_thread(std::function<void()> work);

/// Proves that `count` more descriptors can be opened: for what is done by libraries that tell a lack of them as
/// something else (a name that is not known, a server that is not trusted). kOutOfResources.
[[nodiscard]] Result<void> need_descriptors(unsigned count);

/// The error of the exception that is being handled: kOutOfResources where a lack of something has thrown it
/// (std::bad_alloc, std::system_error), else kInternal with its words after `failed`. Throws nothing itself.
[[nodiscard]] Error error_of_exception(std::string_view failed) noexcept;

/// What a thread does, with its exceptions as errors: one that left the thread would end the process.
template <class Work>
[[nodiscard]] Result<void> contained(std::string_view failed, Work work) noexcept {
  try {
    return work();
  } catch (...) {
    return fail(error_of_exception(failed));
  }
}

}  // namespace fleet_provision

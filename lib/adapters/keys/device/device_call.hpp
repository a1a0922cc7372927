// Calls into the library of a key device that may never return.
//
// A PKCS#11 module or a TPM can hang, and no call of theirs can be cancelled. Each call runs in a thread of its own,
// which is left behind when the deadline has passed; the process then ends without waiting for it.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "adapters/system/resources.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// The value of `work`, or nothing if it has not returned at `deadline`. `work` then still runs: it must own, or share,
/// all that it uses, and must not throw. kOutOfResources if no thread can be started.
template <class Work>
[[nodiscard]] Result<std::optional<std::invoke_result_t<Work>>> call_device(Instant deadline, Work work) {
  using Value = std::invoke_result_t<Work>;
  const auto task = std::make_shared<std::packaged_task<Value()>>(std::move(work));
  auto value = task->get_future();
  FP_TRY_ASSIGN(std::thread thread, start_thread([task] { (*task)(); }));
  // The largest instant would overflow a 32-bit time_t, with which the library waits.
  if (deadline != Instant::max() && value.wait_until(deadline) != std::future_status::ready) {
    thread.detach();
    return std::optional<Value>();
  }
  thread.join();
  return std::optional<Value>(value.get());
}

}  // namespace fleet_provision

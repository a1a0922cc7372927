#include "adapters/network/wait.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

namespace fleet_provision {

Result<void> Wait::check() const {
  FP_TRY(interrupt_.check());
  pollfd stop{stop_descriptor_, POLLIN, 0};
  if (::poll(&stop, 1, 0) > 0) return fail(ErrorKind::kInternal, "the connection was closed by its owner");
  return {};
}

Result<bool> Wait::until(int descriptor, short events, Instant deadline) const {
  while (true) {
    const auto left = left_until(deadline, std::chrono::steady_clock::now()).count();
    const auto timeout = std::min<decltype(left)>(left, std::numeric_limits<int>::max());
    pollfd polled[] = {{descriptor, events, 0}, {interrupt_.descriptor(), POLLIN, 0}, {stop_descriptor_, POLLIN, 0}};
    const int ready = ::poll(polled, std::size(polled), static_cast<int>(timeout));
    if (ready < 0 && errno != EINTR) {
      return fail(ErrorKind::kInternal, "poll: " + std::generic_category().message(errno));
    }
    if (ready > 0 && (polled[1].revents != 0 || polled[2].revents != 0)) FP_TRY(check());
    // A peer that sends without a pause must not extend the deadline.
    if (left == 0) return false;
    if (ready > 0 && polled[0].revents != 0) return true;
    if (ready == 0 && left == timeout) return false;
  }
}

}  // namespace fleet_provision

#include "process/watchdog.hpp"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace fleet_provision {
namespace {

constexpr int kTickMs = 200;
/// Longer than what a run needs to report by itself that its timeout ended: a call into a key device is given up at the
/// deadline (device_call.hpp), and that error names the device.
constexpr int kGraceMs = 800;
constexpr int kMaxWaitMs = 60'000;

/// Blocks all signals for the thread that is started meanwhile: they are for the thread that runs the command, whose
/// waits they interrupt.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

Watchdog::Watchdog(const Interrupt& interrupt, Callbacks callbacks)
    : interrupt_(interrupt), callbacks_(std::move(callbacks)) {
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

Watchdog::~Watchdog() {
  stop_.raise(ErrorKind::kTerminated);
  thread_.join();
}

int Watchdog::poll_timeout_ms(bool timeout_reported) const {
  const int tick = callbacks_.tick ? kTickMs : kMaxWaitMs;
  if (timeout_reported) return tick;
  const Milliseconds left =
      left_until(callbacks_.deadline() + Milliseconds{kGraceMs}, std::chrono::steady_clock::now());
  return static_cast<int>(std::min<Milliseconds::rep>(tick, left.count()));
}

void Watchdog::run() const {
  std::array<pollfd, 2> waited{pollfd{stop_.descriptor(), POLLIN, 0}, pollfd{interrupt_.descriptor(), POLLIN, 0}};
  bool timeout_reported = false;
  while (!interrupt_.raised()) {
    ::poll(waited.data(), waited.size(), poll_timeout_ms(timeout_reported));
    if (stop_.raised()) return;
    if (callbacks_.tick) callbacks_.tick();
    if (timeout_reported || std::chrono::steady_clock::now() < callbacks_.deadline() + Milliseconds{kGraceMs}) continue;
    timeout_reported = true;
    callbacks_.on_timeout();
  }
  ::poll(waited.data(), 1, kGraceMs);
  if (!stop_.raised()) callbacks_.on_ignored_signal(*interrupt_.raised());
}

}  // namespace fleet_provision

#include "output/watch.hpp"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace fleet_provision {
namespace {

constexpr int kTickMs = 200;
constexpr int kGraceMs = 800;
constexpr int kLongestMs = 60'000;

/// Signals go to the thread that does the work, whose waits they are to end.
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

Watch::Watch(const Interrupt& interrupt, Calls calls) : interrupt_(interrupt), calls_(std::move(calls)) {
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { watch(); });
}

Watch::~Watch() {
  ended_.raise(ErrorKind::kTerminated);
  thread_.join();
}

int Watch::time_to_wait(bool told) const {
  const int tick = calls_.tick ? kTickMs : kLongestMs;
  if (told) return tick;
  const Milliseconds left = left_until(calls_.end() + Milliseconds{kGraceMs}, std::chrono::steady_clock::now());
  return static_cast<int>(std::min<Milliseconds::rep>(tick, left.count()));
}

void Watch::watch() const {
  std::array<pollfd, 2> waited{pollfd{ended_.descriptor(), POLLIN, 0}, pollfd{interrupt_.descriptor(), POLLIN, 0}};
  bool told = false;
  while (!interrupt_.raised()) {
    ::poll(waited.data(), waited.size(), time_to_wait(told));
    if (ended_.raised()) return;
    if (calls_.tick) calls_.tick();
    if (told || std::chrono::steady_clock::now() < calls_.end() + Milliseconds{kGraceMs}) continue;
    told = true;
    calls_.late();
  }
  ::poll(waited.data(), 1, kGraceMs);
  if (!ended_.raised()) calls_.stuck(*interrupt_.raised());
}

}  // namespace fleet_provision

#include "watch.hpp"

#include <poll.h>
#include <signal.h>

#include <array>
#include <utility>

namespace fleet_provision {
namespace {

constexpr int kTickMs = 200;
constexpr int kGraceMs = 800;

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

Watch::Watch(const Interrupt& interrupt, std::function<void()> tick, std::function<void(ErrorKind)> stuck)
    : interrupt_(interrupt), tick_(std::move(tick)), stuck_(std::move(stuck)) {
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { watch(); });
}

Watch::~Watch() {
  ended_.raise(ErrorKind::kTerminated);
  thread_.join();
}

void Watch::watch() const {
  std::array<pollfd, 2> waited{pollfd{ended_.descriptor(), POLLIN, 0}, pollfd{interrupt_.descriptor(), POLLIN, 0}};
  while (!interrupt_.raised()) {
    ::poll(waited.data(), waited.size(), tick_ ? kTickMs : -1);
    if (ended_.raised()) return;
    if (tick_) tick_();
  }
  ::poll(waited.data(), 1, kGraceMs);
  if (!ended_.raised()) stuck_(*interrupt_.raised());
}

}  // namespace fleet_provision

#include "pki/rsa_key_pool.hpp"

#include <signal.h>

#include <exception>
#include <system_error>
#include <utility>

namespace fleet_provision::simulator {

namespace {

/// After this number of keys the next one is generated ahead.
constexpr unsigned kTakenUntilAhead = 2;

// While it lives, new threads inherit a mask that blocks all signals, so that SIGALRM reaches the broker's thread.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

RsaKeyPool::~RsaKeyPool() {
  {
    const Lock lock(mutex_);
    stopped_ = true;
  }
  wanted_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool RsaKeyPool::ready() {
  const Lock lock(mutex_);
  if (!thread_.joinable()) {
    const SignalsBlocked blocked;
    try {
      thread_ = std::thread([this] { work(); });
    } catch (const std::system_error&) {
      // Without a thread, take() generates each key.
      return true;
    }
  }
  if (!std::exchange(asked_, true)) wanted_.notify_all();
  return key_ != nullptr || failed_;
}

Key RsaKeyPool::take() {
  Key key;
  {
    const Lock lock(mutex_);
    key = std::exchange(key_, nullptr);
    asked_ = false;
    if (taken_ < kTakenUntilAhead) ++taken_;
  }
  wanted_.notify_all();
  return key ? std::move(key) : make_rsa_key();
}

void RsaKeyPool::work() {
  while (key_wanted()) {
    Key made;
    try {
      made = make_rsa_key(stopped_);
    } catch (const std::exception&) {
      made = nullptr;
    }
    keep(std::move(made));
  }
}

bool RsaKeyPool::key_wanted() {
  const Lock lock(mutex_);
  while (!stopped_ && !failed_ && (key_ || (!asked_ && taken_ < kTakenUntilAhead))) wanted_.wait(mutex_);
  return !stopped_ && !failed_;
}

void RsaKeyPool::keep(Key key) {
  const Lock lock(mutex_);
  failed_ = !key && !stopped_;
  key_ = std::move(key);
}

}  // namespace fleet_provision::simulator

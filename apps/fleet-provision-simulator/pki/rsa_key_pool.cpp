#include "pki/rsa_key_pool.hpp"

#include <signal.h>

#include <exception>
#include <system_error>
#include <utility>

namespace fleet_provision::simulator {

namespace {

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
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wanted_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool RsaKeyPool::ready() {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) {
    const SignalsBlocked blocked;
    try {
      thread_ = std::thread([this] { work(); });
    } catch (const std::system_error&) {
      // Without a thread, take() generates each key.
      return true;
    }
  }
  return key_ != nullptr || failed_;
}

Key RsaKeyPool::take() {
  Key key;
  {
    const std::lock_guard lock(mutex_);
    key = std::exchange(key_, nullptr);
  }
  wanted_.notify_all();
  return key ? std::move(key) : make_rsa_key();
}

void RsaKeyPool::work() {
  std::unique_lock lock(mutex_);
  while (!stopped_ && !failed_) {
    if (key_) {
      wanted_.wait(lock);
      continue;
    }
    lock.unlock();
    Key made;
    try {
      made = make_rsa_key(stopped_);
    } catch (const std::exception&) {
      made = nullptr;
    }
    lock.lock();
    failed_ = !made && !stopped_;
    key_ = std::move(made);
  }
}

}  // namespace fleet_provision::simulator

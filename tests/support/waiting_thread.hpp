// A thread that waits, for tests of what wakes it and of what does not.
#pragma once

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

namespace fleet_provision::test {

/// Runs `call` in a thread of its own. `result` joins it, so a call that nothing ends keeps the test until its limit.
template <class Value>
class WaitingThread {
 public:
  template <class Call>
  explicit WaitingThread(Call call)
      : thread_([this, call] {
          id_ = static_cast<pid_t>(::syscall(SYS_gettid));
          value_ = call();
          done_ = true;
        }) {}
  WaitingThread(const WaitingThread&) = delete;
  WaitingThread& operator=(const WaitingThread&) = delete;
  ~WaitingThread() {
    if (thread_.joinable()) thread_.join();
  }

  /// Returns once the thread sleeps (true) or has returned from the call (false).
  [[nodiscard]] bool sleeps() const {
    while (!done_) {
      if (id_ != 0 && state() == 'S') return !done_;
      std::this_thread::yield();
    }
    return false;
  }
  /// Sends the thread a signal with an empty handler: a call of the kernel in which it sleeps fails with EINTR.
  void interrupt() const {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGUSR1, &action, nullptr);
    ::syscall(SYS_tgkill, ::getpid(), id_.load(), SIGUSR1);
  }
  [[nodiscard]] Value result() {
    thread_.join();
    return std::move(value_);
  }

 private:
  /// The state of the thread, the word behind its name (proc(5), /proc/pid/stat).
  [[nodiscard]] char state() const {
    std::ifstream file("/proc/self/task/" + std::to_string(id_) + "/stat");
    std::string line;
    std::getline(file, line);
    const std::size_t end = line.rfind(") ");
    return end == std::string::npos ? '?' : line[end + 2];
  }

  Value value_{};
  std::atomic<pid_t> id_{0};
  std::atomic<bool> done_{false};
  std::thread thread_;
};

}  // namespace fleet_provision::test

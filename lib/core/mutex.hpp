// A mutex, a lock and a condition that clang's thread safety analysis understands (-Wthread-safety; the standard
// library's are not annotated in libstdc++). scripts/build-clang fails if code accesses a member declared
// FP_GUARDED_BY(mutex_) without holding mutex_. g++ compiles the same code without the check.
//
// The analysis examines one function at a time, except constructors and destructors. A function whose caller must hold
// the mutex is declared with FP_REQUIRES. A lambda is a separate function:
//
//   changed_.wait_until(mutex_, deadline, [this]() FP_REQUIRES(mutex_) { return ended_; });
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define FP_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define FP_THREAD_SAFETY(attribute)
#endif

/// For a member: only with `mutex` held.
#define FP_GUARDED_BY(mutex) FP_THREAD_SAFETY(guarded_by(mutex))
/// For a function or a lambda: its caller holds `mutex`.
#define FP_REQUIRES(mutex) FP_THREAD_SAFETY(requires_capability(mutex))

namespace fleet_provision {

/// `Native` is std::mutex or std::recursive_mutex.
template <class Native>
class FP_THREAD_SAFETY(capability("mutex")) AnnotatedMutex {
 public:
  void lock() FP_THREAD_SAFETY(acquire_capability()) { native_.lock(); }
  void unlock() FP_THREAD_SAFETY(release_capability()) { native_.unlock(); }

 private:
  friend class Condition;
  Native native_;
};

using Mutex = AnnotatedMutex<std::mutex>;
using RecursiveMutex = AnnotatedMutex<std::recursive_mutex>;

/// Holds the mutex while the object lives.
template <class Held>
class [[nodiscard]] FP_THREAD_SAFETY(scoped_lockable) Lock {
 public:
  explicit Lock(Held& mutex) FP_THREAD_SAFETY(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() FP_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }

 private:
  Held& mutex_;
};

/// Waits release `mutex`, and hold it again when they return.
class Condition {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  void notify_all() noexcept { native_.notify_all(); }

  /// Waits for a notification; spurious wakeups are possible.
  void wait(Mutex& mutex) FP_REQUIRES(mutex) {
    std::unique_lock lock(mutex.native_, std::adopt_lock);
    native_.wait(lock);
    lock.release();
  }

  /// Waits until `predicate` holds; false if it does not hold at `deadline`.
  template <class Predicate>
  bool wait_until(Mutex& mutex, Instant deadline, Predicate predicate) FP_REQUIRES(mutex)
      FP_THREAD_SAFETY(no_thread_safety_analysis) {
    while (!predicate()) {
      std::unique_lock lock(mutex.native_, std::adopt_lock);
      const std::cv_status status = native_.wait_until(lock, deadline);
      lock.release();
      if (status == std::cv_status::timeout) return predicate();
    }
    return true;
  }

 private:
  std::condition_variable native_;
};

}  // namespace fleet_provision

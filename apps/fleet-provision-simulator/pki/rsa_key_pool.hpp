// A pool of one RSA key, filled by a thread, because generating a key takes 30 to 300 ms in which the broker could not
// serve other clients.
//
// The thread starts with the first call of ready(), since most runs need no key. From the second key on it generates the
// next one ahead: a simulator that serves one gateway, as in CI, does not pay for a key that it never uses. It uses
// nothing but the pool: only the broker's thread may call the broker.
#pragma once

#include <atomic>
#include <thread>

#include "core/mutex.hpp"
#include "pki/x509.hpp"

namespace fleet_provision::simulator {

class RsaKeyPool {
 public:
  RsaKeyPool() = default;
  RsaKeyPool(const RsaKeyPool&) = delete;
  RsaKeyPool& operator=(const RsaKeyPool&) = delete;
  /// Cancels the generation of a key.
  ~RsaKeyPool();

  /// Whether `take` has a key without waiting. If not, this call starts to generate one.
  [[nodiscard]] bool ready();
  /// A 2048-bit key: from the pool, or generated in this call. Throws std::runtime_error.
  [[nodiscard]] Key take();

 private:
  /// Runs in the thread.
  void work();
  /// Waits until the pool lacks a key that is asked for or generated ahead; false when the thread is to end.
  [[nodiscard]] bool key_wanted();
  /// `key` is nullptr when generating it failed or was cancelled.
  void keep(Key key);

  Mutex mutex_;
  Condition wanted_;
  std::atomic<bool> stopped_{false};
  /// Generating has failed once; the thread has ended.
  bool failed_ FP_GUARDED_BY(mutex_) = false;
  Key key_ FP_GUARDED_BY(mutex_);
  /// ready() was called since the last key was taken.
  bool asked_ FP_GUARDED_BY(mutex_) = false;
  unsigned taken_ FP_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace fleet_provision::simulator

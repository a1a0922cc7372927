// RSA keys made ahead, by a thread, so that the broker's loop does not stand still for the 30 to 300 ms that one takes.
//
// The thread begins with the first wish, since most runs never ask the service for a key, and from then on keeps one
// key ready. It touches nothing but its keys: only the broker's own thread may call the broker.
#pragma once

#include <atomic>
#include <thread>

#include "core/mutex.hpp"
#include "pki/x509.hpp"

namespace fleet_provision::simulator {

class RsaKeysAhead {
 public:
  RsaKeysAhead() = default;
  RsaKeysAhead(const RsaKeysAhead&) = delete;
  RsaKeysAhead& operator=(const RsaKeysAhead&) = delete;
  /// Gives up the key that is being made.
  ~RsaKeysAhead();

  /// Whether `take` has a key at once; false begins to make one.
  [[nodiscard]] bool ready();
  /// A 2048 bit key: the one at hand, or one made in this call. Throws std::runtime_error.
  [[nodiscard]] Key take();

 private:
  void work();
  /// Waits while there is a key; false when no more are to be made.
  [[nodiscard]] bool key_wanted();
  /// `key` is null when OpenSSL failed or was stopped.
  void keep(Key key);

  Mutex mutex_;
  Condition wanted_;
  std::atomic<bool> stopped_{false};
  /// OpenSSL failed once: nothing is made ahead any more.
  bool failed_ FP_GUARDED_BY(mutex_) = false;
  Key key_ FP_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace fleet_provision::simulator

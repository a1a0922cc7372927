// An Observer that records its calls.
#pragma once

#include <mutex>
#include <string>

#include "ports/observer.hpp"

namespace fleet_provision::test {

class RecordingObserver : public Observer {
 public:
  void phase_began(Phase phase, unsigned /*attempt*/) override { add("+" + std::string(word(phase))); }
  void phase_ended(Phase phase, unsigned /*attempt*/) override { add("-" + std::string(word(phase))); }
  void attempt_failed(const Error& /*error*/, unsigned /*attempt*/, std::optional<Milliseconds> /*next*/) override {}
  void warned(const std::string& message) override { add("! " + message); }
  void reached(const std::string& what) override { add("= " + what); }
  void detail(const std::string& text) override {
    const std::lock_guard lock(mutex_);
    details_ += text + "\n";
  }

  /// `+resolve -resolve +tcp …`
  [[nodiscard]] std::string phases() {
    const std::lock_guard lock(mutex_);
    return phases_;
  }
  [[nodiscard]] std::string details() {
    const std::lock_guard lock(mutex_);
    return details_;
  }

 private:
  void add(const std::string& text) {
    const std::lock_guard lock(mutex_);
    phases_ += (phases_.empty() ? "" : " ") + text;
  }

  std::mutex mutex_;
  std::string phases_;
  std::string details_;
};

}  // namespace fleet_provision::test

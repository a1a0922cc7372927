// Records the events of a run, in order, as lines of text.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "ports/observer.hpp"

namespace fleet_provision::fakes {

class RunRecorder final : public Observer {
 public:
  struct Failure {
    Error error;
    unsigned attempt = 0;
    std::optional<Milliseconds> next_try_in;
  };

  void phase_began(Phase phase, unsigned /*attempt*/) override { add("began " + std::string(word(phase))); }
  void phase_ended(Phase phase, unsigned /*attempt*/) override { add("ended " + std::string(word(phase))); }
  void attempt_failed(const Error& error, unsigned attempt, std::optional<Milliseconds> next_try_in) override {
    add("failed " + std::string(word(error.kind)) + ": " + error.message);
    failures.push_back({error, attempt, next_try_in});
  }
  void warned(const std::string& message) override {
    add("warning: " + message);
    warnings.push_back(message);
  }
  void reached(const std::string& what) override { add("reached " + what); }
  void detail(const std::string& text) override { add("detail: " + text); }

  [[nodiscard]] bool recorded(std::string_view part) const {
    for (const std::string& line : lines) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }

  std::vector<std::string> lines;
  std::vector<std::string> warnings;
  std::vector<Failure> failures;

 private:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines.push_back(std::move(line));
  }
  std::mutex mutex_;
};

}  // namespace fleet_provision::fakes

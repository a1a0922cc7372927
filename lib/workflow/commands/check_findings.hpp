// The findings of `check`, in order, and the first failure among them, with which a run would end.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "ports/ports.hpp"
#include "workflow/outcome.hpp"

namespace fleet_provision {

class CheckFindings {
 public:
  CheckFindings(Outcome& outcome, Clock& clock) : outcome_(outcome), clock_(clock) {}

  void note(std::string name, CheckResult result, std::string message, std::string hint = {}, double took = 0) {
    outcome_.checks.push_back({std::move(name), result, std::move(message), std::move(hint), took});
  }
  void failed(std::string name, const Error& error, double took = 0) {
    note(std::move(name), CheckResult::kFailed, error.message, error.hint, took);
    if (!outcome_.error) outcome_.error = error;
  }
  void skipped(std::string name, std::string why) { note(std::move(name), CheckResult::kSkipped, std::move(why)); }
  /// Records the message of `check`, or its error; returns whether it succeeded.
  bool examine(const char* name, const std::function<Result<std::string>()>& check) {
    const Instant began = clock_.now();
    const auto found = check();
    if (found) {
      note(name, CheckResult::kOk, *found, {}, milliseconds_since(began));
    } else {
      failed(name, found.error(), milliseconds_since(began));
    }
    return found.has_value();
  }
  [[nodiscard]] double milliseconds_since(Instant began) const { return milliseconds(began, clock_.now()); }
  static double milliseconds(Instant from, Instant to) {
    return std::chrono::duration<double, std::milli>(to - from).count();
  }

 private:
  Outcome& outcome_;
  Clock& clock_;
};

}  // namespace fleet_provision

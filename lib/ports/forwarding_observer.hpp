// An Observer that forwards every event to another one: a base class for observers that also handle some events.
#pragma once

#include "ports/observer.hpp"

namespace fleet_provision {

class ForwardingObserver : public Observer {
 public:
  /// `next` outlives this object.
  explicit ForwardingObserver(Observer& next) : next_(next) {}

  void phase_began(Phase phase, unsigned attempt) override { next_.phase_began(phase, attempt); }
  void phase_ended(Phase phase, unsigned attempt) override { next_.phase_ended(phase, attempt); }
  void attempt_failed(const Error& error, unsigned attempt, std::optional<Milliseconds> next_try_in) override {
    next_.attempt_failed(error, attempt, next_try_in);
  }
  void warned(const std::string& message) override { next_.warned(message); }
  void reached(const std::string& what) override { next_.reached(what); }
  void detail(const std::string& text) override { next_.detail(text); }

 private:
  Observer& next_;
};

}  // namespace fleet_provision

// Reports to an observer that a phase began and, if it succeeded, that it ended.
#pragma once

#include "ports/observer.hpp"

namespace fleet_provision {

class PhaseMark {
 public:
  PhaseMark(Observer& observer, Phase phase, unsigned attempt) : observer_(observer), phase_(phase), attempt_(attempt) {
    observer_.phase_began(phase_, attempt_);
  }
  void ended() { observer_.phase_ended(phase_, attempt_); }

 private:
  Observer& observer_;
  Phase phase_;
  unsigned attempt_;
};

}  // namespace fleet_provision

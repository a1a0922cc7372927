// An Observer that ignores every event: a base class for observers that handle only some events.
#pragma once

#include "ports/observer.hpp"

namespace fleet_provision {

class SilentObserver : public Observer {
 public:
  void phase_began(Phase /*phase*/, unsigned /*attempt*/) override {}
  void phase_ended(Phase /*phase*/, unsigned /*attempt*/) override {}
  void attempt_failed(const Error& /*error*/, unsigned /*attempt*/,
                      std::optional<Milliseconds> /*next_try_in*/) override {}
  void warned(const std::string& /*message*/) override {}
  void reached(const std::string& /*what*/) override {}
  void detail(const std::string& /*text*/) override {}
};

}  // namespace fleet_provision

// The events that a run reports. Several threads may call at the same time, so an Observer locks a mutex.
#pragma once

#include <optional>
#include <string>

#include "core/deadline.hpp"
#include "core/error.hpp"

namespace fleet_provision {

class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  /// A phase of an attempt (counted from 1) began, succeeded, or failed. Phases may overlap (kKey with kResolve…kMqtt).
  virtual void phase_began(Phase phase, unsigned attempt) = 0;
  virtual void phase_ended(Phase phase, unsigned attempt) = 0;
  /// A connection attempt failed. `next_try_in` is absent if no further attempt follows.
  virtual void attempt_failed(const Error& error, unsigned attempt, std::optional<Milliseconds> next_try_in) = 0;
  /// A problem that does not end the run.
  virtual void warned(const std::string& message) = 0;
  /// A milestone became durable, or the run resumes from one; `what` describes it ("key stored", "resuming an
  /// unfinished run at key-made").
  virtual void reached(const std::string& what) = 0;
  /// A packet or a detail of the connection, for `-v -v`; never holds a payload or a secret.
  virtual void detail(const std::string& text) = 0;
};

}  // namespace fleet_provision

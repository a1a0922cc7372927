// The state of a connection, without a connection.
#pragma once

#include <chrono>

#include "adapters/mqtt/connection_state.hpp"
#include "tests/fakes/recording_observer.hpp"

namespace fleet_provision::test {

inline constexpr std::chrono::hours kHour{1};

inline Instant in(Milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

struct ConnectionStateFixture {
  /// Every wait lasts an hour, unless the test sets its limit.
  explicit ConnectionStateFixture(MqttStep step = {}) : state(request, observer, std::move(step)) {
    request.mqtt_version = MqttVersion::k311;
    request.request_timeout = kHour;
    request.run_deadline = in(2 * kHour);
    state.set_peer({"localhost, port 8883", 8883, ""});
  }

  ConnectRequest request;
  RecordingObserver observer;
  ConnectionState state;
};

}  // namespace fleet_provision::test

// Payloads pass the MQTT library by.
//
// An answer of the service may hold a private key and an ownership token. The library keeps copies of what it receives
// in buffers that it never wipes, and nothing here needs it to see a payload: it is given each PUBLISH without one,
// which it acknowledges all the same.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

struct MqttMessage {
  std::string topic;
  Secret payload;
};

/// Takes the payload out of each PUBLISH among `packets`, which are whole and were approved by the guard, and appends
/// it to `taken`. What becomes free at the end is wiped.
void take_payloads(std::vector<char>& packets, MqttVersion version, std::vector<MqttMessage>& taken);

}  // namespace fleet_provision

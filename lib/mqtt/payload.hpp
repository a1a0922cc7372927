// Keeps payloads away from Paho.
//
// A response of the service may hold a private key and an ownership token. Paho keeps copies of what it receives in
// buffers that it never wipes, and does not need payloads: it gets each PUBLISH without its payload, and still
// acknowledges it.
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

/// Removes the payload from each PUBLISH in `packets`, which are whole packets that the guard approved, and appends it
/// to `taken`. The bytes that become free at the end are wiped.
void take_payloads(std::vector<char>& packets, MqttVersion version, std::vector<MqttMessage>& taken);

}  // namespace fleet_provision

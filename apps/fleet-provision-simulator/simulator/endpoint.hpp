// The names of the simulator's listener.
#pragma once

#include <string>
#include <vector>

namespace fleet_provision::simulator {

/// The endpoint for clients on this machine: a name of the server certificate that leads to the address `listen`.
[[nodiscard]] std::string endpoint_for(const std::string& listen);

/// The subject alternative names of the server certificate: localhost and its addresses, the address `listen` unless it
/// stands for all, and `additional`.
[[nodiscard]] std::vector<std::string> server_names(const std::string& listen,
                                                    const std::vector<std::string>& additional);

}  // namespace fleet_provision::simulator

// The formats whose inputs are changed as trees. `prefix` is the number of bytes at the begin of an input that select
// how its target reads the rest.
#pragma once

#include "tests/fuzz/mutators/tree.hpp"

namespace fleet_provision::mutators {

/// RFC 8949: items of definite and indefinite length, tags.
[[nodiscard]] Format cbor_format(std::size_t prefix);
/// RFC 8259, with the parts of templates and policies.
[[nodiscard]] Format json_format(std::size_t prefix);
/// Packets of MQTT 3.1.1 and 5 with properties; the lowest bit of the first byte of the input says which.
[[nodiscard]] Format mqtt_format(std::size_t prefix = 0);
/// X.690, also inside OCTET STRING and BIT STRING.
[[nodiscard]] Format der_format(std::size_t prefix);
/// Records with the handshake messages of a server (RFC 5246).
[[nodiscard]] Format tls_format(std::size_t prefix);

}  // namespace fleet_provision::mutators

// `sha256:SALT:HEX`: a digest of guessable or secret parts that can be compared with, and tells nothing else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ports/keysmith.hpp"

namespace fleet_provision {

/// With a salt drawn now. Each part has its length before it, so that no two lists of parts look alike.
[[nodiscard]] std::string make_salted_digest(const std::vector<std::string>& parts, Keysmith& keysmith);
/// Whether `digest` is one of these parts.
[[nodiscard]] bool is_digest_of(std::string_view digest, const std::vector<std::string>& parts, Keysmith& keysmith);

}  // namespace fleet_provision

// `sha256:SALT:HEX`: a digest of guessable or secret parts that can be compared but reveals nothing else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ports/keysmith.hpp"

namespace fleet_provision {

/// Uses a new random salt. Each part is preceded by its length, so that different lists of parts have different
/// digests.
[[nodiscard]] std::string make_salted_digest(const std::vector<std::string>& parts, Keysmith& keysmith);
/// Whether `digest` was made from these parts.
[[nodiscard]] bool is_digest_of(std::string_view digest, const std::vector<std::string>& parts, Keysmith& keysmith);

}  // namespace fleet_provision

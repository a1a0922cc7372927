// SHA-256 (FIPS 180-4) without initialising the rest of OpenSSL.
#pragma once

#include <string>
#include <string_view>

namespace fleet_provision {

/// 64 lower-case hex digits.
[[nodiscard]] std::string sha256_of(std::string_view bytes);

}  // namespace fleet_provision

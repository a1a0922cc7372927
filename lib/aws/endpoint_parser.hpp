// Parses the text of `--endpoint` into host and port.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/plan.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// `HOST[:PORT]`, with or without a scheme, a trailing dot, brackets around IPv6. `port` is the value of `--port`;
/// a different one in the text is an error.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text, std::optional<std::uint16_t> port);

}  // namespace fleet_provision

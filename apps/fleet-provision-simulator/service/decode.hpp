// Bytes to values: the only part of the simulator that includes nlohmann/json.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

/// A JSON text that the simulator's user or a program of theirs wrote. kConfiguration `PLACE: line N, column N: …` for
/// what is not JSON, is nested more than 64 levels deep, or names a member twice.
[[nodiscard]] Result<Value> parse_json(const std::string& place, std::string_view text);

/// The payload of a request. Nothing when the bytes are not one value in that encoding, or are nested more than 64
/// levels deep. Of members with the same name the last one counts.
[[nodiscard]] std::optional<Value> decode(std::string_view payload, Encoding encoding);

}  // namespace fleet_provision::simulator

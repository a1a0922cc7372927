// The object of --json, for those who add to it.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "output/result.hpp"

namespace fleet_provision {

template <class T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

/// Every key of schema 1.
[[nodiscard]] nlohmann::ordered_json result_object(const Plan* plan, const Outcome& outcome, const RunRecord& record);
/// The value of `files`.
[[nodiscard]] nlohmann::ordered_json files_object(const IdentityFiles& files);
/// What came from outside may be any bytes: escaped to ASCII, what is not UTF-8 replaced, and a final newline.
[[nodiscard]] std::string in_ascii(const nlohmann::ordered_json& json);

}  // namespace fleet_provision

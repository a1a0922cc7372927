// Parts of the object of --json, for commands that add keys to it.
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
/// The value of `error`; null without one.
[[nodiscard]] nlohmann::ordered_json error_object(const std::optional<Error>& error);
/// JSON in ASCII with a final newline; bytes that are not UTF-8 are replaced.
[[nodiscard]] std::string in_ascii(const nlohmann::ordered_json& json);

}  // namespace fleet_provision

// Parses a JSON object and keeps the line of each member for error messages.
//
// Stricter than JSON: see codec/json_text.hpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace fleet_provision {

enum class JsonType : unsigned char { kNull, kBoolean, kNumber, kText, kArray, kObject };

struct JsonMember;

struct JsonValue {
  JsonType type = JsonType::kNull;
  /// The characters of a string (UTF-8), a number as written, `true` or `false`.
  std::string text;
  /// The members of an object in order, or the elements of an array with empty keys.
  std::vector<JsonMember> members;
};

struct JsonMember {
  std::string key;
  /// Counted from 1.
  std::size_t line = 0;
  JsonValue value;
};

/// `text`, `a number`, …, for messages.
[[nodiscard]] std::string_view describe(JsonType type);

/// The members of the object in `text`. Errors have kind `kind` and begin with `NAME: line N, column N: `.
[[nodiscard]] Result<std::vector<JsonMember>> read_json_object(std::string_view text, const std::string& name,
                                                               ErrorKind kind);

}  // namespace fleet_provision

// Whether a text is JSON, and if not, where and why: the first step of every reader of JSON files.
//
// Stricter than the format: nested at most kNestingMax deep (the readers that follow recurse), no duplicate name in an
// object, nothing behind a NUL byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/text.hpp"

namespace fleet_provision {

struct JsonFault {
  TextPosition position;
  /// `not JSON: a comma before }`, `nested too deeply (more than 64 levels)`. It quotes at most a name or a few
  /// characters outside quotation marks, all of them printable.
  std::string what;
  /// May be empty.
  std::string hint;

  /// `line 3, column 5: WHAT`.
  [[nodiscard]] std::string message() const { return in_words(position) + ": " + what; }
};

/// Nothing if `text` is one JSON value. NUL bytes and whitespace at its end and a byte order mark are ignored.
[[nodiscard]] std::optional<JsonFault> json_fault(std::string_view text);

}  // namespace fleet_provision

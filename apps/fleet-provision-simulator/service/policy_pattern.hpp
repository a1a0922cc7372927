// Patterns of IAM policies: `*` and `?` are wildcards, `${NAME}` is a policy variable (AWS IoT developer guide, "Thing
// policy variables" and "Basic AWS IoT Core policy variables").
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace fleet_provision::simulator {

/// Values of policy variables by name. A pattern with a variable that has no value matches nothing.
using PolicyVariables = std::map<std::string, std::string>;

/// Whether `pattern` matches the whole `text`. The value of a variable is literal, also where it has a `*`; `${*}`,
/// `${?}` and `${$}` stand for the character itself.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view text, const PolicyVariables& variables);

/// The first variable of `pattern` that has no value; empty when all have one.
[[nodiscard]] std::string variable_without_value(std::string_view pattern, const PolicyVariables& variables);
/// `pattern` with `*` for each variable that has no value.
[[nodiscard]] std::string with_wildcards_for_missing(std::string_view pattern, const PolicyVariables& variables);
/// The pattern that matches `text` alone.
[[nodiscard]] std::string literal_pattern(std::string_view text);

}  // namespace fleet_provision::simulator

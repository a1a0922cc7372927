// Expressions in a template: text, or one of the functions Ref, Fn::Join, Fn::Select, Fn::Split, Fn::Sub and
// Fn::FindInMap (AWS IoT developer guide, "Provisioning templates").
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "service/rejection.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

/// What references are looked up in.
struct Scope {
  /// Parameters, with their defaults where the device sent none, and AWS::IoT::Certificate::Id.
  std::map<std::string, std::string> values;
  /// The template's Mappings; nullptr when it has none.
  const Value* mappings = nullptr;
};

/// Whether an expression and all that are inside it have a known form. kConfiguration; `place` begins the message.
[[nodiscard]] Result<void> check_expression(const Value& expression, const std::string& place);

/// The text of a checked expression. Rejected as the service does: 400 InvalidParameters "Cannot resolve reference
/// value: NAME".
[[nodiscard]] Accepted<std::string> evaluate_text(const Value& expression, const Scope& scope);
/// The list of a checked expression: an array of expressions, or Fn::Split.
[[nodiscard]] Accepted<std::vector<std::string>> evaluate_list(const Value& expression, const Scope& scope);

}  // namespace fleet_provision::simulator

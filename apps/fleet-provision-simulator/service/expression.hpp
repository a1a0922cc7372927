// Values in a template: text, or one of the functions Ref, Fn::Join, Fn::Select, Fn::Split, Fn::Sub, Fn::FindInMap.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "service/refusal.hpp"

namespace fleet_provision::simulator {

/// What references are looked up in.
struct Scope {
  /// Parameters with their defaults filled in, and AWS::IoT::Certificate::Id.
  std::map<std::string, std::string> values;
  /// Mappings of the template; null when it has none.
  const nlohmann::json* mappings = nullptr;
};

/// Text of an expression. Fails as the service does: 400 InvalidParameters "Cannot resolve reference value: NAME".
[[nodiscard]] Granted<std::string> evaluate_text(const nlohmann::json& expression, const Scope& scope);
/// A list: an array of expressions, or Fn::Split.
[[nodiscard]] Granted<std::vector<std::string>> evaluate_list(const nlohmann::json& expression, const Scope& scope);

/// Whether the shape of an expression is known, everywhere inside it; `place` goes before the message.
[[nodiscard]] Result<void> check_expression(const nlohmann::json& expression, const std::string& place);

}  // namespace fleet_provision::simulator

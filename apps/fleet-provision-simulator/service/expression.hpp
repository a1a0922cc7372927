// Expressions in a template: text, or one of the functions Ref, Fn::Join, Fn::Select, Fn::Split, Fn::Sub and
// Fn::FindInMap (AWS IoT developer guide, "Provisioning templates").
//
// expression_check.hpp decides whether an expression has a known form and gives what its position needs; here it is
// evaluated with the parameters of one device.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/rejection.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

/// A longer text than a payload can carry is rejected, so that no template can use up the memory.
inline constexpr std::size_t kExpressionBytesMax = std::size_t{128} * 1024;

/// What references are looked up in.
struct Scope {
  /// Parameters, with their defaults where the device sent none, and AWS::IoT::Certificate::Id.
  std::map<std::string, std::string> values;
  /// The template's Mappings; nullptr when it has none.
  const Value* mappings = nullptr;
};

/// The text of a checked expression. Rejected as the service does: 400 InvalidParameters "Cannot resolve reference
/// value: NAME".
[[nodiscard]] Accepted<std::string> evaluate_text(const Value& expression, const Scope& scope);
/// The list of a checked expression: an array of expressions, Fn::Split, or a list in a mapping.
[[nodiscard]] Accepted<std::vector<std::string>> evaluate_list(const Value& expression, const Scope& scope);

// The parts of the language that checking and evaluating share.

/// Text, a boolean or a number as text; nothing for any other value.
[[nodiscard]] std::optional<std::string> literal_text(const Value& value);
/// A function call is an object with one member: the function's name and its arguments. nullptr for any other value.
[[nodiscard]] const Members::value_type* function_call(const Value& expression);
/// Whether an object that is not an expression, e.g. a policy document, has a function call in this place.
[[nodiscard]] bool is_function_call(const Value& value);

/// A piece of the text of Fn::Sub: what stands in it, or the name in `${NAME}`. `${!NAME}` is the text `${NAME}`, as in
/// CloudFormation.
struct SubstitutionPiece {
  bool is_reference = false;
  std::string text;
};
[[nodiscard]] std::vector<SubstitutionPiece> substitution_pieces(const std::string& text);

/// The index of Fn::Select: digits without a sign or leading zeros.
[[nodiscard]] std::optional<std::size_t> selection_index(std::string_view digits);
/// The parts of Fn::Split; `delimiter` is not empty.
[[nodiscard]] std::vector<std::string> split_text(const std::string& text, const std::string& delimiter);

}  // namespace fleet_provision::simulator

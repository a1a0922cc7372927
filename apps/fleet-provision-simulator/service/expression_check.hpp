// Whether an expression of a template can be evaluated at all, found out when the template is loaded.
//
// What does not depend on the device is evaluated here already ("folded"), so that a mistake that every device would
// meet is an error at the start: a map that is not there, an index beyond a list, a name with a blank.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "service/resource_rules.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

/// What expressions may refer to, and where the check puts what it found.
struct Declarations {
  /// Parameters, and AWS::IoT::Certificate::Id.
  std::set<std::string> names;
  /// The template's Mappings; nullptr when it has none.
  const Value* mappings = nullptr;
  /// Gets what a policy document has without effect, one sentence each; nullptr when nobody asks.
  std::vector<std::string>* warnings = nullptr;
};

/// What is known of a text before a device sends its parameters.
struct FoldedText {
  /// `text` is all of it.
  bool is_constant = false;
  /// Otherwise characters that are in it whatever the parameters are, in their order.
  std::string text;
};

struct FoldedList {
  /// `items` are all of them.
  bool has_known_size = false;
  std::vector<FoldedText> items;
};

/// kConfiguration for an expression that has no known form, gives a list, refers to a name that is not declared, or
/// cannot be evaluated; `place` begins the message.
[[nodiscard]] Result<FoldedText> fold_text(const Value& expression, const Declarations& declared,
                                           const std::string& place);
/// The same for an expression that must give a list.
[[nodiscard]] Result<FoldedList> fold_list(const Value& expression, const Declarations& declared,
                                           const std::string& place);

/// kConfiguration when `text` cannot satisfy `rule`, whatever the parameters are.
[[nodiscard]] Result<void> check_rule(const FoldedText& text, const TextRule& rule, const std::string& place);
/// fold_text and then check_rule.
[[nodiscard]] Result<void> check_text(const Value& expression, const TextRule& rule, const Declarations& declared,
                                      const std::string& place);

}  // namespace fleet_provision::simulator

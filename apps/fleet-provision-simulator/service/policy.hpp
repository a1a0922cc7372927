// AWS IoT policy documents: may a principal connect, publish, subscribe or receive (AWS IoT developer guide, "AWS IoT
// Core policies")?
//
// An explicit Deny overrides any Allow, and what no statement allows is denied. `*` and `?` in a resource are
// wildcards; `+` and `#` of a topic filter are ordinary characters. The partition, region and account of an ARN are not
// compared, so that a team's own policy works unchanged. An action, variable or condition that is not understood is an
// error when the document is read, because a policy that is only partly evaluated would promise what AWS does not keep.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "service/policy_pattern.hpp"

namespace fleet_provision::simulator {

/// The condition operators that are understood.
enum class ConditionOperator : unsigned char { kBool, kStringEquals, kStringNotEquals, kStringLike, kStringNotLike };

struct PolicyCondition {
  ConditionOperator condition_operator = ConditionOperator::kBool;
  std::string variable;
  /// One of them has to match; for the negated operators, none of them may.
  std::vector<std::string> values;
};

struct PolicyStatement {
  /// `Effect` is Allow, not Deny.
  bool allow = false;
  std::vector<std::string> actions;
  /// What follows the account in the ARN, or `*`.
  std::vector<std::string> resources;
  std::vector<PolicyCondition> conditions;
};

class Policy {
 public:
  /// kConfiguration with `name` (a file) and the place in the document.
  [[nodiscard]] static Result<Policy> parse(const std::string& name, std::string_view document);

  explicit Policy(std::vector<PolicyStatement> statements) : statements_(std::move(statements)) {}

  /// `action` is e.g. `iot:Publish`; `resource` is what follows the account in its ARN: `topic/…`, `topicfilter/…` or
  /// `client/…`.
  [[nodiscard]] bool allows(std::string_view action, std::string_view resource, const PolicyVariables& variables) const;

 private:
  std::vector<PolicyStatement> statements_;
};

}  // namespace fleet_provision::simulator

// AWS IoT policy documents: may a principal connect, publish, subscribe or receive (AWS IoT developer guide, "AWS IoT
// Core policies")?
//
// An explicit Deny overrides any Allow, and what no statement allows is denied. `*` and `?` in a resource are
// wildcards; `+` and `#` of a topic filter are ordinary characters. The partition, region and account of an ARN are not
// compared, so that a team's own policy works unchanged.
//
// A policy that is only partly evaluated would promise what AWS does not keep. So whatever is not understood and could
// allow or deny one of the four actions is an error when the document is read. Whatever cannot, such as actions of
// other services, matches nothing and is a warning.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "service/policy_pattern.hpp"

namespace fleet_provision::simulator {

/// The condition operators that are understood.
enum class ConditionOperator : unsigned char { kBool, kStringEquals, kStringNotEquals, kStringLike, kStringNotLike };
/// `Bool`, …: the names in a document.
[[nodiscard]] const char* word(ConditionOperator condition_operator);

struct PolicyCondition {
  ConditionOperator condition_operator = ConditionOperator::kBool;
  std::string variable;
  /// One of them has to match; for the negated operators, none of them may.
  std::vector<std::string> values;
};

/// A statement that can match nothing has no actions; it is kept because messages count the statements.
struct PolicyStatement {
  /// `Effect` is Allow, not Deny.
  bool allow = false;
  std::vector<std::string> actions;
  /// What follows the account in the ARN, or `*`.
  std::vector<std::string> resources;
  std::vector<PolicyCondition> conditions;
};

/// What one policy says about one request.
struct PolicyVerdict {
  enum class Kind : unsigned char { kAllowed, kNotAllowed, kDenied } kind = Kind::kNotAllowed;
  /// Counted from 1. kDenied: the Deny. kNotAllowed: the Allow that `obstacle` is about, or 0.
  std::size_t statement = 0;
  /// Why the nearest Allow does not apply, e.g. `Condition Bool iot:Connection.Thing.IsAttached is false`. Empty when
  /// no statement comes near.
  std::string obstacle;
};

class Policy {
 public:
  /// kUnlimited is for documents that the simulator makes itself.
  enum class Size : unsigned char { kLimited, kUnlimited };

  /// kConfiguration with `name` (a file) and the place in the document. API_CreatePolicy: a document of kLimited size
  /// has at most 2048 characters without white space.
  [[nodiscard]] static Result<Policy> parse(const std::string& name, std::string_view document,
                                            Size size = Size::kLimited);

  explicit Policy(std::vector<PolicyStatement> statements, std::vector<std::string> warnings = {})
      : statements_(std::move(statements)), warnings_(std::move(warnings)) {}

  /// What matches nothing here, one printable sentence each, with the name that `parse` was given.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  /// `action` is e.g. `iot:Publish`; `resource` is what follows the account in its ARN: `topic/…`, `topicfilter/…` or
  /// `client/…`.
  [[nodiscard]] PolicyVerdict judge(std::string_view action, std::string_view resource,
                                    const PolicyVariables& variables) const;
  [[nodiscard]] bool allows(std::string_view action, std::string_view resource, const PolicyVariables& variables) const;

 private:
  std::vector<PolicyStatement> statements_;
  std::vector<std::string> warnings_;
};

/// The policies of a run.
struct Policies {
  Policy claim;
  /// Those that templates name, by PolicyName. A name without a document allows everything, with a warning.
  std::map<std::string, Policy> named = {};
};

}  // namespace fleet_provision::simulator

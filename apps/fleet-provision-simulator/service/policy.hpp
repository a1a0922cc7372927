// AWS IoT policy documents: may a principal connect, publish, subscribe or receive?
//
// Deny beats Allow beats nothing. `*` and `?` in a resource are wildcards; `+` and `#` of a topic filter are ordinary
// characters. The account, region and partition of an ARN are not compared: a team's own policy works here unchanged.
// What is not understood (an action, a variable, a condition) is an error when the document is read, because a policy
// that is silently half understood would promise something that AWS does not keep.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace fleet_provision::simulator {

/// What the policy variables stand for; an absent variable makes its resource match nothing.
using PolicyVariables = std::map<std::string, std::string>;

class Policy {
 public:
  /// kConfiguration with `name` (a file) and the place.
  [[nodiscard]] static Result<Policy> parse(const std::string& name, std::string_view document);

  /// `action` is e.g. `iot:Publish`; `resource` what stands after the account: `topic/…`, `topicfilter/…`, `client/…`.
  [[nodiscard]] bool allows(std::string_view action, std::string_view resource, const PolicyVariables& variables) const;

 private:
  struct Condition {
    std::string comparison;
    std::string variable;
    std::vector<std::string> values;
  };
  struct Statement {
    bool allow = false;
    std::vector<std::string> actions;
    std::vector<std::string> resources;
    std::vector<Condition> conditions;

    [[nodiscard]] bool matches(std::string_view action, std::string_view resource,
                               const PolicyVariables& variables) const;
  };

  std::vector<Statement> statements_;
  friend class PolicyReader;
};

/// What a claim needs for these templates and no more, as a document, with `client/*`.
[[nodiscard]] std::string least_privilege_claim_policy(const std::vector<std::string>& template_names);

/// The names of the policy variables that are understood.
[[nodiscard]] const std::vector<std::string_view>& policy_variables();

}  // namespace fleet_provision::simulator

// The policies that a certificate is held to, and what they say about a request, in the words of the event log.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "service/policy.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

/// What all policies of a certificate say about one request.
struct PolicyDecision {
  bool allowed = false;
  std::string action;
  std::string resource;
  /// The names of the policies that were consulted.
  std::vector<std::string> policies;
  /// The explicit Deny, e.g. `policy gateway, Statement 2`; empty when none applies.
  std::string denied_by;
  /// The Allow that would apply but for its Condition or a variable, and why it does not:
  /// `policy gateway, Statement 1: Condition Bool iot:Connection.Thing.IsAttached is false`.
  std::string nearest;
};

/// `{"Effect":"Allow","Action":…,"Resource":…}`: the statement that would have allowed the request.
[[nodiscard]] Value missing_statement(const PolicyDecision& decision);
/// The fields `deniedBy` or `missing`, `nearest` and `policies` of an event, in printable form.
[[nodiscard]] Members denial_fields(const PolicyDecision& decision);
/// One sentence that begins with `principal`, e.g. `thing gateway-4711 was denied iot:Publish on topic/a: …`.
[[nodiscard]] std::string denial_text(const std::string& principal, const PolicyDecision& decision);

/// Without a policy nothing is allowed. Of several policies, a Deny in any of them counts.
class AttachedPolicies {
 public:
  AttachedPolicies() = default;
  // A copy would point at the original's own policies.
  AttachedPolicies(const AttachedPolicies&) = delete;
  AttachedPolicies& operator=(const AttachedPolicies&) = delete;
  AttachedPolicies(AttachedPolicies&&) = default;
  AttachedPolicies& operator=(AttachedPolicies&&) = default;
  ~AttachedPolicies() = default;

  /// `policy` outlives this.
  void attach(std::string name, const Policy& policy);
  /// A policy of this certificate alone.
  void attach_own(std::string name, Policy policy);

  [[nodiscard]] PolicyDecision judge(std::string_view action, std::string_view resource,
                                     const PolicyVariables& variables) const;

 private:
  struct Attached {
    std::string name;
    const Policy* policy;
  };
  std::vector<Attached> attached_;
  /// A list, because its elements keep their addresses when this is moved.
  std::list<Policy> own_;
};

}  // namespace fleet_provision::simulator

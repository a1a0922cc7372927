#include "service/attached_policies.hpp"

#include <utility>

#include "core/text.hpp"
#include "service/encode.hpp"

namespace fleet_provision::simulator {

namespace {

std::string in_policy(const std::string& name, const PolicyVerdict& verdict) {
  return "policy " + name + ", Statement " + std::to_string(verdict.statement);
}

// `policy a`, `policies a, b`, or why there is none.
std::string subject_of(const PolicyDecision& decision) {
  if (decision.policies.empty()) return "no policy is attached, and it lacks";
  return (decision.policies.size() == 1 ? "policy " : "policies ") + listed(decision.policies) +
         (decision.policies.size() == 1 ? " lacks" : " lack");
}

}  // namespace

Value missing_statement(const PolicyDecision& decision) {
  const std::string resource = "arn:aws:iot:REGION:ACCOUNT:" + literal_pattern(decision.resource);
  return Value{Members{{"Effect", text_value("Allow")},
                       {"Action", text_value(decision.action)},
                       {"Resource", text_value(printable(resource))}}};
}

Members denial_fields(const PolicyDecision& decision) {
  Members fields;
  if (!decision.denied_by.empty()) {
    fields.emplace_back("deniedBy", text_value(decision.denied_by));
  } else {
    fields.emplace_back("missing", missing_statement(decision));
    if (!decision.nearest.empty()) fields.emplace_back("nearest", text_value(decision.nearest));
  }
  fields.emplace_back("policies", list_value(decision.policies));
  return fields;
}

std::string denial_text(const std::string& principal, const PolicyDecision& decision) {
  const std::string text = principal + " was denied " + decision.action + " on " + decision.resource;
  if (!decision.denied_by.empty()) return text + " by " + decision.denied_by;
  if (!decision.nearest.empty()) return text + ": " + decision.nearest;
  return text + ": " + subject_of(decision) + " " + json_text(missing_statement(decision));
}

void AttachedPolicies::attach(std::string name, const Policy& policy) {
  attached_.push_back({std::move(name), &policy});
}

void AttachedPolicies::attach_own(std::string name, Policy policy) {
  own_.push_back(std::move(policy));
  attach(std::move(name), own_.back());
}

PolicyDecision AttachedPolicies::judge(std::string_view action, std::string_view resource,
                                       const PolicyVariables& variables) const {
  PolicyDecision decision;
  for (const auto& [name, policy] : attached_) {
    const PolicyVerdict verdict = policy->judge(action, resource, variables);
    switch (verdict.kind) {
      case PolicyVerdict::Kind::kAllowed: decision.allowed = true; break;
      case PolicyVerdict::Kind::kDenied:
        if (decision.denied_by.empty()) decision.denied_by = in_policy(name, verdict);
        break;
      case PolicyVerdict::Kind::kNotAllowed:
        if (decision.nearest.empty() && !verdict.obstacle.empty()) {
          decision.nearest = in_policy(name, verdict) + ": " + verdict.obstacle;
        }
        break;
    }
  }
  decision.allowed = decision.allowed && decision.denied_by.empty();
  if (decision.allowed) return decision;
  decision.action = action;
  decision.resource = resource;
  for (const auto& each : attached_) decision.policies.push_back(each.name);
  return decision;
}

}  // namespace fleet_provision::simulator

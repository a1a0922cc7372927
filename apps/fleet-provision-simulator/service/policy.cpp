#include "service/policy.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "service/decode.hpp"
#include "service/policy_document.hpp"

namespace fleet_provision::simulator {

namespace {

bool any_matches(const std::vector<std::string>& patterns, std::string_view text, const PolicyVariables& variables) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches_pattern(pattern, text, variables); });
}

bool is_negated(ConditionOperator condition_operator) {
  return condition_operator == ConditionOperator::kStringNotEquals ||
         condition_operator == ConditionOperator::kStringNotLike;
}

bool value_matches(ConditionOperator condition_operator, const std::string& value, const std::string& actual,
                   const PolicyVariables& variables) {
  switch (condition_operator) {
    case ConditionOperator::kStringEquals:
    case ConditionOperator::kStringNotEquals:
      // Wildcards are literal here, unless a variable has to be replaced.
      if (value.find("${") == std::string::npos) return value == actual;
      break;
    case ConditionOperator::kBool:
    case ConditionOperator::kStringLike:
    case ConditionOperator::kStringNotLike: break;
  }
  return matches_pattern(value, actual, variables);
}

bool holds(const PolicyCondition& condition, const PolicyVariables& variables) {
  const auto actual = variables.find(condition.variable);
  const bool matched = actual != variables.end() &&
                       std::any_of(condition.values.begin(), condition.values.end(), [&](const std::string& value) {
                         return value_matches(condition.condition_operator, value, actual->second, variables);
                       });
  return matched != is_negated(condition.condition_operator);
}

bool applies(const PolicyStatement& statement, std::string_view action, std::string_view resource,
             const PolicyVariables& variables) {
  return any_matches(statement.actions, action, variables) && any_matches(statement.resources, resource, variables) &&
         std::all_of(statement.conditions.begin(), statement.conditions.end(),
                     [&](const PolicyCondition& condition) { return holds(condition, variables); });
}

}  // namespace

Result<Policy> Policy::parse(const std::string& name, std::string_view document) {
  FP_TRY_ASSIGN(const Value parsed, parse_json(name, document));
  auto statements = read_policy_statements(parsed, name);
  if (!statements) {
    // The message names places by the document's own keys, which may hold anything.
    statements.error().message = printable(statements.error().message);
    return fail(std::move(statements).error());
  }
  return Policy(std::move(*statements));
}

bool Policy::allows(std::string_view action, std::string_view resource, const PolicyVariables& variables) const {
  bool allowed = false;
  for (const auto& statement : statements_) {
    if (!applies(statement, action, resource, variables)) continue;
    if (!statement.allow) return false;
    allowed = true;
  }
  return allowed;
}

}  // namespace fleet_provision::simulator

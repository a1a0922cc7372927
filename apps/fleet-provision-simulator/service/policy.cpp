#include "service/policy.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "service/decode.hpp"
#include "service/policy_document.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::size_t kPolicyCharactersMax = 2048;  // API_CreatePolicy

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

std::string obstacle_of(const PolicyCondition& condition, const PolicyVariables& variables) {
  const std::string text = std::string("Condition ") + word(condition.condition_operator) + " " + condition.variable;
  const auto actual = variables.find(condition.variable);
  if (actual == variables.end()) return text + " has no value";
  if (condition.condition_operator == ConditionOperator::kBool) return text + " is " + printable(actual->second);
  return text + " is " + in_quotes(actual->second);
}

// `topic/…` for `topicfilter/…` and the reverse: the mistake that published policies make most.
std::string with_other_type(std::string_view resource) {
  constexpr std::string_view kTopic = "topic/";
  constexpr std::string_view kFilter = "topicfilter/";
  if (resource.starts_with(kFilter)) return std::string(kTopic) + std::string(resource.substr(kFilter.size()));
  if (resource.starts_with(kTopic)) return std::string(kFilter) + std::string(resource.substr(kTopic.size()));
  return std::string(resource);
}

// Why an Allow for this action does not apply; empty when its resources are of something else.
std::string obstacle_of(const PolicyStatement& statement, std::string_view action, std::string_view resource,
                        const PolicyVariables& variables) {
  if (any_matches(statement.resources, resource, variables)) {
    for (const auto& condition : statement.conditions) {
      if (!holds(condition, variables)) return obstacle_of(condition, variables);
    }
    return {};
  }
  for (const auto& pattern : statement.resources) {
    const std::string missing = variable_without_value(pattern, variables);
    if (missing.empty()) continue;
    if (matches_pattern(with_wildcards_for_missing(pattern, variables), resource, variables)) {
      return missing + " has no value";
    }
  }
  const std::string other = with_other_type(resource);
  if (other != resource && any_matches(statement.resources, other, variables)) {
    const bool filter = resource.starts_with("topicfilter/");
    return std::string(action) + " needs a Resource " +
           (filter ? "topicfilter/, not topic/" : "topic/, not topicfilter/");
  }
  return {};
}

Result<void> check_size(const std::string& name, std::string_view document) {
  std::string without_space(document);
  std::erase_if(without_space, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
  const std::size_t size = characters(without_space);
  if (size <= kPolicyCharactersMax) return {};
  return fail(ErrorKind::kConfiguration, name + ": " + std::to_string(size) + " characters without white space",
              "shorten it: the service takes at most " + std::to_string(kPolicyCharactersMax));
}

}  // namespace

const char* word(ConditionOperator condition_operator) {
  switch (condition_operator) {
    case ConditionOperator::kBool: return "Bool";
    case ConditionOperator::kStringEquals: return "StringEquals";
    case ConditionOperator::kStringNotEquals: return "StringNotEquals";
    case ConditionOperator::kStringLike: return "StringLike";
    case ConditionOperator::kStringNotLike: return "StringNotLike";
  }
  return "";
}

Result<Policy> Policy::parse(const std::string& name, std::string_view document, Size size) {
  FP_TRY_ASSIGN(const Value parsed, parse_json(name, document));
  auto read = read_policy_document(parsed, name);
  if (!read) {
    // The message names places by the document's own keys, which may hold anything.
    read.error().message = printable(read.error().message);
    return fail(std::move(read).error());
  }
  if (size == Size::kLimited) FP_TRY(check_size(name, document));
  for (auto& warning : read->warnings) warning = printable(warning);
  return Policy(std::move(read->statements), std::move(read->warnings));
}

PolicyVerdict Policy::judge(std::string_view action, std::string_view resource,
                            const PolicyVariables& variables) const {
  bool allowed = false;
  for (std::size_t i = 0; i < statements_.size(); ++i) {
    if (!applies(statements_[i], action, resource, variables)) continue;
    if (!statements_[i].allow) return {PolicyVerdict::Kind::kDenied, i + 1, {}};
    allowed = true;
  }
  if (allowed) return {PolicyVerdict::Kind::kAllowed, 0, {}};
  for (std::size_t i = 0; i < statements_.size(); ++i) {
    if (!statements_[i].allow || !any_matches(statements_[i].actions, action, variables)) continue;
    std::string obstacle = obstacle_of(statements_[i], action, resource, variables);
    if (!obstacle.empty()) return {PolicyVerdict::Kind::kNotAllowed, i + 1, std::move(obstacle)};
  }
  return {};
}

bool Policy::allows(std::string_view action, std::string_view resource, const PolicyVariables& variables) const {
  return judge(action, resource, variables).kind == PolicyVerdict::Kind::kAllowed;
}

}  // namespace fleet_provision::simulator

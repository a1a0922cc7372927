#include "service/policy_document.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/text.hpp"
#include "service/document_check.hpp"
#include "service/known_names.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::array<std::string_view, 12> kActions{"iot:Connect",
                                                    "iot:Publish",
                                                    "iot:Subscribe",
                                                    "iot:Receive",
                                                    "iot:RetainPublish",
                                                    "iot:GetThingShadow",
                                                    "iot:UpdateThingShadow",
                                                    "iot:DeleteThingShadow",
                                                    "iot:ListNamedShadowsForThing",
                                                    "iot:GetRetainedMessage",
                                                    "iot:ListRetainedMessages",
                                                    "iot:AssumeRoleWithCertificate"};

constexpr std::array<std::string_view, 9> kVariables{"iot:ClientId",
                                                     "iot:CertificateId",
                                                     "iot:Connection.Thing.ThingName",
                                                     "iot:Connection.Thing.IsAttached",
                                                     "iot:Certificate.Subject.CommonName",
                                                     "iot:Certificate.Subject.Organization",
                                                     "iot:Certificate.Subject.OrganizationalUnit",
                                                     "iot:Certificate.Subject.Country",
                                                     "aws:SourceIp"};

// In the order of ConditionOperator.
constexpr std::array<std::string_view, 5> kOperators{"Bool", "StringEquals", "StringNotEquals", "StringLike",
                                                     "StringNotLike"};

template <class Range>
Result<void> check_name(std::string_view name, const Range& known, const std::string& place, const char* noun) {
  return check_known(ErrorKind::kConfiguration, place + ": unknown " + noun, name, known);
}

Result<void> check_variables(std::string_view text, const std::string& place) {
  for (std::size_t open = text.find("${"); open != std::string_view::npos; open = text.find("${", open + 2)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return document_error(place + ": a policy variable without }");
    const std::string_view name = text.substr(open + 2, close - open - 2);
    if (name == "*" || name == "?" || name == "$") continue;
    FP_TRY(check_name(name, kVariables, place, "policy variable"));
  }
  return {};
}

// What follows the account of `arn:PARTITION:iot:REGION:ACCOUNT:`; `*` stays.
Result<std::string> resource_path(const std::string& arn, const std::string& place) {
  if (arn == "*") return arn;
  std::size_t position = 0;
  std::array<std::string, 5> parts;
  for (auto& part : parts) {
    const std::size_t colon = arn.find(':', position);
    if (colon == std::string::npos) {
      return document_error(place + ": " + printable(arn) + " is not an ARN",
                            "use arn:aws:iot:REGION:ACCOUNT: followed by topic/…, topicfilter/… or client/…");
    }
    part = arn.substr(position, colon - position);
    position = colon + 1;
  }
  if (parts[0] != "arn" || !parts[1].starts_with("aws") || (parts[2] != "iot" && parts[2] != "*")) {
    return document_error(place + ": " + printable(arn) + " is not an ARN of AWS IoT");
  }
  return arn.substr(position);
}

// One text or a list of texts, none of them missing.
Result<std::vector<std::string>> texts(const Value* value, const std::string& place) {
  std::vector<std::string> result;
  if (value != nullptr && value->text() != nullptr) {
    result.push_back(*value->text());
  } else if (value != nullptr && value->list() != nullptr) {
    for (const auto& item : *value->list()) {
      if (item.text() == nullptr) return document_error(place + ": not text");
      result.push_back(*item.text());
    }
  } else {
    return document_error(place + ": neither text nor a list of text");
  }
  if (result.empty()) return document_error(place + ": empty");
  return result;
}

Result<void> check_action(const std::string& action, const std::string& place) {
  const bool matches_known = std::any_of(kActions.begin(), kActions.end(),
                                         [&](std::string_view known) { return matches_pattern(action, known, {}); });
  if (matches_known) return {};
  return check_name(action, kActions, place, "action");
}

Result<PolicyCondition> read_condition(ConditionOperator condition_operator, const std::string& variable,
                                       const Value& values, const std::string& place) {
  FP_TRY(check_name(variable, kVariables, place, "policy variable"));
  PolicyCondition condition{condition_operator, variable, {}};
  if (const bool* boolean = values.boolean()) {
    condition.values.emplace_back(*boolean ? "true" : "false");
    return condition;
  }
  FP_TRY_ASSIGN(condition.values, texts(&values, place));
  for (const auto& value : condition.values) FP_TRY(check_variables(value, place));
  return condition;
}

Result<std::vector<PolicyCondition>> read_conditions(const Value& given, const std::string& place) {
  std::vector<PolicyCondition> conditions;
  FP_TRY_ASSIGN(const Members* operators, object_at(given, place));
  for (const auto& [name, tests] : *operators) {
    FP_TRY(check_name(name, kOperators, place, "condition"));
    const auto index = std::find(kOperators.begin(), kOperators.end(), name) - kOperators.begin();
    FP_TRY_ASSIGN(const Members* variables, object_at(tests, place + "." + name));
    for (const auto& [variable, values] : *variables) {
      FP_TRY_ASSIGN(auto condition, read_condition(static_cast<ConditionOperator>(index), variable, values,
                                                   place + "." + name + "." + variable));
      conditions.push_back(std::move(condition));
    }
  }
  return conditions;
}

Result<PolicyStatement> read_statement(const Value& given, const std::string& place) {
  constexpr std::array<std::string_view, 5> kKeys{"Sid", "Effect", "Action", "Resource", "Condition"};
  FP_TRY_ASSIGN(const Members* members, object_at(given, place));
  for (const auto& [key, value] : *members) FP_TRY(check_name(key, kKeys, place, "name"));
  PolicyStatement statement;
  const std::string* effect = given.find_text("Effect");
  if (effect == nullptr || (*effect != "Allow" && *effect != "Deny")) {
    return document_error(place + ": Effect must be Allow or Deny");
  }
  statement.allow = *effect == "Allow";
  FP_TRY_ASSIGN(statement.actions, texts(given.find("Action"), place + ".Action"));
  for (const auto& action : statement.actions) FP_TRY(check_action(action, place + ".Action"));
  FP_TRY_ASSIGN(const auto resources, texts(given.find("Resource"), place + ".Resource"));
  for (const auto& resource : resources) {
    FP_TRY(check_variables(resource, place + ".Resource"));
    FP_TRY_ASSIGN(auto path, resource_path(resource, place + ".Resource"));
    statement.resources.push_back(std::move(path));
  }
  if (const Value* conditions = given.find("Condition")) {
    FP_TRY_ASSIGN(statement.conditions, read_conditions(*conditions, place + ".Condition"));
  }
  return statement;
}

}  // namespace

Result<std::vector<PolicyStatement>> read_policy_statements(const Value& document, const std::string& name) {
  const Value* given = document.find("Statement");
  if (given == nullptr) {
    return document_error(name + ": not a policy document",
                          R"(use the form {"Version": "2012-10-17", "Statement": [...]})");
  }
  constexpr std::array<std::string_view, 3> kSections{"Version", "Id", "Statement"};
  for (const auto& [key, value] : *document.members()) FP_TRY(check_name(key, kSections, name, "name"));
  std::vector<PolicyStatement> statements;
  const auto read = [&](const Value& statement) -> Result<void> {
    const std::string place = name + ": Statement " + std::to_string(statements.size() + 1);
    FP_TRY_ASSIGN(auto result, read_statement(statement, place));
    statements.push_back(std::move(result));
    return {};
  };
  if (given->list() == nullptr) {
    FP_TRY(read(*given));
  } else {
    for (const auto& each : *given->list()) FP_TRY(read(each));
  }
  return statements;
}

}  // namespace fleet_provision::simulator

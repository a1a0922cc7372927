#include "service/policy_document.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/text.hpp"
#include "service/document_check.hpp"
#include "service/known_names.hpp"
#include "service/policy_names.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr auto kStatementNames = std::to_array<std::string_view>({"Sid", "Effect", "Action", "Resource", "Condition"});
constexpr std::array kOperators{ConditionOperator::kBool, ConditionOperator::kStringEquals,
                                ConditionOperator::kStringNotEquals, ConditionOperator::kStringLike,
                                ConditionOperator::kStringNotLike};
constexpr std::string_view kVersion = "2012-10-17";

template <class Range>
Result<void> check_name(std::string_view name, const Range& known, const std::string& place, const char* noun) {
  return check_known(ErrorKind::kConfiguration, place + ": unknown " + noun, name, known);
}

// The opposite of NotAction is not Action, so the nearest name would be a wrong hint.
Result<void> check_statement_name(std::string_view name, const std::string& place) {
  if (name != "NotAction" && name != "NotResource") return check_name(name, kStatementNames, place, "name");
  const std::string positive(name.substr(3));
  return document_error(place + ": unknown name " + std::string(name),
                        "name in " + positive + " what the statement is for; policies of AWS IoT are documented with " +
                            positive + " alone");
}

Result<void> check_variables(std::string_view text, const std::string& place) {
  for (std::size_t open = text.find("${"); open != std::string_view::npos; open = text.find("${", open + 2)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return document_error(place + ": a policy variable without }");
    const std::string_view name = text.substr(open + 2, close - open - 2);
    if (name == "*" || name == "?" || name == "$") continue;
    FP_TRY(check_policy_variable(name, place));
  }
  return {};
}

struct Arn {
  bool of_iot = false;
  /// What follows the account of `arn:PARTITION:iot:REGION:ACCOUNT:`; `*` stays.
  std::string path;
};

Result<Arn> read_arn(const std::string& text, const std::string& place) {
  if (text == "*") return Arn{true, text};
  std::size_t position = 0;
  std::array<std::string, 5> parts;
  for (auto& part : parts) {
    const std::size_t colon = text.find(':', position);
    if (colon == std::string::npos) {
      return document_error(place + ": " + printable(text) + " is not an ARN",
                            "use arn:aws:iot:REGION:ACCOUNT: followed by topic/…, topicfilter/… or client/…");
    }
    part = text.substr(position, colon - position);
    position = colon + 1;
  }
  if (parts[0] != "arn") return document_error(place + ": " + printable(text) + " is not an ARN");
  const bool partition = parts[1].starts_with("aws") || parts[1] == "*";
  return Arn{partition && (parts[2] == "iot" || parts[2] == "*"), text.substr(position)};
}

// Whether a path can match one that begins with `type`, which has no wildcard.
bool can_begin_with(std::string_view path, std::string_view type) {
  const std::size_t special = path.find_first_of("*?$");
  if (special == std::string_view::npos) return path.starts_with(type);
  const std::string_view literal = path.substr(0, special);
  return literal.starts_with(type) || type.starts_with(literal);
}

// One text or a list of texts, none of them missing.
Result<std::vector<std::string>> texts(const Value* value, const std::string& place) {
  std::vector<std::string> result;
  if (value == nullptr) return document_error(place + " is missing");
  if (value->text() != nullptr) {
    result.push_back(*value->text());
  } else if (value->list() != nullptr) {
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

Result<PolicyCondition> read_condition(ConditionOperator condition_operator, const std::string& variable,
                                       const Value& values, const std::string& place) {
  FP_TRY(check_policy_variable(variable, place));
  PolicyCondition condition{condition_operator, variable, {}};
  if (const bool* boolean = values.boolean()) {
    condition.values.emplace_back(*boolean ? "true" : "false");
    return condition;
  }
  FP_TRY_ASSIGN(condition.values, texts(&values, place));
  for (const auto& value : condition.values) FP_TRY(check_variables(value, place));
  return condition;
}

Result<ConditionOperator> read_operator(const std::string& name, const std::string& place) {
  std::vector<std::string_view> known;
  for (const auto each : kOperators) {
    if (name == word(each)) return each;
    known.emplace_back(word(each));
  }
  return document_error(place + ": unknown condition " + printable(name), known_names_hint(name, known));
}

Result<std::vector<PolicyCondition>> read_conditions(const Value& given, const std::string& place) {
  std::vector<PolicyCondition> conditions;
  FP_TRY_ASSIGN(const Members* operators, object_at(given, place));
  for (const auto& [name, tests] : *operators) {
    FP_TRY_ASSIGN(const ConditionOperator condition_operator, read_operator(name, place));
    FP_TRY_ASSIGN(const Members* variables, object_at(tests, place + "." + name));
    for (const auto& [variable, values] : *variables) {
      FP_TRY_ASSIGN(auto condition,
                    read_condition(condition_operator, variable, values, place + "." + name + "." + variable));
      conditions.push_back(std::move(condition));
    }
  }
  return conditions;
}

class StatementReader {
 public:
  StatementReader(std::string place, std::vector<std::string>& warnings)
      : place_(std::move(place)), warnings_(warnings) {}

  Result<PolicyStatement> read(const Value& given) {
    FP_TRY_ASSIGN(const Members* members, object_at(given, place_));
    for (const auto& [key, value] : *members) FP_TRY(check_statement_name(key, place_));
    const std::string* effect = given.find_text("Effect");
    if (effect == nullptr || (*effect != "Allow" && *effect != "Deny")) {
      return document_error(place_ + ": Effect must be Allow or Deny");
    }
    statement_.allow = *effect == "Allow";
    FP_TRY(read_actions(given.find("Action")));
    FP_TRY(read_resources(given.find("Resource")));
    if (const Value* conditions = given.find("Condition")) {
      auto read = read_conditions(*conditions, place_ + ".Condition");
      if (read) {
        statement_.conditions = std::move(*read);
      } else if (can_match_) {
        return fail(std::move(read).error());
      } else {
        warn(read.error().message + ", in a statement that matches nothing here");
      }
    }
    return std::move(statement_);
  }

 private:
  void warn(std::string text) { warnings_.push_back(std::move(text)); }

  Result<void> read_actions(const Value* given) {
    FP_TRY_ASSIGN(const auto actions, texts(given, place_ + ".Action"));
    std::vector<std::string> meaningless;
    for (const auto& action : actions) {
      FP_TRY_ASSIGN(const ActionUse use, use_of_action(action, place_ + ".Action"));
      switch (use) {
        case ActionUse::kJudged: statement_.actions.push_back(action); break;
        case ActionUse::kNotOffered: break;
        case ActionUse::kMeaningless: meaningless.push_back(action); break;
      }
    }
    if (!meaningless.empty()) {
      warn(place_ + ".Action: " + listed(meaningless) + (meaningless.size() == 1 ? " matches" : " match") +
           " nothing here");
    }
    return {};
  }

  Result<void> read_resources(const Value* given) {
    FP_TRY_ASSIGN(const auto resources, texts(given, place_ + ".Resource"));
    if (statement_.actions.empty()) return {};
    for (const auto& resource : resources) {
      FP_TRY_ASSIGN(auto arn, read_arn(resource, place_ + ".Resource"));
      if (!arn.of_iot) {
        warn(place_ + ".Resource: " + printable(resource) + " is not an ARN of AWS IoT and matches nothing here");
        continue;
      }
      const bool fits = can_match(arn.path);
      auto checked = check_variables(arn.path, place_ + ".Resource");
      if (!checked && fits) return checked;
      if (!checked) continue;
      can_match_ = can_match_ || fits;
      statement_.resources.push_back(std::move(arn.path));
    }
    if (!can_match_) warn(place_ + ": no Resource fits " + wanted_types());
    return {};
  }

  [[nodiscard]] bool is_judged(const JudgedAction& action) const {
    return std::any_of(statement_.actions.begin(), statement_.actions.end(),
                       [&](const std::string& pattern) { return includes(pattern, action); });
  }

  // Whether one of the statement's actions can be asked about this path.
  [[nodiscard]] bool can_match(const std::string& path) const {
    return std::any_of(kJudgedActions.begin(), kJudgedActions.end(), [&](const JudgedAction& action) {
      return is_judged(action) && can_begin_with(path, action.resource_type);
    });
  }

  // `iot:Subscribe, which needs topicfilter/`.
  [[nodiscard]] std::string wanted_types() const {
    std::string text;
    for (const auto& action : kJudgedActions) {
      if (!is_judged(action)) continue;
      text +=
          (text.empty() ? "" : "; ") + std::string(action.name) + ", which needs " + std::string(action.resource_type);
    }
    return text;
  }

  std::string place_;
  std::vector<std::string>& warnings_;
  PolicyStatement statement_;
  /// Whether the statement can match any request; until the resources are read, none.
  bool can_match_ = false;
};

// IAM reads a document without Version as one of 2008, whose variables are literal text; AWS does not say what AWS IoT
// does.
Result<void> check_version(const Value& document, const std::string& name, std::vector<std::string>& warnings) {
  const Value* version = document.find("Version");
  if (version == nullptr) {
    warnings.push_back(name + R"(: no Version: add "Version": "2012-10-17")");
    return {};
  }
  if (version->text() != nullptr && *version->text() == kVersion) return {};
  return document_error(name + ": Version must be 2012-10-17", R"(use "Version": "2012-10-17")");
}

}  // namespace

Result<PolicyDocument> read_policy_document(const Value& document, const std::string& name) {
  const Value* given = document.find("Statement");
  if (given == nullptr) {
    return document_error(name + ": not a policy document",
                          R"(use the form {"Version": "2012-10-17", "Statement": [...]})");
  }
  constexpr auto kSections = std::to_array<std::string_view>({"Version", "Id", "Statement"});
  for (const auto& [key, value] : *document.members()) FP_TRY(check_name(key, kSections, name, "name"));
  PolicyDocument result;
  FP_TRY(check_version(document, name, result.warnings));
  const auto read = [&](const Value& statement) -> Result<void> {
    const std::string place = name + ": Statement " + std::to_string(result.statements.size() + 1);
    FP_TRY_ASSIGN(auto each, StatementReader(place, result.warnings).read(statement));
    result.statements.push_back(std::move(each));
    return {};
  };
  if (given->list() == nullptr) {
    FP_TRY(read(*given));
  } else {
    for (const auto& each : *given->list()) FP_TRY(read(each));
  }
  return result;
}

}  // namespace fleet_provision::simulator

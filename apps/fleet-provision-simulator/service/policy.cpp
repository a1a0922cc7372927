#include "service/policy.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/text.hpp"
#include "service/json_file.hpp"

namespace fleet_provision::simulator {

namespace {

using nlohmann::json;

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

constexpr std::array<std::string_view, 5> kComparisons{"Bool", "StringEquals", "StringNotEquals", "StringLike",
                                                       "StringNotLike"};

// A pattern after its variables were filled in: what came from a variable is literal, also a star.
struct PatternCharacter {
  char character;
  bool wildcard;
};
using Pattern = std::vector<PatternCharacter>;

// Greedy matching with one point to come back to; linear in practice, never exponential.
bool matches(const Pattern& pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p].wildcard && pattern[p].character == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && ((pattern[p].wildcard && pattern[p].character == '?') ||
                                      (!pattern[p].wildcard && pattern[p].character == text[t]))) {
      ++p;
      ++t;
    } else if (star) {
      p = *star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p].wildcard && pattern[p].character == '*') ++p;
  return p == pattern.size();
}

// Nothing when a variable has no value, or no end.
std::optional<Pattern> fill(std::string_view text, const PolicyVariables& variables) {
  Pattern pattern;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 >= text.size() || text[i + 1] != '{') {
      pattern.push_back({text[i], text[i] == '*' || text[i] == '?'});
      continue;
    }
    const std::size_t close = text.find('}', i);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string name(text.substr(i + 2, close - i - 2));
    i = close;
    if (name == "*" || name == "?" || name == "$") {
      pattern.push_back({name[0], false});
      continue;
    }
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    for (const char c : found->second) pattern.push_back({c, false});
  }
  return pattern;
}

bool matches(std::string_view pattern, std::string_view text, const PolicyVariables& variables) {
  const auto filled = fill(pattern, variables);
  return filled && matches(*filled, text);
}

template <class Range>
Result<void> check_known(std::string_view name, const Range& known, const std::string& place, const char* noun) {
  std::string all;
  for (const std::string_view each : known) {
    if (each == name) return {};
    all += (all.empty() ? "" : ", ") + std::string(each);
  }
  const std::string_view near = nearest(name, known);
  return fail(ErrorKind::kConfiguration, place + ": unknown " + noun + " " + printable(name),
              near.empty() ? "known: " + all : "did you mean " + std::string(near) + "?");
}

Result<void> check_variables(std::string_view text, const std::string& place) {
  for (std::size_t open = text.find("${"); open != std::string_view::npos; open = text.find("${", open + 2)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos)
      return fail(ErrorKind::kConfiguration, place + ": a policy variable without }");
    const std::string_view name = text.substr(open + 2, close - open - 2);
    if (name == "*" || name == "?" || name == "$") continue;
    FP_TRY(check_known(name, policy_variables(), place, "policy variable"));
  }
  return {};
}

// What stands after the account of `arn:partition:iot:region:account:`; `*` stays.
Result<std::string> resource_path(const std::string& arn, const std::string& place) {
  if (arn == "*") return arn;
  std::size_t position = 0;
  std::array<std::string, 5> part;
  for (auto& each : part) {
    const std::size_t colon = arn.find(':', position);
    if (colon == std::string::npos) {
      return fail(ErrorKind::kConfiguration, place + ": " + printable(arn) + " is not an ARN",
                  "arn:aws:iot:REGION:ACCOUNT:topic/…, topicfilter/… or client/…");
    }
    each = arn.substr(position, colon - position);
    position = colon + 1;
  }
  if (part[0] != "arn" || !part[1].starts_with("aws") || (part[2] != "iot" && part[2] != "*")) {
    return fail(ErrorKind::kConfiguration, place + ": " + printable(arn) + " is not an ARN of AWS IoT");
  }
  return arn.substr(position);
}

Result<std::vector<std::string>> texts(const json& value, const std::string& place) {
  std::vector<std::string> list;
  if (value.is_string()) {
    list.push_back(value.get<std::string>());
  } else if (value.is_array()) {
    for (const auto& item : value) {
      if (!item.is_string()) return fail(ErrorKind::kConfiguration, place + ": not text");
      list.push_back(item.get<std::string>());
    }
  } else {
    return fail(ErrorKind::kConfiguration, place + ": neither text nor a list of text");
  }
  if (list.empty()) return fail(ErrorKind::kConfiguration, place + ": empty");
  return list;
}

}  // namespace

const std::vector<std::string_view>& policy_variables() {
  static const std::vector<std::string_view> kVariables{"iot:ClientId",
                                                        "iot:CertificateId",
                                                        "iot:Connection.Thing.ThingName",
                                                        "iot:Connection.Thing.IsAttached",
                                                        "iot:Certificate.Subject.CommonName",
                                                        "iot:Certificate.Subject.Organization",
                                                        "iot:Certificate.Subject.OrganizationalUnit",
                                                        "iot:Certificate.Subject.Country",
                                                        "aws:SourceIp"};
  return kVariables;
}

/// Reads one document into a Policy; apart from it only so that the header shows no JSON.
class PolicyReader {
 public:
  static Result<Policy> read(const json& document, const std::string& name) {
    if (!document.is_object() || !document.contains("Statement")) {
      return fail(ErrorKind::kConfiguration, name + ": not a policy document",
                  R"({"Version": "2012-10-17", "Statement": [...]})");
    }
    constexpr std::array<std::string_view, 3> kSections{"Version", "Id", "Statement"};
    for (const auto& [key, value] : document.items()) FP_TRY(check_known(key, kSections, name, "name"));
    Policy policy;
    const json& given = document["Statement"];
    const json statements = given.is_array() ? given : json::array({given});
    for (std::size_t i = 0; i < statements.size(); ++i) {
      FP_TRY_ASSIGN(auto statement, read_statement(statements[i], name + ": Statement " + std::to_string(i + 1)));
      policy.statements_.push_back(std::move(statement));
    }
    return policy;
  }

 private:
  static Result<Policy::Statement> read_statement(const json& given, const std::string& place) {
    if (!given.is_object()) return fail(ErrorKind::kConfiguration, place + ": not a JSON object");
    constexpr std::array<std::string_view, 5> kKeys{"Sid", "Effect", "Action", "Resource", "Condition"};
    for (const auto& [key, value] : given.items()) FP_TRY(check_known(key, kKeys, place, "name"));
    Policy::Statement statement;
    const std::string effect = given.value("Effect", json()).is_string() ? given["Effect"] : "";
    if (effect != "Allow" && effect != "Deny")
      return fail(ErrorKind::kConfiguration, place + ": Effect is Allow or Deny");
    statement.allow = effect == "Allow";
    FP_TRY_ASSIGN(statement.actions, texts(given.value("Action", json()), place + ".Action"));
    for (const auto& action : statement.actions) FP_TRY(check_action(action, place + ".Action"));
    FP_TRY_ASSIGN(const auto resources, texts(given.value("Resource", json()), place + ".Resource"));
    for (const auto& resource : resources) {
      FP_TRY(check_variables(resource, place + ".Resource"));
      FP_TRY_ASSIGN(auto path, resource_path(resource, place + ".Resource"));
      statement.resources.push_back(std::move(path));
    }
    if (given.contains("Condition")) FP_TRY(read_conditions(given["Condition"], place + ".Condition", statement));
    return statement;
  }

  static Result<void> check_action(const std::string& action, const std::string& place) {
    for (const std::string_view known : kActions) {
      if (matches(action, known, {})) return {};
    }
    return check_known(action, kActions, place, "action");
  }

  static Result<void> read_conditions(const json& given, const std::string& place, Policy::Statement& statement) {
    if (!given.is_object()) return fail(ErrorKind::kConfiguration, place + ": not a JSON object");
    for (const auto& [comparison, tests] : given.items()) {
      FP_TRY(check_known(comparison, kComparisons, place, "condition"));
      if (!tests.is_object()) return fail(ErrorKind::kConfiguration, place + "." + comparison + ": not a JSON object");
      for (const auto& [variable, values] : tests.items()) {
        const std::string here = place + "." + comparison + "." + variable;
        FP_TRY(check_known(variable, policy_variables(), here, "policy variable"));
        const json wanted = values.is_boolean() ? json(values.get<bool>() ? "true" : "false") : values;
        FP_TRY_ASSIGN(auto list, texts(wanted, here));
        for (const auto& value : list) FP_TRY(check_variables(value, here));
        statement.conditions.push_back({comparison, variable, std::move(list)});
      }
    }
    return {};
  }
};

Result<Policy> Policy::parse(const std::string& name, std::string_view document) {
  FP_TRY_ASSIGN(const json parsed, parse_json(name, document));
  auto policy = PolicyReader::read(parsed, name);
  // The places in it are named by the document's own keys, which may hold anything.
  if (!policy) policy.error().message = printable(policy.error().message);
  return policy;
}

bool Policy::Statement::matches(std::string_view action, std::string_view resource,
                                const PolicyVariables& variables) const {
  const auto any = [&](const std::vector<std::string>& patterns, std::string_view text) {
    for (const auto& pattern : patterns) {
      if (simulator::matches(pattern, text, variables)) return true;
    }
    return false;
  };
  if (!any(actions, action) || !any(resources, resource)) return false;
  for (const auto& condition : conditions) {
    const auto found = variables.find(condition.variable);
    const bool negated = condition.comparison == "StringNotEquals" || condition.comparison == "StringNotLike";
    bool equal = false;
    for (const auto& value : condition.values) {
      if (found == variables.end()) break;
      const bool literal = condition.comparison == "StringEquals" || condition.comparison == "StringNotEquals";
      equal = equal ||
              (literal && value.find("${") == std::string::npos ? value == found->second
                                                                : simulator::matches(value, found->second, variables));
    }
    if (equal == negated) return false;
  }
  return true;
}

bool Policy::allows(std::string_view action, std::string_view resource, const PolicyVariables& variables) const {
  bool allowed = false;
  for (const auto& statement : statements_) {
    if (!statement.matches(action, resource, variables)) continue;
    if (!statement.allow) return false;
    allowed = true;
  }
  return allowed;
}

std::string least_privilege_claim_policy(const std::vector<std::string>& template_names) {
  constexpr std::string_view kArn = "arn:aws:iot:*:*:";
  std::vector<std::string> requests;
  for (const char* encoding : {"json", "cbor"}) {
    requests.push_back(std::string("$aws/certificates/create-from-csr/") + encoding);
    requests.push_back(std::string("$aws/certificates/create/") + encoding);
    for (const auto& name : template_names) {
      requests.push_back("$aws/provisioning-templates/" + name + "/provision/" + encoding);
    }
  }
  json publish = json::array();
  json receive = json::array();
  json subscribe = json::array();
  for (const auto& topic : requests) {
    publish.push_back(std::string(kArn) + "topic/" + topic);
    for (const char* answer : {"/accepted", "/rejected"}) {
      receive.push_back(std::string(kArn) + "topic/" + topic + answer);
      subscribe.push_back(std::string(kArn) + "topicfilter/" + topic + answer);
    }
  }
  const auto allow = [](const char* action, const json& resources) {
    return json{{"Effect", "Allow"}, {"Action", action}, {"Resource", resources}};
  };
  const json document{
      {"Version", "2012-10-17"},
      {"Statement", json::array({allow("iot:Connect", std::string(kArn) + "client/*"), allow("iot:Publish", publish),
                                 allow("iot:Receive", receive), allow("iot:Subscribe", subscribe)})}};
  return document.dump(2);
}

}  // namespace fleet_provision::simulator

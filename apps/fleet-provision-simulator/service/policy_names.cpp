#include "service/policy_names.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "service/document_check.hpp"
#include "service/known_names.hpp"
#include "service/policy_pattern.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr auto kNotOffered =
    std::to_array<std::string_view>({"iot:RetainPublish", "iot:GetThingShadow", "iot:UpdateThingShadow",
                                     "iot:DeleteThingShadow", "iot:ListNamedShadowsForThing", "iot:GetRetainedMessage",
                                     "iot:ListRetainedMessages", "iot:AssumeRoleWithCertificate"});
// Not an action, but written often; it is no typing error of iot:Subscribe.
constexpr std::string_view kUnsubscribe = "iot:Unsubscribe";
constexpr std::size_t kTypingErrorEdits = 2;

constexpr auto kVariables = std::to_array<std::string_view>(
    {"iot:ClientId", "iot:CertificateId", "iot:Connection.Thing.ThingName", "iot:Connection.Thing.ThingTypeName",
     "iot:Connection.Thing.IsAttached", "aws:SourceIp"});
constexpr std::string_view kThingAttributes = "iot:Connection.Thing.Attributes[";

// Of issuer and subject.
constexpr auto kCertificateAttributes = std::to_array<std::string_view>(
    {"CommonName", "Country", "DistinguishedNameQualifier", "GenerationQualifier", "GivenName", "Initials",
     "Organization", "OrganizationalUnit", "Pseudonym", "SerialNumber", "State", "Surname", "Title",
     "AlternativeName.DNSName", "AlternativeName.DirectoryName", "AlternativeName.IPAddress",
     "AlternativeName.RFC822Name", "AlternativeName.UniformResourceIdentifier"});

std::vector<std::string> known_variables() {
  std::vector<std::string> names(kVariables.begin(), kVariables.end());
  names.emplace_back(std::string(kThingAttributes) + "NAME]");
  names.emplace_back("iot:Certificate.SerialNumber");
  for (const char* of : {"Subject", "Issuer"}) {
    for (const auto attribute : kCertificateAttributes) {
      names.push_back(std::string("iot:Certificate.") + of + "." + std::string(attribute));
    }
  }
  return names;
}

// What a hint lists.
std::vector<std::string> shown_variables() {
  std::vector<std::string> names(kVariables.begin(), kVariables.end());
  names.emplace_back(std::string(kThingAttributes) + "NAME]");
  for (const char* of : {"SerialNumber", "Subject.NAME", "Issuer.NAME"}) {
    names.push_back(std::string("iot:Certificate.") + of);
  }
  return names;
}

// Without the index of an attribute with several values: `.1` is the second.
std::string_view without_index(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (!name.starts_with("iot:Certificate.") || dot + 2 != name.size()) return name;
  return name[dot + 1] >= '0' && name[dot + 1] <= '9' ? name.substr(0, dot) : name;
}

bool is_action(std::string_view text) {
  if (!is_alphanumeric_or(text, ":*?-_")) return false;
  const auto colons = std::count(text.begin(), text.end(), ':');
  return colons == 1 || (colons == 0 && !text.empty() && text.find_first_not_of('*') == std::string_view::npos);
}

}  // namespace

bool includes(std::string_view pattern, const JudgedAction& action) {
  return matches_pattern(pattern, action.name, {});
}

Result<ActionUse> use_of_action(std::string_view action, const std::string& place) {
  std::vector<std::string_view> judged;
  for (const auto& each : kJudgedActions) {
    if (is_action(action) && includes(action, each)) return ActionUse::kJudged;
    judged.push_back(each.name);
  }
  if (!is_action(action)) {
    return document_error(place + ": unknown action " + printable(action), known_names_hint(action, judged));
  }
  const bool offered_by_aws = std::any_of(kNotOffered.begin(), kNotOffered.end(),
                                          [&](std::string_view known) { return matches_pattern(action, known, {}); });
  if (offered_by_aws) return ActionUse::kNotOffered;
  for (const auto name : judged) {
    if (action == kUnsubscribe || edit_distance(in_lower_case(action), in_lower_case(name)) > kTypingErrorEdits)
      continue;
    return document_error(place + ": unknown action " + printable(action), "did you mean " + std::string(name) + "?");
  }
  return ActionUse::kMeaningless;
}

Result<void> check_policy_variable(std::string_view name, const std::string& place) {
  static const std::vector<std::string> kKnown = known_variables();
  static const std::vector<std::string> kShown = shown_variables();
  if (name.starts_with(kThingAttributes) && name.ends_with("]")) return {};
  const std::string_view plain = without_index(name);
  if (std::find(kKnown.begin(), kKnown.end(), plain) != kKnown.end()) return {};
  // The attributes of certificates are too many for a hint.
  const std::string_view near = nearest(plain, kKnown);
  return document_error(place + ": unknown policy variable " + printable(plain),
                        near.empty() ? known_names_hint({}, kShown) : "did you mean " + std::string(near) + "?");
}

}  // namespace fleet_provision::simulator

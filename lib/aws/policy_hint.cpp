#include "aws/policy_hint.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// The policy statement that allows `need`, as JSON that can be pasted.
std::string statement(const PolicyNeed& need, const PolicyScope& scope) {
  std::string resources;
  for (const std::string& each : need.resources) {
    resources += (resources.empty() ? "\"" : ",\"") + arn(scope, printable(each)) + "\"";
  }
  if (need.resources.size() != 1) resources = "[" + resources + "]";
  return R"({"Effect":"Allow","Action":")" + need.action + R"(","Resource":)" + resources + "}";
}

}  // namespace

std::string allow_hint(Principal principal, const PolicyNeed& need, const PolicyScope& scope) {
  // The most common mistake in claim policies.
  const char* form = need.action == "iot:Subscribe" ? " (topicfilter/, not topic/)" : "";
  // These resources contain the name of the template, so a misspelled name is denied too.
  const bool names_template = std::all_of(need.resources.begin(), need.resources.end(), [](const std::string& each) {
    return each.find("/$aws/provisioning-templates/") != std::string::npos;
  });
  const char* slip = names_template && !need.resources.empty()
                         ? "; check that --template is spelt as in the policy, in upper and lower case"
                         : "";
  return std::string(policy_of(principal)) + " must allow " + need.action + " on " + listed(need.resources) + form +
         ": add " + statement(need, scope) + slip;
}

PolicyNeed connect_need(std::string_view client_id) {
  constexpr std::string_view kOurs = "fleet-provision-";
  constexpr std::size_t kRandomDigits = 16;
  const bool made_up = client_id.starts_with(kOurs) && client_id.size() == kOurs.size() + kRandomDigits &&
                       is_lower_hex(client_id.substr(kOurs.size()));
  return {"iot:Connect", {"client/" + (made_up ? std::string(kOurs) + "*" : std::string(client_id))}};
}

std::string certificate_hint(Principal principal, std::string_view client_id) {
  return "check that " + std::string(certificate_of(principal)) + " is ACTIVE, " +
         (principal == Principal::kClaim ? "that it has not expired (a temporary claim expires after five minutes), "
                                         : "") +
         "that it belongs to the account and region of the endpoint, and that a policy attached to it "
         "allows iot:Connect on " +
         (client_id.empty() ? std::string("this client ID") : printable(connect_need(client_id).resources.front()));
}

}  // namespace fleet_provision

// What a connection may do: the policies of its certificate, their variables, and the explanation of a denial.
#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "service/service.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr const char* kClaimPolicyName = "claim";
constexpr const char* kOwnPolicyName = "PolicyDocument";
constexpr std::string_view kThingVariables = "iot:Connection.Thing.";
constexpr const char* kIsAttached = "iot:Connection.Thing.IsAttached";

const Policy& policy_without_limits() {
  static const Policy kAllowsEverything({{.allow = true, .actions = {"*"}, .resources = {"*"}, .conditions = {}}});
  return kAllowsEverything;
}

}  // namespace

// The guide's "Thing policy variables": the client ID has to be the thing name, unless the certificate may belong to
// one thing only.
const ThingRecord* Service::thing_of_connection(const ConnectingClient& client, const CertificateRecord& device) const {
  const auto attached = [&device](const ThingRecord* thing) {
    return thing != nullptr &&
           std::find(thing->principals.begin(), thing->principals.end(), device.id) != thing->principals.end();
  };
  if (device.exclusive_thing && device.thing_name) return registry_.find_thing(*device.thing_name);
  const ThingRecord* named = registry_.find_thing(client.client_id);
  return attached(named) ? named : nullptr;
}

PolicyVariables Service::variables_of(const ConnectingClient& client, const ThingRecord* thing) {
  PolicyVariables variables = client.certificate_variables;
  variables["iot:ClientId"] = client.client_id;
  variables["iot:CertificateId"] = client.certificate_id;
  variables["aws:SourceIp"] = client.address;
  variables[kIsAttached] = thing != nullptr ? "true" : "false";
  if (thing == nullptr) return variables;
  variables["iot:Connection.Thing.ThingName"] = thing->name;
  if (thing->type) variables["iot:Connection.Thing.ThingTypeName"] = *thing->type;
  for (const auto& [name, value] : thing->attributes) {
    variables["iot:Connection.Thing.Attributes[" + name + "]"] = value;
  }
  return variables;
}

AttachedPolicies Service::policies_of(const CertificateRecord& device) {
  AttachedPolicies attached;
  for (const auto& [name, document] : device.policies) {
    if (!name.empty()) {
      const auto found = policies_.named.find(name);
      if (found == policies_.named.end()) warn_unknown_policy(name, device);
      attached.attach(printable(name), found == policies_.named.end() ? policy_without_limits() : found->second);
    } else if (auto policy = Policy::parse(kOwnPolicyName, document)) {
      for (const auto& warning : policy->warnings()) warn_once(warning, device);
      attached.attach_own(kOwnPolicyName, std::move(*policy));
    } else {
      warn_once("a template's PolicyDocument allows nothing: " + policy.error().message, device);
    }
  }
  return attached;
}

// Devices may choose names and texts by their parameters, so their number is limited.
bool Service::is_new_warning(const std::string& subject) {
  constexpr std::size_t kWarningsMax = 1000;
  return warned_.size() < kWarningsMax && warned_.insert(subject).second;
}

void Service::warn_unknown_policy(const std::string& name, const CertificateRecord& device) {
  if (!is_new_warning(name)) return;
  const std::string thing = device.thing_name ? "thing " + *device.thing_name : "certificate " + device.id;
  log_.warn(clocks_.wall(), {{"policy", text_value(name)}, {"certificateId", text_value(device.id)}},
            "policy " + name + " of " + thing + " has no document here and allows everything; give it with --policy " +
                name + "=FILE");
}

// What a template's document gets wrong is the same for each of its devices.
void Service::warn_once(const std::string& text, const CertificateRecord& device) {
  if (!is_new_warning(text)) return;
  log_.warn(clocks_.wall(), {{"certificateId", text_value(device.id)}}, text);
}

// A denial of a mistyped template's topics reads as if the policy were wrong.
void Service::warn_unknown_template(const Connection& connection, const std::string& resource) {
  constexpr std::string_view kTopics = "$aws/provisioning-templates/";
  const std::size_t begin = resource.find(kTopics);
  if (begin == std::string::npos) return;
  const std::string name =
      resource.substr(begin + kTopics.size(), resource.find('/', begin + kTopics.size()) - begin - kTopics.size());
  if (name.find_first_of("+#") != std::string::npos || operations_.find_template(name) != nullptr) return;
  const std::string text = "there is no template " + printable(name) + " here: a template is named after its file";
  if (!is_new_warning(text)) return;
  log_.warn(clocks_.wall(),
            {{"connection", number_value(connection.number)}, {"clientId", text_value(connection.client.client_id)}},
            text);
}

std::string Service::principal_of(const Connection& connection) {
  if (connection.is_claim) return "the claim";
  if (connection.thing_name) return "thing " + *connection.thing_name;
  return "certificate " + connection.client.certificate_id;
}

// Nothing when the policies allow it, or else the fields of the event. A denial is also a warning on stderr, because
// a client of MQTT 3.1.1 sees no more than a closed connection.
std::optional<Members> Service::refused(const Connection& connection, const char* action, const std::string& resource) {
  PolicyDecision decision = connection.policies.judge(action, resource, connection.variables);
  if (decision.allowed) return std::nullopt;
  const bool of_thing = decision.nearest.find(kThingVariables) != std::string::npos;
  if (of_thing && !connection.is_claim && connection.variables.at(kIsAttached) == "false") {
    // What policies get wrong most.
    decision.nearest += connection.thing_name ? "; the client ID " + in_quotes(connection.client.client_id) +
                                                    " is not the thing name " + in_quotes(*connection.thing_name)
                                              : std::string("; the certificate is attached to no thing");
  }
  log_.say(denial_text(principal_of(connection), decision));
  if (connection.is_claim) warn_unknown_template(connection, resource);
  return denial_fields(decision);
}

void Service::attach_policies(Connection& connection, const CertificateRecord* device) {
  const ThingRecord* thing = device == nullptr ? nullptr : thing_of_connection(connection.client, *device);
  connection.variables = variables_of(connection.client, thing);
  if (connection.is_claim) {
    connection.policies.attach(kClaimPolicyName, policies_.claim);
  } else if (device != nullptr) {
    connection.thing_name = thing == nullptr ? device->thing_name : thing->name;
    connection.policies = policies_of(*device);
  }
}

}  // namespace fleet_provision::simulator

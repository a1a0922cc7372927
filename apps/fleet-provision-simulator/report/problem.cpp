#include "report/problem.hpp"

#include <array>

#include "core/text.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::string_view kPolicyReason = "policy: ";
constexpr std::string_view kFaultReason = "fault: ";

struct Denied {
  std::string action;
  /// Without the ARN's beginning: `topicfilter/a/b`.
  std::string resource;
};

std::string resource_of(const std::string& action, const Event& event) {
  if (action == "iot:Connect") return "client/" + event.text("clientId");
  if (action == "iot:Subscribe") return "topicfilter/" + event.text("filter");
  return "topic/" + event.text("topic");
}

// The log names a template's PolicyDocument so.
std::string in_words(const std::string& policy, bool begins_sentence) {
  if (policy == "PolicyDocument") return std::string(begins_sentence ? "The" : "the") + " template's PolicyDocument";
  return (begins_sentence ? "Policy " : "policy ") + policy;
}

// Up to the resource: `Policy fleet does not allow iot:Publish on`. Names no thing, so that gateways with the same
// policy have the same problem.
std::string does_not_allow(const Event& event, const Connection& connection, const std::string& action) {
  if (connection.principal == "claim") return "The claim's policy does not allow " + action + " on";
  const auto names = event.texts("policies");
  if (names.size() == 1) return in_words(names.front(), true) + " does not allow " + action + " on";
  if (!names.empty()) return "None of the policies " + listed(names) + " allows " + action + " on";
  if (event.line.find("policies") != nullptr)
    return "The device certificate has no policy, and needs " + action + " on";
  return "The policies of the client do not allow " + action + " on";
}

// What the log says is missing; logs of older simulators do not say it.
MissingPermission missing_permission(const Event& event, const Denied& denied) {
  MissingPermission missing{denied.action, {"arn:aws:iot:REGION:ACCOUNT:" + denied.resource}};
  const Value* logged = event.line.find("missing");
  if (logged == nullptr) return missing;
  if (const std::string* action = logged->find_text("Action")) missing.action = *action;
  if (const std::string* resource = logged->find_text("Resource")) missing.resources = {*resource};
  return missing;
}

std::string where_to_add(const Event& event, const Connection& connection) {
  const auto names = event.texts("policies");
  const std::string nearest = event.text("nearest");
  const std::string verb =
      nearest.empty() ? "Add" : "The nearest Allow does not apply (" + nearest + "); change it, or add";
  if (connection.principal == "claim") return verb + " this statement to the claim's policy:";
  if (names.empty()) return verb + " this statement to the policy that the template attaches:";
  return verb + " this statement to " +
         (names.size() == 1 ? in_words(names.front(), false) : "one of the policies " + listed(names)) + ":";
}

// A denial by no policy document: `the service: REASON`.
std::optional<Problem> service_problem(const Denied& denied, std::string_view denier) {
  constexpr std::string_view kService = "the service: ";
  if (!denier.starts_with(kService)) return std::nullopt;
  return Problem{Tone::kFailure,
                 "The service does not allow " + denied.action + " on " + denied.resource + ": " +
                     std::string(denier.substr(kService.size())) + ".",
                 "Publish to the request topics alone."};
}

Problem policy_problem(const Event& event, const Connection& connection, const std::string& action) {
  const Denied denied{action, resource_of(action, event)};
  if (const std::string denier = event.text("deniedBy"); !denier.empty()) {
    if (auto problem = service_problem(denied, denier)) return *problem;
    return {Tone::kFailure, denier + " denies " + denied.action + " on " + denied.resource + ".",
            "Remove this statement or narrow it: a Deny overrides every Allow."};
  }
  return {Tone::kFailure, does_not_allow(event, connection, denied.action), where_to_add(event, connection),
          missing_permission(event, denied)};
}

Problem fault_problem(const std::string& fault, const std::string& where) {
  return {Tone::kFault, "Fault " + fault + " was injected into " + where + ".",
          "This run asked for it with --fault; look at how the client recovered."};
}

struct Advice {
  /// The beginning of a reason, or an error code.
  std::string_view key;
  std::string_view text;
};

constexpr std::string_view kClaimAdvice =
    "Get another temporary claim; --claim-lifetime says how long this one was valid.";

constexpr std::array kConnectAdvice{
    Advice{"certificate is PENDING_ACTIVATION",
           "Register the certificate with RegisterThing before the device connects with it."},
    Advice{"certificate is",
           "Activate the certificate; for the claim, write ACTIVE to claim-status in the state directory."},
    Advice{"unknown certificate",
           "Use the claim or an identity of this state directory; a simulator without --state-dir makes new ones."},
    Advice{"the temporary claim has expired", kClaimAdvice},
    Advice{"", "See the reason, and the section on rules in the simulator's documentation."}};

constexpr std::array kPacketAdvice{
    Advice{"the temporary claim has expired", kClaimAdvice},
    Advice{"", "Stay within the limits of the service; the simulator's documentation lists them."}};

constexpr std::array kErrorAdvice{
    Advice{"InvalidCertificateOwnershipToken",
           "Send RegisterThing once, with the token of the latest create response, before the token expires."},
    Advice{"InvalidParameters", "Send the parameters that the template needs, with values that it can use."},
    Advice{"InvalidPayload", "Send JSON on topics that end in /json and CBOR on those that end in /cbor."},
    Advice{"InvalidCertificateSigningRequest",
           "Use an RSA key of at least 2048 bits or a key on P-256, P-384 or P-521, and sign with SHA-2."},
    Advice{"AccessDenied", "Look at what the hook decides for these parameters, and that the template is enabled."},
    Advice{"ResourceNotFound", "Use the name of a template that the simulator loaded; it is named after its file."},
    Advice{"ResourceConflictsException",
           "Allow the change in the template's OverrideSettings, or use another thing name."},
    Advice{"TooManyRequests", "Retry later with back-off; --rate sets the limit."},
    Advice{"InternalFailure", "Retry; if it repeats, look at run/mosquitto.log in the state directory."},
    Advice{"", "Look at the client's own output for what it made of this error."}};

constexpr std::array kDisconnectAdvice{
    Advice{"the temporary claim has expired", kClaimAdvice},
    Advice{"keep-alive", "The client sent nothing for one and a half keep-alive times; look at what held it up."},
    Advice{"packet too large", "Keep payloads within 128 KiB."},
    Advice{"not supported", "Do without QoS 2 and retained messages: the service has neither."},
    Advice{"malformed packet", "Look at the client's MQTT library: it sent bytes that are not MQTT."},
    Advice{"error", "Look at run/mosquitto.log in the state directory."}};

template <std::size_t N>
std::string advice_for(const std::array<Advice, N>& rows, std::string_view text) {
  for (const auto& row : rows) {
    if (text.starts_with(row.key)) return std::string(row.text);
  }
  return {};
}

const char* packet_of(const Event& event) {
  if (event.kind == EventKind::kConnect) return "the CONNECT";
  return event.kind == EventKind::kSubscribe ? "a SUBSCRIBE" : "a PUBLISH";
}

Problem connect_problem(const Event& event, const std::string& reason) {
  const std::string whose = event.text("principal") == "claim" ? "The claim" : "The client " + event.text("clientId");
  return {Tone::kFailure, whose + " was not allowed to connect: " + (reason.empty() ? "no reason" : reason) + ".",
          advice_for(kConnectAdvice, reason)};
}

Problem rejection_problem(const Event& event, std::uint64_t status) {
  const std::string code = event.text("errorCode");
  const std::string message = event.text("errorMessage");
  return {Tone::kFailure,
          event.text("operation") + " was rejected: " + std::to_string(status) + " " + code +
              (message.empty() ? std::string(".") : ": " + message),
          advice_for(kErrorAdvice, code)};
}

Problem undelivered_problem(const Event& event, const Connection& connection, const std::string& obstacle) {
  if (is_policy_reason(obstacle)) return policy_problem(event, connection, obstacle.substr(kPolicyReason.size()));
  if (obstacle == "not subscribed") {
    return {Tone::kFailure,
            "The response to " + event.text("operation") + " was not sent: the client has not subscribed to " +
                event.text("topic") + ".",
            "Subscribe to …/accepted and …/rejected and wait for the SUBACK before the request is published."};
  }
  return {Tone::kFailure, "The response to " + event.text("operation") + " was not sent: " + obstacle + ".",
          "Look at the steps before it."};
}

}  // namespace

bool is_policy_reason(std::string_view reason) {
  return reason.starts_with(kPolicyReason);
}

std::optional<Problem> denial_problem(const Event& event, const Connection& connection) {
  const std::string result = event.text("result");
  if (result == "allowed" || result == "accepted") return std::nullopt;
  const std::string reason = event.text("reason");
  if (is_policy_reason(reason)) return policy_problem(event, connection, reason.substr(kPolicyReason.size()));
  if (reason.starts_with(kFaultReason)) return fault_problem(reason.substr(kFaultReason.size()), packet_of(event));
  if (event.kind == EventKind::kConnect) return connect_problem(event, reason);
  const std::string subject = event.text(event.kind == EventKind::kSubscribe ? "filter" : "topic");
  return Problem{Tone::kFailure,
                 std::string(event.kind == EventKind::kSubscribe ? "The SUBSCRIBE to " : "The PUBLISH to ") + subject +
                     " closed the connection: " + reason + ".",
                 advice_for(kPacketAdvice, reason)};
}

std::optional<Problem> answer_problem(const Event& event, const Connection& connection) {
  constexpr std::string_view kNotSent = "not sent: ";
  const std::string fault = event.text("fault");
  const std::string result = event.text("result");
  const std::string operation = event.text("operation");
  if (!fault.empty()) {
    return fault_problem(fault, operation.empty() ? "a request" : "the response to " + operation);
  }
  if (const auto status = event.number("statusCode")) return rejection_problem(event, *status);
  if (result.starts_with(kNotSent)) return undelivered_problem(event, connection, result.substr(kNotSent.size()));
  if (result == "connection gone") {
    return Problem{Tone::kFailure, "The client had closed the connection before the response to " + operation + ".",
                   "Keep the connection open until the response arrives."};
  }
  return std::nullopt;
}

std::optional<Problem> hook_problem(const Event& event) {
  if (event.text("result") != "denied") return std::nullopt;
  const std::string reason = event.text("reason");
  return Problem{Tone::kFailure, "The hook did not allow the gateway: " + reason + ".",
                 "If it should be allowed, change the hook; what its program wrote to stderr is in the broker's log, "
                 "run/mosquitto.log of the directory given by --state-dir."};
}

std::optional<Problem> disconnect_problem(const Event& event) {
  const std::string reason = event.text("reason");
  const std::string advice = advice_for(kDisconnectAdvice, reason);
  if (advice.empty()) return std::nullopt;
  return Problem{Tone::kFailure, "The broker closed the connection: " + reason + ".", advice};
}

}  // namespace fleet_provision::simulator

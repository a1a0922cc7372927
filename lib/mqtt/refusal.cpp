#include "mqtt/refusal.hpp"

#include <array>
#include <utility>

#include "aws/policy_hint.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

using enum ErrorKind;

struct Reason {
  std::uint8_t code;
  std::string_view name;
  ErrorKind in_connack;
};

// MQTT 5 section 2.4, the failures. The last column is what the code means in a CONNACK.
constexpr std::array kReasons{
    Reason{128, "unspecified error", kConnectionRejected},
    Reason{129, "malformed packet", kConnectionRejected},
    Reason{130, "protocol error", kConnectionRejected},
    Reason{131, "implementation specific error", kConnectionRejected},
    Reason{132, "unsupported protocol version", kMqttVersionRefused},
    Reason{133, "client identifier not valid", kConnectionRejected},
    Reason{134, "bad user name or password", kPolicyConnect},
    Reason{135, "not authorized", kPolicyConnect},
    Reason{136, "server unavailable", kServerUnavailable},
    Reason{137, "server busy", kServerUnavailable},
    Reason{138, "banned", kConnectionRejected},
    Reason{139, "server shutting down", kServerUnavailable},
    Reason{140, "bad authentication method", kConnectionRejected},
    Reason{141, "keep alive timeout", kConnectionRejected},
    Reason{142, "session taken over", kSessionTakenOver},
    Reason{143, "topic filter invalid", kConnectionRejected},
    Reason{144, "topic name invalid", kConnectionRejected},
    Reason{145, "packet identifier in use", kConnectionRejected},
    Reason{146, "packet identifier not found", kConnectionRejected},
    Reason{147, "receive maximum exceeded", kConnectionRejected},
    Reason{148, "topic alias invalid", kConnectionRejected},
    Reason{149, "packet too large", kConnectionRejected},
    Reason{150, "message rate too high", kThrottled},
    Reason{151, "quota exceeded", kThrottled},
    Reason{152, "administrative action", kConnectionRejected},
    Reason{153, "payload format invalid", kConnectionRejected},
    Reason{154, "retain not supported", kConnectionRejected},
    Reason{155, "QoS not supported", kConnectionRejected},
    Reason{156, "use another server", kConnectionRejected},
    Reason{157, "server moved", kConnectionRejected},
    Reason{158, "shared subscriptions not supported", kConnectionRejected},
    Reason{159, "connection rate exceeded", kThrottled},
    Reason{160, "maximum connect time", kConnectionRejected},
    Reason{161, "subscription identifiers not supported", kConnectionRejected},
    Reason{162, "wildcard subscriptions not supported", kConnectionRejected},
};

// MQTT 3.1.1 section 3.2.2.3. AWS's guide once gave 7 for a connection that a policy denies.
constexpr std::array kReturnCodes{
    Reason{1, "unacceptable protocol version", kMqttVersionRefused},
    Reason{2, "identifier rejected", kConnectionRejected},
    Reason{3, "server unavailable", kServerUnavailable},
    Reason{4, "bad user name or password", kPolicyConnect},
    Reason{5, "not authorized", kPolicyConnect},
    Reason{7, "not authorized", kPolicyConnect},
};

template <class Rows>
const Reason* find(const Rows& rows, std::uint8_t code) {
  for (const Reason& each : rows) {
    if (each.code == code) return &each;
  }
  return nullptr;
}

bool is_return_code(MqttPacketType type, MqttVersion version, std::uint8_t code) {
  return type == MqttPacketType::kConnack && (version == MqttVersion::k311 || code < 128);
}

const Reason* row(MqttPacketType type, MqttVersion version, std::uint8_t code) {
  return is_return_code(type, version, code) ? find(kReturnCodes, code) : find(kReasons, code);
}

bool is_rate(std::uint8_t code) {
  return code == 150 || code == 151 || code == 159;
}

/// `CONNACK 135 (not authorized)`, and the server's own text if it sent one.
std::string describe(const MqttPacket& packet, MqttVersion version, std::uint8_t code) {
  std::string text = std::string(word(packet.type)) + " " + std::to_string(code);
  if (const std::string_view name = reason_name(packet.type, version, code); !name.empty()) {
    text += " (" + std::string(name) + ")";
  }
  if (!packet.reason.empty()) text += ": " + printable(packet.reason);
  return text;
}

Error error(ErrorKind kind, std::optional<Phase> phase, std::string message, std::string hint) {
  Error made;
  made.kind = kind;
  made.phase = phase;
  made.message = std::move(message);
  made.hint = std::move(hint);
  return made;
}

constexpr std::string_view kWaitHint = "wait, then rerun: too many requests at once; for a fleet set --splay";

std::string connack_hint(ErrorKind kind, const MqttStep& step) {
  switch (kind) {
    case kPolicyConnect: return policy_hint(step);
    case kMqttVersionRefused: return "give the other --mqtt-version";
    case kServerUnavailable: return "wait, then rerun: the service is not ready";
    case kThrottled: return std::string(kWaitHint);
    default: return "check the client ID, " + printable(step.client_id) + ", and the limits of the service";
  }
}

std::optional<Error> connack(const MqttPacket& packet, MqttVersion version, const MqttStep& step) {
  const std::uint8_t code = packet.codes.front();
  if (code == 0) return std::nullopt;
  const Reason* known = row(packet.type, version, code);
  const ErrorKind kind = known == nullptr ? kConnectionRejected : known->in_connack;
  return error(kind, Phase::kMqtt,
               "the server refused client ID " + printable(step.client_id) + ": " + describe(packet, version, code),
               connack_hint(kind, step));
}

std::optional<Error> suback(const MqttPacket& packet, MqttVersion version, const MqttStep& step) {
  MqttStep refused = step;
  refused.phase = Phase::kSubscribe;
  refused.filters.clear();
  std::uint8_t code = 0;
  for (std::size_t i = 0; i < packet.codes.size(); ++i) {
    if (packet.codes[i] < 128) continue;
    if (code == 0) code = packet.codes[i];
    refused.filters.push_back(packet.filters[i]);
  }
  if (code == 0) return std::nullopt;
  const std::string message =
      "the server refused to subscribe " + listed(refused.filters) + ": " + describe(packet, version, code);
  if (is_rate(code)) return error(kThrottled, Phase::kSubscribe, message, std::string(kWaitHint));
  return error(kPolicySubscribe, Phase::kSubscribe, message, policy_hint(refused));
}

std::optional<Error> puback(const MqttPacket& packet, MqttVersion version, const MqttStep& step) {
  const std::uint8_t code = packet.codes.empty() ? std::uint8_t{0} : packet.codes.front();
  if (code < 128) return std::nullopt;
  MqttStep refused = step;
  refused.phase = Phase::kCreate;
  if (!packet.topic.empty()) refused.topic = packet.topic;
  const std::string message =
      "the server refused to publish to " + printable(refused.topic) + ": " + describe(packet, version, code);
  if (is_rate(code)) return error(kThrottled, std::nullopt, message, std::string(kWaitHint));
  return error(kPolicyPublish, std::nullopt, message, policy_hint(refused));
}

ErrorKind denied_step(Phase phase) {
  if (phase == Phase::kMqtt) return kPolicyConnect;
  return phase == Phase::kSubscribe ? kPolicySubscribe : kPolicyPublish;
}

/// The phases that this layer can determine; only the caller knows whether a publish creates or registers.
std::optional<Phase> known_phase(Phase phase) {
  if (phase == Phase::kMqtt || phase == Phase::kSubscribe) return phase;
  return std::nullopt;
}

Error disconnect(const MqttPacket& packet, MqttVersion version, const MqttStep& step) {
  const std::uint8_t code = packet.codes.front();
  const std::optional<Phase> phase = known_phase(step.phase);
  const std::string message = "the server ended the connection: " + describe(packet, version, code);
  if (code == 142) {
    return error(kSessionTakenOver, phase, message,
                 "give each gateway a client ID of its own: another device connected with client ID " +
                     printable(step.client_id));
  }
  if (code == 135) return error(denied_step(step.phase), phase, message, policy_hint(step));
  if (is_rate(code)) return error(kThrottled, phase, message, std::string(kWaitHint));
  return error(kDisconnectedByServer, phase, message, "look up the reason code in the message");
}

}  // namespace

std::string_view reason_name(MqttPacketType type, MqttVersion version, std::uint8_t code) {
  const Reason* known = row(type, version, code);
  return known == nullptr ? std::string_view{} : known->name;
}

std::string policy_hint(const MqttStep& step) {
  if (step.phase == Phase::kMqtt) {
    return allow_hint(step.principal, connect_need(step.client_id), step.scope) + "; and " +
           std::string(certificate_of(step.principal)) + " must be ACTIVE in the account and region of the endpoint" +
           (step.principal == Principal::kClaim ? "; a temporary claim expires after five minutes" : "");
  }
  if (step.phase != Phase::kSubscribe)
    return allow_hint(step.principal, {"iot:Publish", {"topic/" + step.topic}}, step.scope);
  PolicyNeed need{"iot:Subscribe", {}};
  for (const std::string& each : step.filters) need.resources.push_back("topicfilter/" + each);
  return allow_hint(step.principal, need, step.scope);
}

std::optional<Error> refusal(const MqttPacket& packet, MqttVersion version, const MqttStep& step) {
  if (!packet.inbound) return std::nullopt;
  if (packet.type == MqttPacketType::kConnack) return connack(packet, version, step);
  if (packet.type == MqttPacketType::kSuback) return suback(packet, version, step);
  if (packet.type == MqttPacketType::kPuback) return puback(packet, version, step);
  if (packet.type == MqttPacketType::kDisconnect) return disconnect(packet, version, step);
  return std::nullopt;
}

}  // namespace fleet_provision

// Connections, subscriptions and publishes. What policies allow is in service_permissions.cpp, requests and responses
// are in service_requests.cpp and service_responses.cpp.
#include "service/service.hpp"

#include <algorithm>
#include <utility>

namespace fleet_provision::simulator {

namespace {

constexpr const char* kPublishDenied = "policy: iot:Publish";

const char* version_word(int mqtt_version) {
  if (mqtt_version == 5) return "5";
  return mqtt_version == 4 ? "3.1.1" : "3.1";
}

const char* word(Permission permission) {
  switch (permission) {
    case Permission::kAllowed: return "allowed";
    case Permission::kDenied: return "denied";
    case Permission::kClose: return "closed";
  }
  return "";
}

const char* word(Admission admission) {
  switch (admission) {
    case Admission::kAccepted: return "accepted";
    case Admission::kNotAuthorized: return "not-authorized";
    case Admission::kClosed: return "closed";
  }
  return "";
}

FaultPoint point_of(ServiceOperation operation) {
  switch (operation) {
    case ServiceOperation::kCreateFromCsr: return FaultPoint::kCreateFromCsr;
    case ServiceOperation::kCreateKeys: return FaultPoint::kCreateKeys;
    case ServiceOperation::kRegister: return FaultPoint::kRegister;
  }
  return FaultPoint::kRegister;
}

void add_result(Members& fields, const char* result, const std::string& reason, const Members& denial) {
  fields.emplace_back("result", text_value(result));
  if (!reason.empty()) fields.emplace_back("reason", text_value(reason));
  fields.insert(fields.end(), denial.begin(), denial.end());
}

}  // namespace

Service::Service(const Configuration& configuration, Policies policies, std::vector<Fault> faults,
                 Operations& operations, Registry& registry, Hook* hook, EventLog& log, Clocks clocks)
    : configuration_(configuration),
      policies_(std::move(policies)),
      faults_(std::move(faults)),
      operations_(operations),
      registry_(registry),
      hook_(hook),
      log_(log),
      clocks_(std::move(clocks)) {}

Service::Connection* Service::find(ConnectionKey key) {
  const auto found = connections_.find(key);
  return found == connections_.end() ? nullptr : &found->second;
}

Service::Connection* Service::find_number(std::uint64_t number) {
  const auto found = keys_by_number_.find(number);
  return found == keys_by_number_.end() ? nullptr : find(found->second);
}

void Service::log_connection(const Connection& connection, const char* event, Members fields) const {
  Members all{{"connection", number_value(connection.number)}, {"clientId", text_value(connection.client.client_id)}};
  for (auto& field : fields) all.push_back(std::move(field));
  log_.write(clocks_.wall(), event, std::move(all));
}

// MQTT 5 has a reason code, 3.1.1 closes (docs/service.md, "Denials and rejections").
Permission Service::denial(const Connection& connection) const {
  return connection.client.mqtt_version == 5 ? Permission::kDenied : Permission::kClose;
}

Service::Connection Service::new_connection(const ConnectingClient& client, const CertificateRecord* device) {
  Connection connection;
  connection.number = ++last_number_;
  connection.client = client;
  connection.is_claim = client.certificate_id == configuration_.claim_certificate_id;
  attach_policies(connection, device);
  return connection;
}

void Service::delete_expired_certificates() {
  for (const auto& id : registry_.expire(clocks_.wall())) {
    log_.write(clocks_.wall(), "expire", {{"certificateId", text_value(id)}});
  }
}

Service::Decision<Admission> Service::admit(const Connection& connection, const CertificateRecord* device) {
  const auto faults = faults_.next(FaultPoint::kConnect);
  const Admission inactive =
      configuration_.behaviours.connack_for_inactive ? Admission::kNotAuthorized : Admission::kClosed;
  if (has_expired_claim(connection)) return {inactive, kClaimExpired};
  std::optional<CertificateStatus> status;
  if (device != nullptr) status = device->status;
  if (connection.is_claim) status = registry_.claim_status();
  if (status != CertificateStatus::kActive) {
    return {inactive, status ? std::string("certificate is ") + simulator::word(*status) : "unknown certificate"};
  }
  if (auto denial = refused(connection, "iot:Connect", "client/" + connection.client.client_id)) {
    return {Admission::kNotAuthorized, "policy: iot:Connect", std::move(*denial)};
  }
  if (has_fault(faults, FaultAction::kDeny)) return {Admission::kNotAuthorized, "fault: deny"};
  if (has_fault(faults, FaultAction::kDisconnectBefore)) return {Admission::kClosed, "fault: disconnect-before"};
  if (!is_client_id(connection.client.client_id)) {
    return {Admission::kClosed, "client ID longer than 128 bytes or beginning with $"};
  }
  return {Admission::kAccepted, {}};
}

Admission Service::connect(ConnectionKey key, const ConnectingClient& client) {
  delete_expired_certificates();
  const CertificateRecord* device = registry_.find_certificate(client.certificate_id);
  Connection connection = new_connection(client, device);
  const auto [admission, reason, denial] = admit(connection, device);
  const char* principal = connection.is_claim ? "claim" : device != nullptr ? "device" : "unknown";
  Members fields{{"mqttVersion", text_value(version_word(client.mqtt_version))},
                 {"principal", text_value(principal)},
                 {"certificateId", text_value(client.certificate_id)}};
  if (connection.thing_name) fields.emplace_back("thingName", text_value(*connection.thing_name));
  add_result(fields, word(admission), reason, denial);
  log_connection(connection, "connect", std::move(fields));
  if (admission != Admission::kAccepted) return admission;
  if (client.clean_session) subscriptions_.erase(client.client_id);
  // The broker may reuse the address of a connection whose end it did not report.
  if (const Connection* earlier = find(key)) keys_by_number_.erase(earlier->number);
  keys_by_number_[connection.number] = key;
  connections_[key] = std::move(connection);
  return admission;
}

void Service::disconnect(ConnectionKey key, const std::string& reason) {
  const Connection* connection = find(key);
  if (connection == nullptr) return;
  const std::string& why = connection->closing.empty() ? reason : connection->closing;
  log_connection(*connection, "disconnect", {{"reason", text_value(why)}});
  keys_by_number_.erase(connection->number);
  connections_.erase(key);
}

Service::Decision<Permission> Service::judge_subscription(const Connection& connection, const std::string& filter) {
  if (has_expired_claim(connection)) return {Permission::kClose, kClaimExpired};
  const auto faults = faults_.next(FaultPoint::kSubscribe);
  if (!is_within_topic_limits(filter)) return {Permission::kClose, "filter longer than 256 bytes or 8 levels"};
  if (has_fault(faults, FaultAction::kDisconnectBefore)) return {Permission::kClose, "fault: disconnect-before"};
  const Permission denied =
      configuration_.behaviours.suback_on_denied_subscribe ? Permission::kDenied : denial(connection);
  if (has_fault(faults, FaultAction::kDeny)) return {denied, "fault: deny"};
  if (auto reasons = refused(connection, "iot:Subscribe", "topicfilter/" + filter)) {
    return {denied, "policy: iot:Subscribe", std::move(*reasons)};
  }
  return {Permission::kAllowed, {}};
}

Permission Service::subscribe(ConnectionKey key, const std::string& filter, int qos) {
  const Connection* connection = find(key);
  if (connection == nullptr) return Permission::kClose;
  const auto [permission, reason, denial] = judge_subscription(*connection, filter);
  Members fields{{"filter", text_value(filter)}, {"qos", number_value(static_cast<std::uint64_t>(qos))}};
  add_result(fields, word(permission), reason, denial);
  log_connection(*connection, "subscribe", std::move(fields));
  if (permission == Permission::kAllowed) subscriptions_[connection->client.client_id][filter] = std::min(qos, 1);
  return permission;
}

void Service::unsubscribe(ConnectionKey key, const std::string& filter) {
  const Connection* connection = find(key);
  if (connection == nullptr) return;
  subscriptions_[connection->client.client_id].erase(filter);
  log_connection(*connection, "unsubscribe", {{"filter", text_value(filter)}});
}

Service::Decision<Permission> Service::judge_publication(Connection& connection, const Publication& publication,
                                                         const std::optional<RequestTopic>& request) {
  if (has_expired_claim(connection)) return {Permission::kClose, kClaimExpired};
  if (publication.retain && publication.topic.starts_with("$aws/")) return {Permission::kClose, "retain on $aws/"};
  if (publication.bytes > kPayloadBytesMax || !is_within_topic_limits(publication.topic)) {
    return {Permission::kClose, "over a limit of the broker"};
  }
  if (is_response_topic(publication.topic)) {
    return {
        denial(connection), kPublishDenied, {{"deniedBy", text_value("the service: the topic is for its responses")}}};
  }
  if (auto reasons = refused(connection, "iot:Publish", "topic/" + publication.topic)) {
    return {denial(connection), kPublishDenied, std::move(*reasons)};
  }
  if (!request) return {Permission::kAllowed, {}};
  connection.faults = faults_.next(point_of(request->operation));
  const std::string reason = "fault: " + names_of(connection.faults);
  if (has_fault(connection.faults, FaultAction::kDisconnectBefore)) return {Permission::kClose, reason};
  if (has_fault(connection.faults, FaultAction::kDeny)) return {denial(connection), reason};
  return {Permission::kAllowed, {}};
}

Permission Service::publish(ConnectionKey key, const Publication& publication) {
  Connection* connection = find(key);
  if (connection == nullptr) return Permission::kClose;
  connection->faults.clear();
  const auto request = parse_request_topic(publication.topic);
  const auto [permission, reason, denial] = judge_publication(*connection, publication, request);
  Members fields{{"topic", text_value(publication.topic)}};
  if (request) fields.emplace_back("operation", text_value(simulator::word(request->operation)));
  fields.emplace_back("bytes", number_value(publication.bytes));
  fields.emplace_back("qos", number_value(static_cast<std::uint64_t>(publication.qos)));
  add_result(fields, word(permission), reason, denial);
  log_connection(*connection, "publish", std::move(fields));
  return permission;
}

// A request is between a client and the service: no other client gets it, whatever it has subscribed to.
bool Service::may_receive(ConnectionKey key, const std::string& topic) {
  const Connection* connection = find(key);
  if (connection == nullptr || parse_request_topic(topic)) return false;
  // `deliver` has judged the responses.
  if (is_response_topic(topic)) return true;
  const auto denial = refused(*connection, "iot:Receive", "topic/" + topic);
  if (!denial) return true;
  Members fields{{"topic", text_value(topic)}};
  add_result(fields, "denied", "policy: iot:Receive", *denial);
  log_connection(*connection, "receive", std::move(fields));
  return false;
}

}  // namespace fleet_provision::simulator

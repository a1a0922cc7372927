#include "service/service.hpp"

#include <algorithm>
#include <utility>

namespace fleet_provision::simulator {

namespace {

constexpr std::size_t kPayloadBytesMax = 128 * 1024;

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

FaultPoint point_of(ServiceOperation operation) {
  switch (operation) {
    case ServiceOperation::kCreateFromCsr: return FaultPoint::kCreateFromCsr;
    case ServiceOperation::kCreateKeys: return FaultPoint::kCreateKeys;
    case ServiceOperation::kRegister: return FaultPoint::kRegister;
  }
  return FaultPoint::kRegister;
}

}  // namespace

Service::Service(const Configuration& configuration, Policy claim_policy, std::vector<Fault> faults,
                 Operations& operations, Registry& registry, Hook* hook, const EventLog& log, Clocks clocks)
    : configuration_(configuration),
      claim_policy_(std::move(claim_policy)),
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

const Service::Connection* Service::find(ConnectionKey key) const {
  const auto found = connections_.find(key);
  return found == connections_.end() ? nullptr : &found->second;
}

Service::Connection* Service::find_number(std::uint64_t number) {
  const auto found = keys_by_number_.find(number);
  return found == keys_by_number_.end() ? nullptr : find(found->second);
}

void Service::log_connection(const Connection& connection, const char* event, Members fields) const {
  Members all{{"connection", number_value(connection.number)}, {"clientId", text_value(connection.facts.client_id)}};
  for (auto& field : fields) all.push_back(std::move(field));
  log_.write(clocks_.wall(), event, std::move(all));
}

bool Service::allows(const Connection& connection, const char* action, const std::string& resource) const {
  return !connection.is_claim || claim_policy_.allows(action, resource, connection.variables);
}

// MQTT 5 tells, 3.1.1 closes (docs/service.md).
Permission Service::denial(const Connection& connection) const {
  return connection.facts.mqtt_version == 5 ? Permission::kDenied : Permission::kClose;
}

Service::Connection Service::connection_of(const Connecting& connecting, const CertificateRecord* device) {
  Connection connection;
  connection.number = ++last_number_;
  connection.facts = connecting;
  connection.is_claim = connecting.certificate_id == configuration_.claim_certificate_id;
  connection.variables["iot:ClientId"] = connecting.client_id;
  connection.variables["iot:CertificateId"] = connecting.certificate_id;
  connection.variables["aws:SourceIp"] = connecting.address;
  if (!connecting.certificate_common_name.empty()) {
    connection.variables["iot:Certificate.Subject.CommonName"] = connecting.certificate_common_name;
  }
  const bool attached = device != nullptr && device->thing_name == connecting.client_id;
  connection.variables["iot:Connection.Thing.IsAttached"] = attached ? "true" : "false";
  if (attached) connection.variables["iot:Connection.Thing.ThingName"] = connecting.client_id;
  return connection;
}

Admission Service::connect(ConnectionKey key, const Connecting& connecting) {
  for (const auto& id : registry_.expire(clocks_.wall())) {
    log_.write(clocks_.wall(), "expire", {{"certificateId", text_value(id)}});
  }
  const CertificateRecord* device = registry_.find_certificate(connecting.certificate_id);
  Connection connection = connection_of(connecting, device);
  const auto faults = faults_.next(FaultPoint::kConnect);
  Admission admission = Admission::kAccepted;
  std::string reason;
  std::optional<CertificateStatus> status;
  if (device != nullptr) status = device->status;
  if (connection.is_claim) status = registry_.claim_status();
  if (status != CertificateStatus::kActive) {
    admission = configuration_.behaviours.connack_for_inactive ? Admission::kNotAuthorized : Admission::kClosed;
    reason = status ? std::string("certificate is ") + simulator::word(*status) : "unknown certificate";
  } else if (!allows(connection, "iot:Connect", "client/" + connecting.client_id)) {
    admission = Admission::kNotAuthorized;
    reason = "policy: iot:Connect";
  } else if (find_fault(faults, FaultAction::kDeny) != nullptr) {
    admission = Admission::kNotAuthorized;
    reason = "fault: deny";
  } else if (find_fault(faults, FaultAction::kDisconnectBefore) != nullptr) {
    admission = Admission::kClosed;
    reason = "fault: disconnect-before";
  }
  Members fields{{"mqttVersion", text_value(version_word(connecting.mqtt_version))},
                 {"principal", text_value(connection.is_claim ? "claim"
                                          : device != nullptr ? "device"
                                                              : "unknown")},
                 {"certificateId", text_value(connecting.certificate_id)},
                 {"result", text_value(admission == Admission::kAccepted        ? "accepted"
                                       : admission == Admission::kNotAuthorized ? "not-authorized"
                                                                                : "closed")}};
  if (!reason.empty()) fields.emplace_back("reason", text_value(reason));
  log_connection(connection, "connect", std::move(fields));
  if (admission != Admission::kAccepted) return admission;
  if (connecting.clean_session) subscriptions_.erase(connecting.client_id);
  if (const Connection* unseen_end = find(key)) keys_by_number_.erase(unseen_end->number);
  keys_by_number_[connection.number] = key;
  connections_[key] = std::move(connection);
  return admission;
}

void Service::disconnect(ConnectionKey key, const std::string& reason) {
  const Connection* connection = find(key);
  if (connection == nullptr) return;
  log_connection(*connection, "disconnect", {{"reason", text_value(reason)}});
  keys_by_number_.erase(connection->number);
  connections_.erase(key);
}

Permission Service::subscribe(ConnectionKey key, const std::string& filter, int qos) {
  Connection* connection = find(key);
  if (connection == nullptr) return Permission::kClose;
  const auto faults = faults_.next(FaultPoint::kSubscribe);
  Permission permission = Permission::kAllowed;
  std::string reason;
  const bool denied_by_fault = find_fault(faults, FaultAction::kDeny) != nullptr;
  if (!is_within_topic_limits(filter)) {
    permission = Permission::kClose;
    reason = "filter longer than 256 bytes or 8 levels";
  } else if (find_fault(faults, FaultAction::kDisconnectBefore) != nullptr) {
    permission = Permission::kClose;
    reason = "fault: disconnect-before";
  } else if (denied_by_fault || !allows(*connection, "iot:Subscribe", "topicfilter/" + filter)) {
    permission = configuration_.behaviours.suback_on_denied_subscribe ? Permission::kDenied : denial(*connection);
    reason = denied_by_fault ? "fault: deny" : "policy: iot:Subscribe";
  }
  Members fields{{"filter", text_value(filter)},
                 {"qos", number_value(static_cast<std::uint64_t>(qos))},
                 {"result", text_value(word(permission))}};
  if (!reason.empty()) fields.emplace_back("reason", text_value(reason));
  log_connection(*connection, "subscribe", std::move(fields));
  if (permission == Permission::kAllowed) subscriptions_[connection->facts.client_id][filter] = std::min(qos, 1);
  return permission;
}

void Service::unsubscribe(ConnectionKey key, const std::string& filter) {
  const Connection* connection = find(key);
  if (connection == nullptr) return;
  subscriptions_[connection->facts.client_id].erase(filter);
  log_connection(*connection, "unsubscribe", {{"filter", text_value(filter)}});
}

Permission Service::publish(ConnectionKey key, const Publication& publication) {
  Connection* connection = find(key);
  if (connection == nullptr) return Permission::kClose;
  connection->faults.clear();
  const auto request = parse_request_topic(publication.topic);
  Permission permission = Permission::kAllowed;
  std::string reason;
  const bool service_topic = publication.topic.starts_with("$aws/");
  if ((service_topic && publication.retain) || publication.bytes > kPayloadBytesMax ||
      !is_within_topic_limits(publication.topic)) {
    permission = Permission::kClose;
    reason = publication.retain ? "retain on $aws/" : "over a limit of the broker";
  } else if (is_answer_topic(publication.topic) || !allows(*connection, "iot:Publish", "topic/" + publication.topic)) {
    permission = denial(*connection);
    reason = "policy: iot:Publish";
  } else if (request) {
    connection->faults = faults_.next(point_of(request->operation));
    if (find_fault(connection->faults, FaultAction::kDeny) != nullptr) permission = denial(*connection);
    if (find_fault(connection->faults, FaultAction::kDisconnectBefore) != nullptr) permission = Permission::kClose;
    if (permission != Permission::kAllowed) reason = "fault: " + names_of(connection->faults);
  }
  Members fields{{"topic", text_value(publication.topic)}};
  if (request) fields.emplace_back("operation", text_value(simulator::word(request->operation)));
  fields.emplace_back("bytes", number_value(publication.bytes));
  fields.emplace_back("qos", number_value(static_cast<std::uint64_t>(publication.qos)));
  fields.emplace_back("result", text_value(word(permission)));
  if (!reason.empty()) fields.emplace_back("reason", text_value(reason));
  log_connection(*connection, "publish", std::move(fields));
  return permission;
}

// Requests are between a connection and the service; nobody listens in.
bool Service::may_receive(ConnectionKey key, const std::string& topic) const {
  const Connection* connection = find(key);
  if (connection == nullptr || parse_request_topic(topic)) return false;
  return is_answer_topic(topic) || allows(*connection, "iot:Receive", "topic/" + topic);
}

bool Service::too_many(Instant now) {
  if (!configuration_.rate) return false;
  if (now - rate_second_ >= std::chrono::seconds(1)) {
    rate_second_ = now;
    rate_count_ = 0;
  }
  return ++rate_count_ > *configuration_.rate;
}

Permission Service::message(ConnectionKey key, const std::string& topic, std::string_view payload, int subscriptions) {
  Connection* connection = find(key);
  const auto request = parse_request_topic(topic);
  if (connection == nullptr || !request) return Permission::kAllowed;
  if (subscriptions == 0) subscriptions_.erase(connection->facts.client_id);
  const Asker asker{connection->number, topic, *request, std::move(connection->faults)};
  connection->faults.clear();
  if (find_fault(asker.faults, FaultAction::kIgnore) != nullptr) {
    log_connection(*connection, "answer",
                   {{"topic", text_value(topic)}, {"result", text_value("none")}, {"fault", text_value("ignore")}});
    return Permission::kAllowed;
  }
  if (const Fault* reject = find_fault(asker.faults, FaultAction::kReject)) {
    answer(asker, tl::unexpected<Refusal>(reject->refusal));
  } else if (too_many(clocks_.steady())) {
    answer(asker, refuse(429, "TooManyRequests", "Rate exceeded."));
  } else if (request->operation == ServiceOperation::kRegister) {
    if (auto begun = begin_registration(asker, *connection, payload); !begun) {
      answer(asker, tl::unexpected<Refusal>(begun.error()));
    }
  } else if (request->operation == ServiceOperation::kCreateKeys && !operations_.keys_ready()) {
    awaiting_keys_.emplace_back(asker, std::string(payload));
  } else {
    answer(asker, create(asker, payload));
  }
  return find_fault(asker.faults, FaultAction::kDisconnectUnanswered) != nullptr ? Permission::kClose
                                                                                 : Permission::kAllowed;
}

Granted<Members> Service::create(const Asker& asker, std::string_view payload) {
  const auto request = Request::decode(payload, asker.request.encoding);
  if (!request) return refuse(400, "InvalidPayload", "The payload cannot be decoded.");
  IssueFaults faults;
  faults.other_key = find_fault(asker.faults, FaultAction::kWrongKey) != nullptr;
  faults.expired = find_fault(asker.faults, FaultAction::kExpired) != nullptr;
  faults.not_yet_valid = find_fault(asker.faults, FaultAction::kNotYetValid) != nullptr;
  if (asker.request.operation == ServiceOperation::kCreateKeys) return operations_.create_keys(faults, clocks_.wall());
  return operations_.create_from_csr(*request, faults, clocks_.wall());
}

Granted<void> Service::begin_registration(const Asker& asker, const Connection& connection, std::string_view payload) {
  const auto request = Request::decode(payload, asker.request.encoding);
  if (!request) return refuse(400, "InvalidPayload", "The payload cannot be decoded.");
  auto begun = operations_.begin_registration(asker.request.template_name, *request, clocks_.wall());
  if (!begun) return tl::unexpected<Refusal>(begun.error());
  ask_hook(asker, connection, std::move(*begun));
  return {};
}

void Service::ask_hook(const Asker& asker, const Connection& connection, Registration registration) {
  const std::uint64_t question = ++last_question_;
  HookEvent event;
  event.claim_certificate_id = connection.facts.certificate_id;
  event.certificate_id = registration.certificate_id;
  if (const auto* certificate = registry_.find_certificate(registration.certificate_id)) {
    event.certificate_pem = certificate->pem;
  }
  event.template_name = asker.request.template_name;
  event.client_id = connection.facts.client_id;
  event.parameters = registration.parameters;
  asked_.emplace(question, std::make_pair(asker, std::move(registration)));
  if (hook_ == nullptr) {
    finish_registration({question, configuration_.hook != "deny", {}, "the hook denies"});
  } else {
    hook_->ask(question, event);
  }
}

void Service::finish_registration(const HookAnswer& hook_answer) {
  const auto found = asked_.find(hook_answer.question);
  if (found == asked_.end()) return;
  auto [asker, registration] = std::move(found->second);
  asked_.erase(found);
  if (!hook_answer.allowed) {
    log_.write(clocks_.wall(), "hook",
               {{"connection", number_value(asker.connection)},
                {"result", text_value("denied")},
                {"reason", text_value(hook_answer.reason)}});
    answer(asker, refuse(403, "AccessDenied", "The pre-provisioning hook did not allow provisioning."));
    return;
  }
  for (const auto& [name, value] : hook_answer.parameter_overrides) registration.parameters[name] = value;
  answer(asker, operations_.finish_registration(registration, clocks_.wall()));
}

}  // namespace fleet_provision::simulator

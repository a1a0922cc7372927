// Requests: each runs its operation at once, waits for a key, or waits for the hook.
#include <utility>

#include "core/text.hpp"
#include "service/service.hpp"

namespace fleet_provision::simulator {

bool Service::exceeds_rate(Instant now) {
  if (!configuration_.rate) return false;
  if (now - rate_second_ >= std::chrono::seconds(1)) {
    rate_second_ = now;
    rate_count_ = 0;
  }
  return ++rate_count_ > *configuration_.rate;
}

Permission Service::message(ConnectionKey key, const std::string& topic, std::string_view payload, int subscriptions) {
  Connection* connection = find(key);
  const auto parsed_topic = parse_request_topic(topic);
  if (connection == nullptr || !parsed_topic) return Permission::kAllowed;
  if (subscriptions == 0) subscriptions_.erase(connection->client.client_id);
  PendingRequest request{connection->number, topic, *parsed_topic, std::exchange(connection->faults, {}), {}};
  if (has_fault(request.faults, FaultAction::kIgnore)) {
    log_connection(*connection, "answer",
                   {{"topic", text_value(topic)}, {"result", text_value("none")}, {"fault", text_value("ignore")}});
    return Permission::kAllowed;
  }
  const bool closes = has_fault(request.faults, FaultAction::kDisconnectUnanswered);
  carry_out(std::move(request), *connection, payload);
  return closes ? Permission::kClose : Permission::kAllowed;
}

void Service::carry_out(PendingRequest request, const Connection& connection, std::string_view payload) {
  const ServiceOperation operation = request.parsed_topic.operation;
  if (const Fault* fault = find_fault(request.faults, FaultAction::kReject)) {
    respond(request, tl::unexpected<Rejection>(fault->rejection));
  } else if (exceeds_rate(clocks_.steady())) {
    respond(request, reject(429, "TooManyRequests", "Rate exceeded."));
  } else if (operation == ServiceOperation::kRegister) {
    if (auto begun = begin_registration(request, connection, payload); !begun) {
      respond(request, tl::unexpected<Rejection>(begun.error()));
    }
  } else if (operation == ServiceOperation::kCreateKeys && !operations_.keys_ready()) {
    awaiting_keys_.emplace_back(std::move(request), std::string(payload));
  } else {
    respond(request, create(request, payload));
  }
}

Accepted<Members> Service::create(const PendingRequest& request, std::string_view payload) {
  const auto decoded = Request::decode(payload, request.parsed_topic.encoding);
  if (!decoded) return reject(400, "InvalidPayload", "The payload cannot be decoded.");
  const IssueFaults faults{.other_key = has_fault(request.faults, FaultAction::kWrongKey),
                           .expired = has_fault(request.faults, FaultAction::kExpired),
                           .not_yet_valid = has_fault(request.faults, FaultAction::kNotYetValid)};
  if (request.parsed_topic.operation == ServiceOperation::kCreateKeys) {
    return operations_.create_keys(faults, clocks_.wall());
  }
  return operations_.create_from_csr(*decoded, faults, clocks_.wall());
}

Accepted<void> Service::begin_registration(const PendingRequest& request, const Connection& connection,
                                           std::string_view payload) {
  const auto decoded = Request::decode(payload, request.parsed_topic.encoding);
  if (!decoded) return reject(400, "InvalidPayload", "The payload cannot be decoded.");
  FP_ACCEPT_ASSIGN(auto registration,
                   operations_.begin_registration(request.parsed_topic.template_name, *decoded, clocks_.wall()));
  ask_hook(request, connection, std::move(registration));
  return {};
}

void Service::ask_hook(const PendingRequest& request, const Connection& connection, Registration registration) {
  const std::uint64_t question = ++last_question_;
  HookEvent event;
  event.claim_certificate_id = connection.client.certificate_id;
  event.certificate_id = registration.certificate_id;
  if (const auto* certificate = registry_.find_certificate(registration.certificate_id)) {
    event.certificate_pem = certificate->pem;
  }
  event.template_name = request.parsed_topic.template_name;
  event.client_id = connection.client.client_id;
  event.parameters = registration.parameters;
  awaiting_hook_.emplace(question, std::make_pair(request, std::move(registration)));
  if (hook_ != nullptr) {
    hook_->ask(question, event);
    return;
  }
  const bool allowed = configuration_.hook.kind != HookSetting::Kind::kDeny;
  finish_registration({question, allowed, {}, std::string(kHookDenies)});
}

// Names of overrides only: the event log has no values of parameters.
void Service::log_hook(const PendingRequest& request, const HookResponse& hook_response) {
  Members fields{{"connection", number_value(request.connection)}};
  if (const Connection* connection = find_number(request.connection)) {
    fields.emplace_back("clientId", text_value(connection->client.client_id));
  }
  fields.emplace_back("result", text_value(hook_response.allowed ? "allowed" : "denied"));
  if (!hook_response.allowed) fields.emplace_back("reason", text_value(hook_response.reason));
  std::vector<std::string> overrides;
  for (const auto& [name, value] : hook_response.parameter_overrides) overrides.push_back(printable(name));
  if (hook_response.allowed) fields.emplace_back("overrides", list_value(overrides));
  log_.write(clocks_.wall(), "hook", std::move(fields));
  const bool failed = !hook_response.allowed && hook_response.reason != kHookDenies;
  if (failed)
    log_.say("the hook failed, and the gateway was refused: " + hook_response.reason +
             "; its stderr is in run/mosquitto.log of the directory given by --state-dir");
}

void Service::finish_registration(const HookResponse& hook_response) {
  const auto found = awaiting_hook_.find(hook_response.question);
  if (found == awaiting_hook_.end()) return;
  auto [request, registration] = std::move(found->second);
  awaiting_hook_.erase(found);
  if (hook_ != nullptr || !hook_response.allowed) log_hook(request, hook_response);
  request.certificate_id = registration.certificate_id;
  if (!hook_response.allowed) {
    respond(request, reject(403, "AccessDenied", "The pre-provisioning hook did not allow provisioning."));
    return;
  }
  for (const auto& [name, value] : hook_response.parameter_overrides) registration.parameters[name] = value;
  respond(request, operations_.finish_registration(registration, clocks_.wall()));
}

}  // namespace fleet_provision::simulator

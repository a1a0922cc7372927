// Responses: their payload, whether and when they are delivered, and the faults that concern them.
#include <algorithm>
#include <utility>

#include "service/corruption.hpp"
#include "service/service.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr unsigned kTurnsBeforeClose = 2;
constexpr std::uint64_t kDuplicatesMax = 100;

Members error_document(const Rejection& rejection) {
  return {{"statusCode", Value{std::int64_t{rejection.status_code}}},
          {"errorCode", text_value(rejection.error_code)},
          {"errorMessage", text_value(rejection.error_message)}};
}

// The response topic `topic` of a request, in the other encoding.
std::string in_other_encoding(const std::string& request_topic, const std::string& topic) {
  const std::size_t level = request_topic.rfind('/') + 1;
  return topic.substr(0, level) + (request_topic.substr(level) == "json" ? "cbor" : "json") +
         topic.substr(request_topic.size());
}

std::uint64_t times_to_send(const std::vector<Fault>& faults) {
  const Fault* duplicate = find_fault(faults, FaultAction::kDuplicate);
  if (duplicate == nullptr) return 1;
  return duplicate->number == 0 ? 2 : std::min(duplicate->number, kDuplicatesMax);
}

}  // namespace

EncodeOptions Service::encode_options() const {
  return {.indefinite_maps = configuration_.behaviours.indefinite_cbor_maps, .indefinite_strings = false};
}

Service::Delivery Service::delivery_to(const Connection& connection, const std::string& topic) {
  int granted_qos = -1;
  if (const auto own = subscriptions_.find(connection.client.client_id); own != subscriptions_.end()) {
    for (const auto& [filter, qos] : own->second) {
      if (filter_matches(filter, topic)) granted_qos = std::max(granted_qos, qos);
    }
  }
  const bool subscribed = granted_qos >= 0;
  Delivery delivery{subscribed ? granted_qos : 1, subscribed, {}, {}};
  if (!subscribed && configuration_.behaviours.drop_unsubscribed) {
    delivery.obstacle = "not subscribed";
  } else if (auto denial = refused(connection, "iot:Receive", "topic/" + topic)) {
    delivery.obstacle = "policy: iot:Receive";
    delivery.denial = std::move(*denial);
  }
  return delivery;
}

void Service::respond(const PendingRequest& request, const Accepted<Members>& outcome) {
  const std::string topic = request.topic + (outcome ? "/accepted" : "/rejected");
  std::string payload = encode_corrupted(outcome ? *outcome : error_document(outcome.error()),
                                         request.parsed_topic.encoding, encode_options(), request.faults);
  const std::size_t bytes = payload.size();
  const Delivered delivered = deliver(request, topic, std::move(payload));
  log_response(request, outcome, topic, bytes, delivered);
  if (delivered.unsubscribed) warn_unsubscribed(request, topic);
}

void Service::log_response(const PendingRequest& request, const Accepted<Members>& outcome, const std::string& topic,
                           std::size_t bytes, const Delivered& delivered) {
  Members fields{{"connection", number_value(request.connection)}};
  if (const Connection* connection = find_number(request.connection)) {
    fields.emplace_back("clientId", text_value(connection->client.client_id));
  }
  fields.emplace_back("topic", text_value(topic));
  fields.emplace_back("operation", text_value(simulator::word(request.parsed_topic.operation)));
  if (!outcome) {
    for (auto& member : error_document(outcome.error())) fields.push_back(std::move(member));
  } else {
    if (!request.certificate_id.empty()) fields.emplace_back("certificateId", text_value(request.certificate_id));
    for (const auto& [name, value] : *outcome) {
      if (name == "certificateId" || name == "thingName") fields.emplace_back(name, value);
    }
  }
  if (!request.faults.empty()) fields.emplace_back("fault", text_value(names_of(request.faults)));
  fields.emplace_back("bytes", number_value(bytes));
  fields.emplace_back("result", text_value(delivered.result));
  fields.insert(fields.end(), delivered.denial.begin(), delivered.denial.end());
  if (delivered.unsubscribed) fields.emplace_back("unsubscribed", Value{true});
  log_.write(clocks_.wall(), "answer", std::move(fields));
}

// AWS documents that such a response may be lost, and has been observed to deliver it (docs/service.md, "The
// exchange").
void Service::warn_unsubscribed(const PendingRequest& request, const std::string& topic) {
  const Connection* connection = find_number(request.connection);
  const std::string client_id = connection == nullptr ? std::string() : connection->client.client_id;
  log_.warn(clocks_.wall(), {{"connection", number_value(request.connection)}, {"clientId", text_value(client_id)}},
            "client ID " + client_id + " got the response on " + topic +
                " without having subscribed to it, and AWS does not promise to deliver such a response; to have it "
                "dropped here, use --behaviour unsubscribed=drop");
}

// Schedules the response and what faults add to it.
Service::Delivered Service::deliver(const PendingRequest& request, const std::string& topic, std::string payload) {
  const Connection* connection = find_number(request.connection);
  if (connection == nullptr || !connection->closing.empty()) return {.result = "connection gone"};
  if (has_fault(request.faults, FaultAction::kDrop) || has_fault(request.faults, FaultAction::kDisconnectUnanswered)) {
    return {.result = "dropped"};
  }
  const std::string& client_id = connection->client.client_id;
  Instant at = clocks_.steady();
  if (const Fault* delay = find_fault(request.faults, FaultAction::kDelay)) at += Milliseconds(delay->number);
  Delivery delivery = delivery_to(*connection, topic);
  if (delivery.obstacle.empty()) {
    Effect response{Effect::Kind::kSend, client_id, topic, std::move(payload), delivery.qos};
    for (auto& effect : effects_of(request, std::move(response))) {
      scheduled_.push_back({at, request.connection, std::move(effect), 0});
    }
  }
  if (has_fault(request.faults, FaultAction::kDisconnectAfter)) {
    Effect close{Effect::Kind::kClose, client_id, {}, {}, 0};
    scheduled_.push_back({at, request.connection, std::move(close), kTurnsBeforeClose});
  }
  if (!delivery.obstacle.empty()) {
    return {.result = "not sent: " + delivery.obstacle, .denial = std::move(delivery.denial)};
  }
  return {.result = "sent", .unsubscribed = !delivery.subscribed};
}

// The response with what the faults stale, duplicate, both and other-topic make of it, in the order of sending.
std::vector<Effect> Service::effects_of(const PendingRequest& request, Effect response) const {
  std::vector<Effect> effects;
  if (has_fault(request.faults, FaultAction::kStale)) {
    Effect stale = response;
    stale.topic = request.topic + "/accepted";
    stale.payload = stale_payload(request);
    effects.push_back(std::move(stale));
  }
  const bool accepted = response.topic == request.topic + "/accepted";
  if (const Fault* other = find_fault(request.faults, FaultAction::kOtherTopic)) {
    response.topic = other->text.empty() ? in_other_encoding(request.topic, response.topic) : other->text;
  }
  effects.insert(effects.end(), static_cast<std::size_t>(times_to_send(request.faults)), response);
  if (has_fault(request.faults, FaultAction::kBoth)) {
    Effect opposite = std::move(response);
    opposite.topic = request.topic + (accepted ? "/rejected" : "/accepted");
    opposite.payload = encode(accepted ? error_document({500, "InternalFailure", kFaultMessage}) : Members{},
                              request.parsed_topic.encoding);
    effects.push_back(std::move(opposite));
  }
  return effects;
}

// A response that was meant for another device: a certificate for its key, or its thing name.
std::string Service::stale_payload(const PendingRequest& request) const {
  if (request.parsed_topic.operation == ServiceOperation::kRegister) {
    return encode({{"deviceConfiguration", Value{Members{}}}, {"thingName", text_value("another-device")}},
                  request.parsed_topic.encoding, encode_options());
  }
  const IssueFaults faults{.other_key = true};
  const auto other = operations_.create_keys(faults, clocks_.wall());
  return other ? encode(*other, request.parsed_topic.encoding, encode_options()) : std::string();
}

std::vector<Effect> Service::due() {
  std::vector<Effect> effects = close_expired_claims();
  while (!awaiting_keys_.empty() && operations_.keys_ready()) {
    const auto [request, payload] = std::move(awaiting_keys_.front());
    awaiting_keys_.pop_front();
    respond(request, create(request, payload));
  }
  if (hook_ != nullptr) {
    for (const auto& hook_response : hook_->responses()) finish_registration(hook_response);
  }
  const Instant now = clocks_.steady();
  std::stable_sort(scheduled_.begin(), scheduled_.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  std::vector<Scheduled> later;
  for (auto& each : scheduled_) {
    if (each.at > now) {
      later.push_back(std::move(each));
    } else if (each.turns != 0) {
      --each.turns;
      later.push_back(std::move(each));
    } else if (find_number(each.connection) != nullptr) {
      effects.push_back(std::move(each.effect));
    }
  }
  scheduled_ = std::move(later);
  return effects;
}

}  // namespace fleet_provision::simulator

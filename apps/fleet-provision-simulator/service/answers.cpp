// The model's answers: what is sent, to whom, when, and how it is spoiled on purpose. The rest of Service is
// service.cpp.
#include <algorithm>
#include <utility>

#include "service/service.hpp"
#include "service/spoil.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr unsigned kTurnsBeforeClose = 2;
constexpr std::uint64_t kDuplicatesMax = 100;

Members error_document(const Refusal& refusal) {
  return {{"statusCode", Value{static_cast<std::int64_t>(refusal.status_code)}},
          {"errorCode", text_value(refusal.error_code)},
          {"errorMessage", text_value(refusal.error_message)}};
}

// The same answer topic of a request in the other encoding.
std::string other_encoding(const std::string& request_topic, const std::string& topic) {
  const std::size_t level = request_topic.rfind('/') + 1;
  return topic.substr(0, level) + (request_topic.substr(level) == "json" ? "cbor" : "json") +
         topic.substr(request_topic.size());
}

}  // namespace

bool Service::can_deliver(const Connection& connection, const std::string& topic, int& qos,
                          std::string& why_not) const {
  qos = -1;
  if (const auto own = subscriptions_.find(connection.facts.client_id); own != subscriptions_.end()) {
    for (const auto& [filter, granted] : own->second) {
      if (filter_matches(filter, topic)) qos = std::max(qos, granted);
    }
  }
  if (qos < 0) {
    if (!configuration_.behaviours.deliver_unsubscribed) why_not = "not subscribed";
    qos = 1;
  }
  if (why_not.empty() && !allows(connection, "iot:Receive", "topic/" + topic)) why_not = "policy: iot:Receive";
  return why_not.empty();
}

void Service::answer(const Asker& asker, const Granted<Members>& outcome) {
  Connection* connection = find_number(asker.connection);
  Members fields{{"connection", number_value(asker.connection)}};
  if (connection != nullptr) fields.emplace_back("clientId", text_value(connection->facts.client_id));
  const std::string topic = asker.topic + (outcome ? "/accepted" : "/rejected");
  fields.emplace_back("topic", text_value(topic));
  fields.emplace_back("operation", text_value(simulator::word(asker.request.operation)));
  if (!outcome) {
    for (auto& member : error_document(outcome.error())) fields.push_back(std::move(member));
  } else {
    for (const auto& [name, value] : *outcome) {
      if (name == "certificateId" || name == "thingName") fields.emplace_back(name, value);
    }
  }
  if (!asker.faults.empty()) fields.emplace_back("fault", text_value(names_of(asker.faults)));

  EncodeOptions options;
  options.indefinite_maps = configuration_.behaviours.indefinite_cbor_maps;
  std::string payload = encode_spoiled(outcome ? *outcome : error_document(outcome.error()), asker.request.encoding,
                                       options, asker.faults);
  const std::size_t bytes = payload.size();
  std::string result = "sent";
  if (connection == nullptr) {
    result = "connection gone";
  } else if (find_fault(asker.faults, FaultAction::kDrop) != nullptr ||
             find_fault(asker.faults, FaultAction::kDisconnectUnanswered) != nullptr) {
    result = "dropped";
  } else {
    schedule_answer(asker, *connection, topic, std::move(payload), result);
  }
  fields.emplace_back("bytes", number_value(bytes));
  fields.emplace_back("result", text_value(result));
  log_.write(clocks_.wall(), "answer", std::move(fields));
}

// One answer, or several, now or later; then perhaps the end of the connection.
void Service::schedule_answer(const Asker& asker, Connection& connection, const std::string& topic, std::string payload,
                              std::string& result) {
  int qos = 1;
  std::string why_not;
  Instant at = clocks_.steady();
  if (const Fault* delay = find_fault(asker.faults, FaultAction::kDelay)) at += Milliseconds(delay->number);
  if (!can_deliver(connection, topic, qos, why_not)) {
    result = "not sent: " + why_not;
  } else {
    Effect effect{Effect::Kind::kSend, connection.facts.client_id, topic, std::move(payload), qos};
    if (const Fault* other = find_fault(asker.faults, FaultAction::kOtherTopic)) {
      effect.topic = other->text.empty() ? other_encoding(asker.topic, topic) : other->text;
    }
    if (find_fault(asker.faults, FaultAction::kStale) != nullptr) {
      Effect stale = effect;
      stale.topic = asker.topic + "/accepted";
      stale.payload = stale_payload(asker);
      scheduled_.push_back({at, connection.number, std::move(stale), 0});
    }
    std::uint64_t times = 1;
    if (const Fault* twice = find_fault(asker.faults, FaultAction::kDuplicate)) {
      times = twice->number == 0 ? 2 : std::min(twice->number, kDuplicatesMax);
    }
    for (std::uint64_t i = 0; i < times; ++i) scheduled_.push_back({at, connection.number, effect, 0});
    if (find_fault(asker.faults, FaultAction::kBoth) != nullptr) {
      const bool accepted = topic == asker.topic + "/accepted";
      effect.topic = asker.topic + (accepted ? "/rejected" : "/accepted");
      effect.payload = encode(
          accepted ? error_document({500, "InternalFailure", "Rejected by the simulator as it was told."}) : Members{},
          asker.request.encoding);
      scheduled_.push_back({at, connection.number, std::move(effect), 0});
    }
  }
  if (find_fault(asker.faults, FaultAction::kDisconnectAfter) != nullptr) {
    scheduled_.push_back(
        {at, connection.number, {Effect::Kind::kClose, connection.facts.client_id, {}, {}, 0}, kTurnsBeforeClose});
  }
}

// What another device was told: a certificate for another key, or another thing's name.
std::string Service::stale_payload(const Asker& asker) const {
  EncodeOptions options;
  options.indefinite_maps = configuration_.behaviours.indefinite_cbor_maps;
  if (asker.request.operation == ServiceOperation::kRegister) {
    return encode({{"deviceConfiguration", Value{Members{}}}, {"thingName", text_value("another-device")}},
                  asker.request.encoding, options);
  }
  IssueFaults faults;
  faults.other_key = true;
  const auto other = operations_.create_keys(faults, clocks_.wall());
  return other ? encode(*other, asker.request.encoding, options) : std::string();
}

std::vector<Effect> Service::due() {
  while (!awaiting_keys_.empty() && operations_.keys_ready()) {
    const auto [asker, payload] = std::move(awaiting_keys_.front());
    awaiting_keys_.pop_front();
    answer(asker, create(asker, payload));
  }
  if (hook_ != nullptr) {
    for (const auto& hook_answer : hook_->answers()) finish_registration(hook_answer);
  }
  const Instant now = clocks_.steady();
  std::vector<Effect> effects;
  std::stable_sort(scheduled_.begin(), scheduled_.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  std::vector<Scheduled> later;
  for (auto& each : scheduled_) {
    if (each.at > now) {
      later.push_back(std::move(each));
    } else if (each.turns != 0) {
      --each.turns;
      later.push_back(std::move(each));
    } else if (find_number(each.connection) != nullptr) {
      // Only ever to the connection that asked.
      effects.push_back(std::move(each.effect));
    }
  }
  scheduled_ = std::move(later);
  return effects;
}

}  // namespace fleet_provision::simulator

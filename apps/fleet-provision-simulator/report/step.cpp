#include "report/step.hpp"

#include "report/problem.hpp"

namespace fleet_provision::simulator {

namespace {

void add_number(Step& step, const Event& event, const char* field, const std::string& before,
                const std::string& after = {}) {
  if (const auto number = event.number(field)) step.facts.push_back(before + std::to_string(*number) + after);
}

void add_text(Step& step, const Event& event, const char* field, const std::string& before) {
  if (const std::string text = event.text(field); !text.empty()) step.facts.push_back(before + text);
}

// A packet of the gateway, with what the service made of it.
void judge(Step& step, const Event& event, const Connection& connection) {
  step.problem = denial_problem(event, connection);
  step.outcome = event.text("result");
  step.arrives = !step.problem;
  if (!step.problem) {
    step.tone = Tone::kGood;
    return;
  }
  step.tone = step.problem->tone;
  const std::string reason = event.text("reason");
  if (step.outcome == "closed") step.outcome = is_policy_reason(reason) ? "denied, closed" : "closed";
  if (step.outcome == "not-authorized") step.outcome = "not authorized";
}

void connect_step(Step& step, const Event& event, const Connection& connection) {
  step.direction = Direction::kToService;
  step.title = "CONNECT";
  step.subject = event.text("clientId");
  add_text(step, event, "mqttVersion", "MQTT ");
  const std::string principal = event.text("principal");
  if (principal == "unknown") {
    step.facts.emplace_back(event.text("certificateId").empty() ? "no certificate" : "unknown certificate");
  } else if (!principal.empty()) {
    step.facts.push_back(principal + " certificate " + short_id(event.text("certificateId")));
  }
  add_text(step, event, "thingName", "thing ");
  judge(step, event, connection);
}

void publish_step(Step& step, const Event& event, const Connection& connection) {
  step.direction = Direction::kToService;
  const std::string operation = event.text("operation");
  step.title = operation.empty() ? "PUBLISH" : "PUBLISH " + operation;
  step.subject = event.text("topic");
  add_number(step, event, "bytes", "", " bytes");
  add_number(step, event, "qos", "QoS ");
  judge(step, event, connection);
}

std::string answer_outcome(const Event& event) {
  const auto status = event.number("statusCode");
  const std::string result = event.text("result");
  if (result == "none") return "no response";
  std::string outcome = status ? std::to_string(*status) + " " + event.text("errorCode") : "accepted";
  if (event.is_true("unsubscribed")) outcome += ", not subscribed";
  if (result != "sent") outcome += ", " + result;
  return outcome;
}

void answer_step(Step& step, const Event& event, const Connection& connection) {
  step.direction = Direction::kToGateway;
  const std::string operation = event.text("operation");
  step.title = operation.empty() ? "response" : "response to " + operation;
  step.subject = event.text("topic");
  add_number(step, event, "bytes", "", " bytes");
  if (const std::string id = event.text("certificateId"); !id.empty()) {
    step.facts.push_back("certificate " + short_id(id));
  }
  add_text(step, event, "thingName", "thing ");
  add_text(step, event, "fault", "fault ");
  add_text(step, event, "errorMessage", "");
  step.outcome = answer_outcome(event);
  step.arrives = event.text("result") == "sent";
  step.problem = answer_problem(event, connection);
  const Step* before = connection.steps.empty() ? nullptr : &connection.steps.back();
  if (before != nullptr && before->title == "hook" && before->tone == Tone::kFailure && event.number("statusCode")) {
    // The hook's problem says it already.
    step.problem.reset();
    step.tone = Tone::kFailure;
    return;
  }
  step.tone = step.problem ? step.problem->tone : event.is_true("unsubscribed") ? Tone::kWarning : Tone::kGood;
}

void hook_step(Step& step, const Event& event) {
  step.title = "hook";
  step.outcome = event.text("result");
  for (const auto& name : event.texts("overrides")) step.facts.push_back("overrides " + name);
  step.problem = hook_problem(event);
  step.tone = step.problem ? step.problem->tone : Tone::kGood;
}

void disconnect_step(Step& step, const Event& event) {
  const std::string reason = event.text("reason");
  step.title = "end of connection";
  step.outcome = reason;
  step.problem = disconnect_problem(event);
  if (step.problem) step.tone = step.problem->tone;
}

void warning_step(Step& step, const Event& event) {
  step.title = "warning";
  step.tone = Tone::kWarning;
  step.problem = Problem{Tone::kWarning, event.text("text"), {}};
}

}  // namespace

std::string short_id(const std::string& certificate_id) {
  constexpr std::size_t kShown = 10;
  return certificate_id.size() <= kShown + 1 ? certificate_id : certificate_id.substr(0, kShown) + "…";
}

Step step_of(const Event& event, const Connection& connection) {
  Step step;
  step.time = event.time;
  step.at = event.at;
  switch (event.kind) {
    case EventKind::kConnect: connect_step(step, event, connection); break;
    case EventKind::kSubscribe:
      step.direction = Direction::kToService;
      step.title = "SUBSCRIBE";
      step.subject = event.text("filter");
      add_number(step, event, "qos", "QoS ");
      judge(step, event, connection);
      break;
    case EventKind::kUnsubscribe:
      step.direction = Direction::kToService;
      step.title = "UNSUBSCRIBE";
      step.subject = event.text("filter");
      break;
    case EventKind::kPublish: publish_step(step, event, connection); break;
    case EventKind::kAnswer: answer_step(step, event, connection); break;
    case EventKind::kReceive:
      // A message of another client.
      step.direction = Direction::kToGateway;
      step.title = "message";
      step.subject = event.text("topic");
      judge(step, event, connection);
      break;
    case EventKind::kHook: hook_step(step, event); break;
    case EventKind::kDisconnect: disconnect_step(step, event); break;
    case EventKind::kWarning: warning_step(step, event); break;
    case EventKind::kStart:
    case EventKind::kExpire:
    case EventKind::kOther:
      step.title = event.name;
      step.outcome = event.text("result");
      break;
  }
  return step;
}

}  // namespace fleet_provision::simulator

#include "workflow/run/exchange.hpp"

#include <algorithm>
#include <utility>

#include "aws/policy_hint.hpp"
#include "aws/rejection.hpp"
#include "codec/payload.hpp"
#include "core/text.hpp"
#include "core/verdict.hpp"

namespace fleet_provision {
namespace {

Phase phase_of(Operation operation) {
  return operation == Operation::kRegisterThing ? Phase::kRegister : Phase::kCreate;
}

Failure rejected(Operation operation, ErrorKind kind, const ServiceError& words, const Plan& plan) {
  // The service's text is not cut, only made printable.
  const std::size_t limit = 4 * (words.error_code.size() + words.error_message.size());
  Failure failure =
      fail(kind,
           "the service rejected " + std::string(word(operation)) + ": " + std::to_string(words.status_code) + " " +
               printable(words.error_code, limit) + ": " + printable(words.error_message, limit),
           rejection_hint(operation, kind, words, plan))
          .in(phase_of(operation));
  failure.value().service = words;
  return failure;
}

PolicyNeed publish_need(const Topics& topics) {
  return {"iot:Publish", {"topic/" + topics.request}};
}

PolicyNeed subscribe_need(const std::vector<std::string>& filters) {
  PolicyNeed need{"iot:Subscribe", {}};
  for (const std::string& each : filters) need.resources.push_back("topicfilter/" + each);
  return need;
}

/// An error of the session during `operation`: sets the phase, and adds the denied policy statement to a denial.
Error during(Operation operation, const Topics& topics, const Plan& plan, Error error) {
  error.phase = phase_of(operation);
  error.need = publish_need(topics);
  if (error.kind == ErrorKind::kPolicyPublish) {
    error.hint = allow_hint(plan.principal, *error.need, scope_or_placeholders(plan.endpoint.host));
  }
  return error;
}

Result<Message> silence() {
  return fail(ErrorKind::kNoAnswer, "no answer");
}

}  // namespace

Exchange::Exchange(Session& session, Clock& clock, Observer& observer, const Plan& plan, const Limits& limits)
    : session_(session), clock_(clock), observer_(observer), plan_(plan), limits_(limits) {}

Result<ConnectionFacts> Exchange::open(Subscribing subscribing) {
  auto facts = session_.established();
  if (!facts) return fail(std::move(facts).error().in(Phase::kMqtt));
  const Topics create = topics_of(create_operation(plan_.method), plan_.payload_format, plan_.template_name);
  const Topics provision = topics_of(Operation::kRegisterThing, plan_.payload_format, plan_.template_name);
  const std::vector<std::string> all{create.accepted, create.rejected, provision.accepted, provision.rejected};
  if (subscribing == Subscribing::kAtOnce) {
    FP_TRY(subscribe(all));
    return facts;
  }
  for (const std::string& each : all) FP_TRY(subscribe({each}));
  return facts;
}

Result<void> Exchange::subscribe(const std::vector<std::string>& filters) {
  auto subscribed = session_.subscribe(filters);
  if (subscribed) return {};
  Error error = std::move(subscribed).error();
  if (!error.phase) error.phase = Phase::kSubscribe;
  error.need = subscribe_need(filters);
  if (error.kind == ErrorKind::kPolicySubscribe && error.hint.empty()) {
    error.hint = allow_hint(plan_.principal, *error.need, scope_or_placeholders(plan_.endpoint.host));
  }
  return fail(std::move(error));
}

Result<Secret> Exchange::ask(Operation operation, std::string_view payload) {
  const Topics topics = topics_of(operation, plan_.payload_format, plan_.template_name);
  auto sent = session_.publish(topics.request, payload);
  if (!sent) return fail(during(operation, topics, plan_, std::move(sent).error()));
  answer_deadline_ = std::min(clock_.now() + limits_.request_timeout, limits_.run_deadline);
  return await(operation, topics);
}

Result<Secret> Exchange::await_another(Operation operation) {
  answer_deadline_ = std::min(answer_deadline_, clock_.now() + kBetterAnswerPatience);
  return await(operation, topics_of(operation, plan_.payload_format, plan_.template_name));
}

Result<Secret> Exchange::await(Operation operation, const Topics& topics) {
  for (;;) {
    // Messages that are ignored do not prolong the wait.
    auto message = clock_.now() < answer_deadline_ ? session_.receive(answer_deadline_) : silence();
    if (!message && message.error().kind == ErrorKind::kNoAnswer) {
      return unanswered(operation, topics);
    }
    if (!message) return fail(during(operation, topics, plan_, std::move(message).error()));
    if (taken_before(*message)) {
      observer_.detail("ignored a repeated response on " + message->topic);
      continue;
    }
    if (message->topic != topics.accepted && message->topic != topics.rejected) {
      observer_.warned("ignored an unexpected message on " + printable(message->topic, 300));
      continue;
    }
    if (message->topic == topics.accepted) {
      // Each accepted response holds a token or names of its own; two equal ones are duplicates. Rejections may be
      // equal.
      taken_.push_back(Message{message->topic, message->payload.duplicate()});
      return std::move(message->payload);
    }

    auto words = decode_rejected(message->payload.reveal(), plan_.payload_format);
    if (!words) return fail(std::move(words).error().in(phase_of(operation)));
    const auto kind = classify(*words);
    if (kind) return rejected(operation, *kind, *words, plan_);
    observer_.detail("the service is still processing " + std::string(word(operation)));
  }
}

Failure Exchange::unanswered(Operation operation, const Topics& topics) {
  std::string message = "no response to " + std::string(word(operation)) + " on " + topics.accepted +
                        " or …/rejected " +
                        within_text(limits_.request_timeout, answer_deadline_ == limits_.run_deadline);
  const std::optional<bool> acknowledged = session_.acknowledged();
  if (acknowledged) {
    message += *acknowledged ? ", though the request was acknowledged" : ", and the request was not acknowledged";
  }
  std::string hint =
      allow_hint(plan_.principal, {"iot:Receive", {"topic/" + topics.accepted, "topic/" + topics.rejected}},
                 scope_or_placeholders(plan_.endpoint.host)) +
      "; a throttled service does not respond either";
  if (acknowledged == false) hint += ", nor does a failed link";
  return fail(ErrorKind::kNoAnswer, std::move(message), std::move(hint)).in(phase_of(operation));
}

bool Exchange::taken_before(const Message& message) const {
  return std::any_of(taken_.begin(), taken_.end(), [&message](const Message& each) {
    return each.topic == message.topic && each.payload.reveal() == message.payload.reveal();
  });
}

}  // namespace fleet_provision

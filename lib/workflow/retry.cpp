#include "workflow/retry.hpp"

#include <utility>

#include "core/topics.hpp"

namespace fleet_provision {
namespace {

constexpr Milliseconds kClientIdRest{1'000};  // CONNECTs with one client id: one a second (service-facts 3.2)

/// The topics whose requests a phase sends.
std::string request_topic(Phase phase, const Plan& plan) {
  const Operation operation = phase == Phase::kRegister ? Operation::kRegisterThing : create_operation(plan.method);
  return topics_of(operation, plan.payload_format, plan.template_name).request;
}

Error refusal(ErrorKind kind, Phase step, const Plan& plan, Error closed) {
  const std::string running = ", three times running";
  closed.kind = kind;
  if (kind == ErrorKind::kPolicyPublish) {
    const std::string topic = request_topic(step, plan);
    closed.message = "the service closed the connection when " + topic + " was published" + running;
    closed.hint = "the claim's policy must allow iot:Publish on topic/" + topic;
  } else if (kind == ErrorKind::kPolicySubscribe) {
    closed.message = "the service closed the connection at SUBSCRIBE" + running;
    closed.hint = "the claim's policy must allow iot:Subscribe on topicfilter/" + request_topic(Phase::kCreate, plan) +
                  "/* and topicfilter/" + request_topic(Phase::kRegister, plan) + "/*";
  } else if (kind == ErrorKind::kIdentityRefused) {
    // Its hint names the client id already.
    closed.message = "the service closed the connection when the new identity connected" + running;
  } else if (kind == ErrorKind::kPolicyConnect) {
    closed.message = "the service closed the connection instead of answering CONNECT" + running;
    closed.hint =
        "check in this order: the claim certificate is ACTIVE, it belongs to this endpoint's account and region, it "
        "has "
        "a policy, and the policy allows iot:Connect on client/" +
        plan.client_id.value_or("fleet-provision-*");
  } else {
    closed.message = "the service closed the connection during the TLS handshake" + running;
    closed.hint = "check that the claim certificate is ACTIVE in this endpoint's account and region";
  }
  return closed;
}

bool interrupted(ErrorKind kind) {
  return kind == ErrorKind::kInterrupted || kind == ErrorKind::kTerminated;
}

}  // namespace

Retry::Retry(const Plan& plan, Instant run_deadline, std::optional<BackoffPolicy> waits)
    : plan_(plan), run_deadline_(run_deadline), waits_(waits), mqtt_version_(plan.mqtt_version) {}

Retry::Decision Retry::after(Error error, Milestone reached, unsigned attempt, Instant now, std::uint64_t random) {
  error = judged(std::move(error));
  if (error.kind == ErrorKind::kDeadline && last_) error = *last_;
  if (interrupted(error.kind)) return {std::move(error), std::nullopt};
  last_ = error;
  ++failures_;

  Milliseconds wait{0};
  switch (verdict(error.kind, reached)) {
    case Verdict::kGiveUp:
    case Verdict::kAskAgain: return {std::move(error), std::nullopt};
    case Verdict::kOlderMqtt:
      if (mqtt_version_ == MqttVersion::k311) return {std::move(error), std::nullopt};
      mqtt_version_ = MqttVersion::k311;
      break;
    case Verdict::kRetry:
      wait = backoff(failures_, random, waits_ ? *waits_ : backoff_policy(error.kind, plan_.timeout));
      break;
  }
  wait = std::max(wait, client_id_rest(error));
  const bool last_attempt = plan_.attempts && attempt >= *plan_.attempts;
  if (last_attempt || now + wait >= run_deadline_) return {std::move(error), std::nullopt};
  return {std::move(error), wait};
}

void Retry::progressed() {
  failures_ = 0;
  closes_ = 0;
  closed_step_.reset();
}

Error Retry::judged(Error error) {
  const bool soon = error.kind == ErrorKind::kConnectionLost && error.phase && error.closed_after &&
                    *error.closed_after <= kDenialWithin;
  const auto refused = soon ? refusal_of(*error.phase) : std::nullopt;
  if (!refused) {
    closes_ = 0;
    closed_step_.reset();
    return error;
  }
  closes_ = closed_step_ == error.phase ? closes_ + 1 : 1;
  closed_step_ = error.phase;
  if (closes_ < kClosesOfRefusal) {
    if (error.hint.empty()) error.hint = "a service that denies something may close the connection like this";
    return error;
  }
  const Phase phase = *error.phase;
  return refusal(*refused, phase, plan_, std::move(error));
}

Milliseconds Retry::client_id_rest(const Error& error) const {
  if (!plan_.client_id || !error.phase) return plan_.client_id ? kClientIdRest : Milliseconds{0};
  switch (*error.phase) {
    // No CONNECT had left yet.
    case Phase::kLoad:
    case Phase::kResolve:
    case Phase::kTcp:
    case Phase::kProxy:
    case Phase::kTls:
    case Phase::kKey:
    case Phase::kWait: return Milliseconds{0};
    case Phase::kMqtt:
    case Phase::kSubscribe:
    case Phase::kCreate:
    case Phase::kRegister:
    case Phase::kStore:
    case Phase::kVerify:
    case Phase::kOnSuccess: return kClientIdRest;
  }
  return kClientIdRest;
}

}  // namespace fleet_provision

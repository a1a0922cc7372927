#include "workflow/run/retry.hpp"

#include <algorithm>
#include <utility>

#include "aws/policy_hint.hpp"
#include "core/text.hpp"
#include "core/verdict.hpp"

namespace fleet_provision {
namespace {

/// A hint for a client ID from an option, which another gateway may use too.
std::string or_same_client_id(const Plan& plan) {
  if (!plan.client_id) return {};
  return "; if it does, check that no other gateway uses the client ID " + printable(*plan.client_id);
}

/// Whether `later` may be denied for the same reason as `earlier`: one filter after all four.
bool may_be_same_denial(const std::optional<PolicyNeed>& earlier, const std::optional<PolicyNeed>& later) {
  if (!earlier || !later) return true;
  return std::all_of(later->resources.begin(), later->resources.end(), [&earlier](const std::string& each) {
    return std::find(earlier->resources.begin(), earlier->resources.end(), each) != earlier->resources.end();
  });
}

std::string refusal_hint(const Error& closed, const Plan& plan) {
  if (!closed.need) return certificate_hint(plan.principal, plan.client_id.value_or("fleet-provision-*"));
  return allow_hint(plan.principal, *closed.need, scope_or_placeholders(plan.endpoint.host)) + or_same_client_id(plan);
}

/// The last close as a refusal: its message, and that it was not the first.
Error refusal(ErrorKind kind, Phase step, const Plan& plan, Error closed) {
  closed.kind = kind;
  closed.message += ", three times in succession";
  // Before SUBSCRIBE, and for a new identity, the hint of the error itself is more exact.
  const bool exact = step == Phase::kTls || step == Phase::kMqtt || kind == ErrorKind::kIdentityRefused;
  const bool keeps_hint = exact && !closed.hint.empty();
  if (!keeps_hint) closed.hint = refusal_hint(closed, plan);
  return closed;
}

}  // namespace

Retry::Retry(const Plan& plan, Instant run_deadline, std::optional<BackoffPolicy> waits)
    : plan_(plan), run_deadline_(run_deadline), waits_(waits), mqtt_version_(plan.mqtt_version) {}

Retry::Decision Retry::after(Error error, Milestone reached, unsigned attempt, Instant now, std::uint64_t random) {
  error = judged(std::move(error));
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
  const bool again = closed_step_ == error.phase && may_be_same_denial(closed_need_, error.need);
  closes_ = again ? closes_ + 1 : 1;
  closed_step_ = error.phase;
  closed_need_ = error.need;
  if (error.phase == Phase::kSubscribe) subscribing_ = Subscribing::kOneByOne;
  if (closes_ < kClosesOfRefusal) {
    if (error.hint.empty())
      error.hint = "if this repeats, check the policy: a denial may close the connection without a reason";
    return error;
  }
  const Phase phase = *error.phase;
  return refusal(*refused, phase, plan_, std::move(error));
}

Milliseconds Retry::client_id_rest(const Error& error) const {
  if (!plan_.client_id || !error.phase) return plan_.client_id ? kClientIdRest : Milliseconds{0};
  switch (*error.phase) {
    // In these phases no CONNECT was sent.
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

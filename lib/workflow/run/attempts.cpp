#include "workflow/run/attempts.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "workflow/run/phase_mark.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kClientIdRandomBytes = 8;

// The error for the limit does not explain why no certificate became an identity, so this adds the previous failure.
Error with_cause(Error error, const std::optional<Error>& before) {
  if (error.kind != ErrorKind::kCertificateLimit || !before) return error;
  error.message += "; the last attempt: " + before->message;
  if (!before->hint.empty()) error.hint = before->hint + "; then " + error.hint;
  return error;
}

}  // namespace

Attempts::Attempts(const Plan& plan, const Ports& ports, Outcome& outcome)
    : plan_(plan), ports_(ports), outcome_(outcome), deadline_(ports.clock.now() + plan.timeout) {}

Result<void> Attempts::delay_start() {
  if (delayed_ || plan_.splay.count() == 0) return {};
  delayed_ = true;
  const Instant began = ports_.clock.now();
  const auto wait =
      Milliseconds{static_cast<Milliseconds::rep>(random() % (static_cast<std::uint64_t>(plan_.splay.count()) + 1))};
  PhaseMark mark(ports_.observer, Phase::kWait, 1);
  auto slept = ports_.clock.sleep_until(began + wait);
  if (!slept) return fail(std::move(slept).error().in(Phase::kWait));
  mark.ended();
  deadline_ += ports_.clock.now() - began;
  return {};
}

Result<void> Attempts::until_done(const Once& once, const std::function<Milestone()>& reached,
                                  const std::function<bool(const Error&)>& is_worth_repeating) {
  Retry retry(plan_, deadline_);
  std::optional<Error> before;
  for (unsigned attempt = 1;; ++attempt) {
    const unsigned begun = outcome_.attempts;
    auto ended = once(retry, attempt);
    if (ended) return {};
    auto decision = retry.after(std::move(ended).error(), reached(), attempt, ports_.clock.now(), random());
    if (is_worth_repeating && !is_worth_repeating(decision.error)) decision.wait.reset();
    const bool stopped =
        decision.error.kind == ErrorKind::kInterrupted || decision.error.kind == ErrorKind::kTerminated;
    if (!stopped && outcome_.attempts > begun) {
      ports_.observer.attempt_failed(decision.error, attempt, decision.wait);
    }
    if (!decision.wait) return fail(with_cause(std::move(decision.error), before));
    before = decision.error;
    if (*decision.wait == Milliseconds{0}) continue;
    PhaseMark mark(ports_.observer, Phase::kWait, attempt);
    FP_TRY(ports_.clock.sleep_until(ports_.clock.now() + *decision.wait));
    mark.ended();
  }
}

ConnectRequest Attempts::claim_request(MqttVersion version, unsigned attempt) {
  return request(
      plan_.client_id.value_or("fleet-provision-" + to_hex(ports_.keysmith.random_bytes(kClientIdRandomBytes))),
      version, attempt);
}

ConnectRequest Attempts::request(std::string client_id, MqttVersion version, unsigned attempt) {
  ConnectRequest request;
  request.client_id = std::move(client_id);
  request.mqtt_version = version;
  request.attempt = attempt;
  request.request_timeout = plan_.request_timeout;
  request.run_deadline = deadline_;
  last_client_id_ = request.client_id;
  last_used_ = ports_.clock.now();
  return request;
}

Result<void> Attempts::await_client_id(const std::string& client_id) {
  if (client_id != last_client_id_) return {};
  const Instant free = last_used_ + kClientIdRest;
  if (ports_.clock.now() >= free) return {};
  return ports_.clock.sleep_until(free);
}

std::uint64_t Attempts::random() {
  std::uint64_t value = 0;
  const std::string bytes = ports_.keysmith.random_bytes(sizeof value);
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

}  // namespace fleet_provision

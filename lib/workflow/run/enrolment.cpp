#include "workflow/run/enrolment.hpp"

#include <algorithm>
#include <utility>

#include "aws/endpoint.hpp"
#include "core/text.hpp"
#include "core/verdict.hpp"
#include "workflow/run/connection.hpp"
#include "workflow/run/identity_proof.hpp"
#include "workflow/run/phase_mark.hpp"
#include "workflow/state/identity_files.hpp"

namespace fleet_provision {
namespace {

constexpr Milliseconds kClockPoll{1'000};
constexpr std::uint16_t kPlainMqtt = 1883;

}  // namespace

Result<void> Enrolment::run() {
  if (steps_.needs_network()) FP_TRY(prepare_connections());
  FP_TRY(open_given_key());
  FP_TRY(context_.attempts.until_done([this](Retry& retry, unsigned attempt) { return try_once(retry, attempt); },
                                      [this] { return milestone(steps_.progress()); }));
  context_.outcome.identity = std::get<Installed>(steps_.progress()).identity;
  return {};
}

/// Steps that can fail or take time without the network come first.
Result<void> Enrolment::prepare_connections() {
  FP_TRY(steps_.check_limit());
  FP_TRY(context_.vault.prepare());
  FP_TRY(context_.attempts.delay_start());
  FP_TRY(wait_for_clock());
  warn_early();
  return {};
}

/// Warns of problems that will probably make the run fail later.
void Enrolment::warn_early() {
  const Plan& plan = context_.plan;
  const Ports& ports = context_.ports;
  if (plan.endpoint.port == kPlainMqtt) {
    ports.observer.warned("port 1883 is for MQTT without TLS, which is not supported; AWS IoT uses 8883 and 443");
  }
  if (plan.on_success && ports.host != nullptr) {
    const auto may = ports.host->may_run(*plan.on_success);
    if (!may) ports.observer.warned(may.error().message + "; checked before the start");
  }
  if (is_legacy_aws_endpoint(plan.endpoint.host)) {
    ports.observer.warned("the endpoint " + plan.endpoint.host +
                          " has no -ats, and its certificate is no longer trusted; " + std::string(kEndpointCommand) +
                          " gives the right one");
  }
}

/// A given key or CSR is read before a connection is opened; a new key is generated while the connection is opened.
Result<void> Enrolment::open_given_key() {
  const Plan& plan = context_.plan;
  const bool given = plan.method == Method::kCsr && !std::holds_alternative<MakeKey>(plan.key_source);
  if (!given || !std::holds_alternative<Fresh>(steps_.progress())) return {};
  return steps_.advance({});
}

Result<void> Enrolment::wait_for_clock() {
  const Ports& ports = context_.ports;
  const WallTime valid_from = requester_.certificate.not_before;
  const WallTime floor = std::max<WallTime>(context_.plan.build_date, valid_from);
  if (ports.clock.wall_now() >= floor) return {};
  ports.observer.warned("the clock says " + rfc3339(ports.clock.wall_now()) + ", which is before " + rfc3339(floor) +
                        "; waiting for it to be set");
  PhaseMark mark(ports.observer, Phase::kWait, 1);
  while (ports.clock.wall_now() < floor) {
    if (ports.clock.now() >= context_.attempts.deadline()) {
      const std::string what = floor == valid_from
                                   ? std::string(certificate_of(context_.plan.principal)) + " becomes valid"
                                   : std::string("this program was built");
      return fail(
                 ErrorKind::kClockNotSet,
                 "the clock says " + rfc3339(ports.clock.wall_now()) + ", before " + what + " (" + rfc3339(floor) + ")",
                 "set the clock, e.g. by NTP, then rerun")
          .in(Phase::kWait);
    }
    FP_TRY(ports.clock.sleep_until(std::min(ports.clock.now() + kClockPoll, context_.attempts.deadline())));
  }
  mark.ended();
  return {};
}

/// A temporary claim may expire while the run retries; the service then closes connections without a reason.
Result<void> Enrolment::check_claim_expiration() {
  const WallTime now = context_.ports.clock.wall_now();
  const WallTime last = requester_.certificate.not_after;
  if (requester_.rotated || now < last) return {};
  return fail(ErrorKind::kClaimExpired,
              "the claim expired at " + rfc3339(last) + ", during this run; the local time is " + rfc3339(now),
              "get a new claim, e.g. with aws iot create-provisioning-claim, and rerun to resume; if the local time is "
              "wrong, set the clock")
      .in(Phase::kLoad);
}

/// What would be retried is final once the claim has expired.
Result<void> Enrolment::try_once(Retry& retry, unsigned attempt) {
  auto ended = install(retry, attempt);
  if (ended || !steps_.needs_network()) return ended;
  if (verdict(ended.error().kind, milestone(steps_.progress())) != Verdict::kRetry) return ended;
  const auto in_date = check_claim_expiration();
  if (in_date) return ended;
  Error expired = in_date.error();
  expired.message += "; the last attempt: " + ended.error().message;
  return fail(std::move(expired));
}

Result<void> Enrolment::install(Retry& retry, unsigned attempt) {
  std::optional<Connection> connection;
  bool counted = false;
  const auto count = [&] {
    if (!counted) ++context_.outcome.attempts;
    counted = true;
  };
  if (steps_.needs_network()) {
    FP_TRY(steps_.check_limit());
    FP_TRY(check_claim_expiration());
    count();
    connection.emplace(context_.plan, context_.ports, context_.attempts.claim_request(retry.mqtt_version(), attempt),
                       retry.subscribing());
  }
  while (!std::holds_alternative<Installed>(steps_.progress())) {
    if (steps_.awaits_proof()) {
      // The requester's session ends first, because only one session may exist at a time.
      connection.reset();
      count();
      FP_TRY(prove(retry, attempt));
      continue;
    }
    const bool offline = milestone(steps_.progress()) < Milestone::kKeyMade && context_.plan.method == Method::kCsr;
    FP_TRY(steps_.advance({attempt, connection ? &*connection : nullptr}));
    if (!offline) retry.progressed();
  }
  return {};
}

Result<void> Enrolment::prove(const Retry& retry, unsigned attempt) {
  const Identity& identity = std::get<Enrolled>(steps_.progress()).identity;
  FP_TRY_ASSIGN(const ConnectionFacts facts,
                prove_identity(context_, kPendingDirectory, identity, retry.mqtt_version(), attempt));
  if (!context_.outcome.connection) context_.outcome.connection = facts;
  return steps_.note_proof(attempt);
}

}  // namespace fleet_provision

#include "workflow/run/enrolment.hpp"

#include <algorithm>
#include <utility>

#include "aws/endpoint.hpp"
#include "core/text.hpp"
#include "workflow/run/connection.hpp"
#include "workflow/run/identity_proof.hpp"
#include "workflow/run/phase_mark.hpp"
#include "workflow/state/identity_files.hpp"

namespace fleet_provision {
namespace {

constexpr Milliseconds kClockPoll{1'000};

Error clock_not_set(WallTime now, WallTime floor, const std::string& floor_is) {
  return Error{ErrorKind::kClockNotSet,
               Phase::kWait,
               "the clock says " + rfc3339(now) + ", before " + floor_is + " (" + rfc3339(floor) + ")",
               "set the clock, e.g. by NTP, then rerun",
               std::nullopt,
               std::nullopt};
}

}  // namespace

Result<void> Enrolment::to_its_end(const CertificateFacts& asking) {
  if (steps_.needs_network()) {
    FP_TRY(steps_.check_limit());
    // The disk says no before the network hears of us.
    FP_TRY(vault_.prepare());
    FP_TRY(attempts_.spread_out());
    FP_TRY(wait_for_clock(asking.not_before));
    warn_early();
    if (is_legacy_aws_endpoint(plan_.endpoint.host)) {
      ports_.observer.warned("the endpoint " + plan_.endpoint.host +
                             " is of the kind without -ats, whose certificate is no longer trusted; " +
                             std::string(kEndpointCommand) + " tells the right one");
    }
  }
  FP_TRY(open_outside_key());
  FP_TRY(attempts_.until_done([this](Retry& retry, unsigned attempt) { return connect_and_go_on(retry, attempt); },
                              [this] { return milestone(steps_.progress()); }));
  outcome_.identity = std::get<Installed>(steps_.progress()).identity;
  return {};
}

/// What will go wrong as it looks now, but is not wrong yet.
void Enrolment::warn_early() {
  constexpr std::uint16_t kPlainMqtt = 1883;
  if (plan_.endpoint.port == kPlainMqtt) {
    ports_.observer.warned("port 1883 is that of MQTT without TLS, which is not spoken here; AWS IoT has 8883 and 443");
  }
  if (!plan_.on_success || ports_.host == nullptr) return;
  const auto may = ports_.host->may_run(*plan_.on_success);
  if (!may) ports_.observer.warned(may.error().message + "; this was checked at the start");
}

/// An outside key or CSR is read before the network is bothered; a key of our own is made while it connects.
Result<void> Enrolment::open_outside_key() {
  const bool outside = plan_.method == Method::kCsr && !std::holds_alternative<MakeKey>(plan_.key_source);
  if (!outside || !std::holds_alternative<Fresh>(steps_.progress())) return {};
  return steps_.step(nullptr, 1);
}

Result<void> Enrolment::wait_for_clock(WallTime asking_from) {
  const WallTime floor = std::max<WallTime>(plan_.build_date, asking_from);
  if (ports_.clock.wall_now() >= floor) return {};
  ports_.observer.warned("the clock says " + rfc3339(ports_.clock.wall_now()) + ", but it is at least " +
                         rfc3339(floor) + "; waiting for it to be set");
  PhaseMark mark(ports_.observer, Phase::kWait, 1);
  while (ports_.clock.wall_now() < floor) {
    if (ports_.clock.now() >= attempts_.deadline()) {
      return fail(clock_not_set(ports_.clock.wall_now(), floor,
                                floor == asking_from ? std::string(certificate_of(plan_.principal)) + " becomes valid"
                                                     : std::string("this program was built")));
    }
    FP_TRY(ports_.clock.sleep_until(std::min(ports_.clock.now() + kClockPoll, attempts_.deadline())));
  }
  mark.ended();
  return {};
}

Result<void> Enrolment::connect_and_go_on(Retry& retry, unsigned attempt) {
  std::optional<Connection> connection;
  bool counted = false;
  const auto count = [&] {
    if (!counted) ++outcome_.attempts;
    counted = true;
  };
  if (steps_.needs_network()) {
    FP_TRY(steps_.check_limit());
    count();
    connection.emplace(ports_.transport, attempts_.claim_request(retry.mqtt_version(), attempt), ports_.clock,
                       ports_.observer, plan_, retry.subscribing());
  }
  while (!std::holds_alternative<Installed>(steps_.progress())) {
    if (steps_.awaits_proof()) {
      // The claim's session ends first: only one lives at a time, and the service wants it so.
      connection.reset();
      count();
      FP_TRY(prove(retry, attempt));
      continue;
    }
    const bool offline = std::holds_alternative<Fresh>(steps_.progress()) && plan_.method == Method::kCsr;
    FP_TRY(steps_.step(connection ? &*connection : nullptr, attempt));
    if (!offline) retry.progressed();
  }
  return {};
}

Result<void> Enrolment::prove(const Retry& retry, unsigned attempt) {
  const Identity& identity = std::get<Enrolled>(steps_.progress()).identity;
  FP_TRY_ASSIGN(const ConnectionFacts facts,
                prove_identity(plan_, ports_, attempts_, kPendingDirectory, identity, retry.mqtt_version(), attempt));
  if (!outcome_.connection) outcome_.connection = facts;
  return steps_.proved();
}

}  // namespace fleet_provision

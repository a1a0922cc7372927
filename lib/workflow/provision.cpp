// The order of a run:
//
//   look        an identity for this very request is the end, without lock, claim or network
//   open        lock; a commit that was cut off is finished
//   resume      what an unfinished run left, as far as it fits
//   attempts    a connection each, "advance, save" until Installed, a wait between; with --verify one of them is made
//               as the new identity, before the commit
//   afterwards  what is owed once the identity is in its place
//
// All that is durable is the vault's; whether to try again is Retry's; the steps themselves are in Steps.
#include "workflow/provision.hpp"

#include <algorithm>
#include <utility>

#include "core/aws_endpoint.hpp"
#include "core/text.hpp"
#include "workflow/afterwards.hpp"
#include "workflow/attempts.hpp"
#include "workflow/connection.hpp"
#include "workflow/identity_files.hpp"
#include "workflow/phase_mark.hpp"
#include "workflow/request_digest.hpp"
#include "workflow/steps.hpp"
#include "workflow/vault.hpp"
#include "workflow/verify.hpp"

namespace fleet_provision {
namespace {

constexpr Milliseconds kClockPoll{1'000};

class Run {
 public:
  Run(const Plan& plan, const Ports& ports)
      : plan_(plan),
        ports_(ports),
        attempts_(plan, ports, outcome_),
        vault_(ports.disk, ports.keysmith, ports.observer, CommitDuties{plan.owner, plan.on_success.has_value()}),
        steps_(plan, ports, vault_, outcome_) {}

  Outcome to_its_end() {
    auto ended = whole();
    if (!ended) {
      steps_.settle(ended.error().kind);
      outcome_.kind = OutcomeKind::kFailed;
      outcome_.error = std::move(ended).error();
    }
    return std::move(outcome_);
  }

 private:
  Result<void> whole() {
    auto ready = load();
    if (!ready) return fail(std::move(ready).error().in(Phase::kLoad));
    const bool found = outcome_.identity && outcome_.kind != OutcomeKind::kFailed;
    if (!found) FP_TRY(make_identity());
    return finish_what_is_owed(plan_, ports_, vault_, attempts_, outcome_);
  }

  Result<void> make_identity() {
    if (steps_.needs_network()) {
      FP_TRY(steps_.check_limit());
      // The disk says no before the network hears of us.
      FP_TRY(vault_.prepare());
      FP_TRY(attempts_.spread_out());
      FP_TRY(wait_for_clock());
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
    outcome_.kind = OutcomeKind::kProvisioned;
    outcome_.identity = std::get<Installed>(steps_.progress()).identity;
    return {};
  }

  /// What will go wrong as it looks now, but is not wrong yet.
  void warn_early() {
    constexpr std::uint16_t kPlainMqtt = 1883;
    if (plan_.endpoint.port == kPlainMqtt) {
      ports_.observer.warned(
          "port 1883 is that of MQTT without TLS, which is not spoken here; AWS IoT has 8883 and 443");
    }
    if (!plan_.on_success || ports_.outside == nullptr) return;
    const auto may = ports_.outside->may_run(*plan_.on_success);
    if (!may) ports_.observer.warned(may.error().message + ", as it stands now");
  }

  Result<void> load() {
    PhaseMark mark(ports_.observer, Phase::kLoad, 1);
    FP_TRY_ASSIGN(const bool provisioned, look(OutcomeKind::kAlreadyProvisioned));
    if (!provisioned) {
      FP_TRY_ASSIGN(const bool unfinished, vault_.has_pending());
      // A claim that cannot be used leaves no trace; but a commit that was cut off needs no claim.
      if (!unfinished) FP_TRY(load_claim());
      FP_TRY_ASSIGN(const bool committed, vault_.open());
      FP_TRY_ASSIGN(const bool done, look_under_lock(committed));
      if (!done) {
        if (unfinished) FP_TRY(load_claim());
        FP_TRY(steps_.resume(claim_.fingerprint));
      }
    }
    mark.ended();
    return {};
  }

  /// True when the identity in place is for this request; an error when it is for another. Not with --force.
  Result<bool> look(OutcomeKind found_means) {
    if (plan_.force) return false;
    FP_TRY_ASSIGN(std::optional<Identity> identity, vault_.look());
    if (!identity) return false;
    if (!is_for(identity->request_digest, plan_, ports_.keysmith)) {
      const Error error = other_identity(*identity);
      outcome_.identity = std::move(identity);
      return fail(error);
    }
    outcome_.kind = found_means;
    outcome_.identity = std::move(identity);
    return true;
  }

  /// Once more with the lock held: another run may have come first, or a commit was finished just now.
  Result<bool> look_under_lock(bool committed) {
    if (!committed) return look(OutcomeKind::kAlreadyProvisioned);
    outcome_.resumed = true;
    if (!plan_.force) return look(OutcomeKind::kProvisioned);
    // The run with --force that was cut off is finished, unless this one asks for something else.
    FP_TRY_ASSIGN(std::optional<Identity> identity, vault_.look());
    if (!identity || !is_for(identity->request_digest, plan_, ports_.keysmith)) return false;
    outcome_.kind = OutcomeKind::kProvisioned;
    outcome_.identity = std::move(identity);
    return true;
  }

  [[nodiscard]] Error other_identity(const Identity& identity) const {
    std::string differs = "other parameters";
    if (identity.template_name != plan_.template_name) {
      differs = "template " + printable(identity.template_name, 80);
    } else if (identity.endpoint != plan_.endpoint.host) {
      differs = "endpoint " + printable(identity.endpoint, 260);
    }
    Error error;
    error.kind = ErrorKind::kOtherIdentity;
    error.message = ports_.disk.root() + " holds the identity of " +
                    (identity.thing_name ? "thing " + printable(*identity.thing_name)
                                         : "certificate " + printable(identity.certificate_id)) +
                    ", made for another request (" + differs + ")";
    error.hint = "give this gateway a --state-dir of its own, or replace the identity with --force";
    return error;
  }

  Result<void> load_claim() {
    FP_TRY_ASSIGN(claim_, ports_.transport.load_credentials());
    return {};
  }

  /// An outside key or CSR is read before the network is bothered; a key of our own is made while it connects.
  Result<void> open_outside_key() {
    const bool outside = plan_.method == Method::kCsr && !std::holds_alternative<MakeKey>(plan_.key_source);
    if (!outside || !std::holds_alternative<Fresh>(steps_.progress())) return {};
    return steps_.step(nullptr, 1);
  }

  Result<void> wait_for_clock() {
    const WallTime floor = std::max<WallTime>(plan_.build_date, claim_.not_before);
    if (ports_.clock.wall_now() >= floor) return {};
    ports_.observer.warned("the clock says " + rfc3339(ports_.clock.wall_now()) + ", but it is at least " +
                           rfc3339(floor) + "; waiting for it to be set");
    PhaseMark mark(ports_.observer, Phase::kWait, 1);
    while (ports_.clock.wall_now() < floor) {
      if (ports_.clock.now() >= attempts_.deadline()) return fail(clock_not_set(floor));
      FP_TRY(ports_.clock.sleep_until(std::min(ports_.clock.now() + kClockPoll, attempts_.deadline())));
    }
    mark.ended();
    return {};
  }

  [[nodiscard]] Error clock_not_set(WallTime floor) const {
    const bool by_claim = floor == claim_.not_before;
    return Error{ErrorKind::kClockNotSet,
                 Phase::kWait,
                 "the clock says " + rfc3339(ports_.clock.wall_now()) + ", before " +
                     (by_claim ? "the claim certificate becomes valid (" : "this program was built (") +
                     rfc3339(floor) + ")",
                 "set the clock, e.g. by NTP, and run again",
                 std::nullopt,
                 std::nullopt};
  }

  Result<void> connect_and_go_on(Retry& retry, unsigned attempt) {
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

  Result<void> prove(const Retry& retry, unsigned attempt) {
    const Identity& identity = std::get<Enrolled>(steps_.progress()).identity;
    FP_TRY_ASSIGN(const ConnectionFacts facts,
                  prove_identity(plan_, ports_, attempts_, kPendingDirectory, identity, retry.mqtt_version(), attempt));
    if (!outcome_.connection) outcome_.connection = facts;
    return steps_.proved();
  }

  const Plan& plan_;
  const Ports& ports_;
  Outcome outcome_;
  Attempts attempts_;
  Vault vault_;
  Steps steps_;
  CertificateFacts claim_;
};

}  // namespace

Outcome provision(const Plan& plan, const Ports& ports) {
  return Run(plan, ports).to_its_end();
}

}  // namespace fleet_provision

#include "workflow/check.hpp"

#include <array>
#include <functional>
#include <memory>
#include <utility>

#include "codec/payload.hpp"
#include "core/text.hpp"
#include "core/topics.hpp"
#include "workflow/attempts.hpp"
#include "workflow/exchange.hpp"
#include "workflow/request_digest.hpp"
#include "workflow/vault.hpp"

namespace fleet_provision {
namespace {

constexpr unsigned kOthersMayRead = 044;

struct Step {
  Phase phase;
  const char* name;
};
constexpr std::array kWay{Step{Phase::kResolve, "name"}, Step{Phase::kTcp, "tcp"},      Step{Phase::kProxy, "proxy"},
                          Step{Phase::kTls, "tls"},      Step{Phase::kMqtt, "connect"}, Step{Phase::kSubscribe, "subscribe"}};

double milliseconds(Instant from, Instant to) { return std::chrono::duration<double, std::milli>(to - from).count(); }

/// A connection with its answer topics, closed on every way out.
struct Live {
  Live(const Plan& plan, const Ports& ports, const ConnectRequest& request)
      : session(ports.transport.connect(request)),
        exchange(*session, ports.clock, ports.observer, plan, {request.request_timeout, request.run_deadline}) {}
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;
  ~Live() { session->close(); }

  std::unique_ptr<Session> session;
  Exchange exchange;
};

class Checks {
 public:
  Checks(const Plan& plan, const Ports& ports, PhaseLog& log) : plan_(plan), ports_(ports), log_(log), attempts_(plan, ports, outcome_) {}

  Outcome all(bool probe) {
    examine("configuration", [this] { return configuration(); });
    const bool claim = examine("claim", [this] { return load_claim(); });
    if (claim) key_mode();
    examine("clock", [this] { return clock(); });
    if (!std::holds_alternative<MakeKey>(plan_.key_source)) examine("device-key", [this] { return device_key(); });
    examine("state-directory", [this] { return state(); });
    const bool reached = claim && walk();
    if (!claim) skip_way("needs a claim that can be used");
    probe_all(probe, reached);
    outcome_.kind = outcome_.error ? OutcomeKind::kFailed : OutcomeKind::kChecked;
    return std::move(outcome_);
  }

 private:
  void note(std::string name, CheckResult result, std::string message, std::string hint = {}, double took = 0) {
    outcome_.checks.push_back({std::move(name), result, std::move(message), std::move(hint), took});
  }

  void failed(std::string name, const Error& error, double took) {
    note(std::move(name), CheckResult::kFailed, error.message, error.hint, took);
    if (!outcome_.error) outcome_.error = error;
  }

  bool examine(const char* name, const std::function<Result<std::string>()>& look) {
    const Instant began = ports_.clock.now();
    const auto seen = look();
    const double took = milliseconds(began, ports_.clock.now());
    if (!seen) {
      failed(name, seen.error(), took);
      return false;
    }
    note(name, CheckResult::kOk, *seen, {}, took);
    return true;
  }

  Result<std::string> configuration() {
    return "template " + plan_.template_name + ", " + std::to_string(plan_.parameters.size()) + " parameters, method " +
           std::string(word(plan_.method)) + ", " + std::string(word(plan_.payload_format));
  }

  Result<std::string> load_claim() {
    FP_TRY_ASSIGN(claim_, ports_.transport.load_credentials());
    return claim_.subject + ", valid until " + rfc3339(claim_.not_after) + "; the key fits";
  }

  void key_mode() {
    if (ports_.outside == nullptr || plan_.claim_key_file.empty()) return;
    const auto mode = ports_.outside->mode_of(plan_.claim_key_file);
    if (!mode) return;
    const std::string file = printable(plan_.claim_key_file);
    if ((*mode & kOthersMayRead) == 0) {
      note("claim-key-mode", CheckResult::kOk, file + " is private");
    } else {
      note("claim-key-mode", CheckResult::kWarning, file + " can be read by others", "chmod 600 " + file);
    }
  }

  Result<std::string> clock() {
    const WallTime now = ports_.clock.wall_now();
    if (now >= plan_.build_date && now >= claim_.not_before) return rfc3339(now);
    return fail(ErrorKind::kClockNotSet,
                "the clock says " + rfc3339(now) + ", before " +
                    (now < plan_.build_date ? "this program was built" : "the claim certificate becomes valid"),
                "set the clock, e.g. by NTP");
  }

  Result<std::string> device_key() {
    if (const auto* csr = std::get_if<ExistingCsr>(&plan_.key_source)) {
      FP_TRY_ASSIGN(const Csr read, ports_.keysmith.open_csr(csr->file));
      if (!csr->key_reference) return "CSR " + printable(csr->file);
      FP_TRY_ASSIGN(const DeviceKey key, ports_.keysmith.open_key(*csr->key_reference));
      if (key.public_key_sha256 == read.public_key_sha256) return "CSR " + printable(csr->file) + "; the key fits";
      return fail(ErrorKind::kDeviceKeyUnusable, "the key did not sign the CSR", "name the key that made the CSR");
    }
    FP_TRY_ASSIGN(const DeviceKey key, ports_.keysmith.open_key(std::get<ExistingKey>(plan_.key_source).reference));
    return key.type;
  }

  Result<std::string> state() {
    Vault vault(ports_.disk, ports_.keysmith, ports_.observer);
    FP_TRY_ASSIGN(const auto root, ports_.disk.inspect(""));
    if (!root) return ports_.disk.root() + " does not exist yet; a run makes it";
    FP_TRY_ASSIGN(const auto identity, vault.look());
    if (identity) {
      const std::string name = identity->thing_name ? "thing " + *identity->thing_name : "a certificate without a thing";
      if (plan_.force || is_for(identity->request_digest, plan_, ports_.keysmith)) return "holds the identity of " + name;
      return fail(ErrorKind::kOtherIdentity, "it holds the identity of " + name + ", made for another request",
                  "give this gateway a --state-dir of its own, or replace the identity with --force");
    }
    FP_TRY_ASSIGN(const bool pending, vault.has_pending());
    if (!pending) return ports_.disk.root() + " holds no identity";
    FP_TRY_ASSIGN(const auto journal, vault.peek());
    return "an unfinished run waits" + (journal ? " at " + std::string(word(milestone(journal->progress))) : std::string());
  }

  /// True when the answer topics are subscribed.
  bool walk() {
    const auto opened = connect();
    const std::optional<Error> error = opened ? std::nullopt : std::optional(opened.error());
    bool blamed = false;
    for (const Step& step : kWay) {
      const auto span = log_.find(step.phase);
      const bool its_fault = error && !blamed && error->phase == step.phase;
      if (its_fault) {
        failed(step.name, *error, span ? milliseconds(span->began, ports_.clock.now()) : 0);
        blamed = true;
      } else if (span && span->ended) {
        note(step.name, CheckResult::kOk, done(step.phase), {}, milliseconds(span->began, *span->ended));
      } else if (step.phase != Phase::kProxy && (blamed || !opened)) {
        note(step.name, CheckResult::kSkipped, "the way to it failed");
      } else if (step.phase != Phase::kProxy) {
        note(step.name, CheckResult::kOk, done(step.phase));
      }
    }
    if (error && !blamed) failed("service", *error, 0);
    return opened.has_value();
  }

  [[nodiscard]] std::string done(Phase phase) const {
    switch (phase) {
      case Phase::kResolve: return plan_.endpoint.host;
      case Phase::kTcp: return "port " + std::to_string(plan_.endpoint.port);
      case Phase::kTls: return outcome_.connection ? outcome_.connection->tls_version : "";
      case Phase::kMqtt:
        return outcome_.connection ? "MQTT " + std::string(word(outcome_.connection->mqtt_version)) : "";
      case Phase::kSubscribe: return "four answer topics";
      case Phase::kLoad:
      case Phase::kProxy:
      case Phase::kKey:
      case Phase::kCreate:
      case Phase::kRegister:
      case Phase::kStore:
      case Phase::kVerify:
      case Phase::kOnSuccess:
      case Phase::kWait: return "";
    }
    return "";
  }

  Result<void> connect() {
    live_.reset();
    ++outcome_.attempts;
    MqttVersion version = plan_.mqtt_version;
    if (outcome_.connection) version = outcome_.connection->mqtt_version;
    const ConnectRequest request = attempts_.claim_request(version, outcome_.attempts);
    FP_TRY(attempts_.rest_client_id(outcome_.attempts > 1 ? request.client_id : std::string()));
    live_ = std::make_unique<Live>(plan_, ports_, request);
    auto facts = live_->exchange.open();
    if (!facts) {
      live_.reset();
      return fail(std::move(facts).error());
    }
    outcome_.connection = *facts;
    return {};
  }

  void skip_way(const std::string& why) {
    for (const Step& step : kWay) {
      if (step.phase != Phase::kProxy) note(step.name, CheckResult::kSkipped, why);
    }
  }

  void probe_all(bool probe, bool reached) {
    const std::string why = probe ? "the way to it failed" : "--no-probe";
    if (!probe || !reached) {
      note("probe-create", CheckResult::kSkipped, why);
      note("probe-register", CheckResult::kSkipped, why);
      return;
    }
    if (plan_.method == Method::kCsr) {
      const Secret request = encode(CreateCertificateFromCsrRequest{"a probe of fleet-provision check"}, plan_.payload_format);
      probe_one("probe-create", Operation::kCreateCertificateFromCsr, request);
    } else {
      note("probe-create", CheckResult::kSkipped, "no request of CreateKeysAndCertificate is harmless");
    }
    const Secret request = encode(RegisterThingRequest{Secret(""), plan_.parameters}, plan_.payload_format);
    probe_one("probe-register", Operation::kRegisterThing, request);
  }

  /// Rejected as it must be: the claim may publish the request and receive the answer.
  void probe_one(const char* name, Operation operation, const Secret& request) {
    const Instant began = ports_.clock.now();
    auto ready = live_ ? Result<void>() : connect();
    auto answer = ready ? live_->exchange.ask(operation, request.reveal()) : Result<Secret>(fail(ready.error()));
    const double took = milliseconds(began, ports_.clock.now());
    if (answer) {
      note(name, CheckResult::kWarning, "the service accepted a request that it should have rejected", {}, took);
      return;
    }
    const Error& error = answer.error();
    if (error.service && error.service->status_code == 400) {
      note(name, CheckResult::kOk, "a probe that creates nothing was rejected, as it must be: " +
                                       std::string(word(operation)) + " can be asked and answers", {}, took);
      return;
    }
    failed(name, error, took);
    live_.reset();
  }

  const Plan& plan_;
  const Ports& ports_;
  PhaseLog& log_;
  Outcome outcome_;
  Attempts attempts_;
  CertificateFacts claim_;
  std::unique_ptr<Live> live_;
};

}  // namespace

void PhaseLog::phase_began(Phase phase, unsigned attempt) {
  {
    const std::lock_guard lock(mutex_);
    spans_.push_back({phase, clock_.now(), std::nullopt});
  }
  next_.phase_began(phase, attempt);
}

void PhaseLog::phase_ended(Phase phase, unsigned attempt) {
  {
    const std::lock_guard lock(mutex_);
    for (Span& each : spans_) {
      if (each.phase == phase && !each.ended) each.ended = clock_.now();
    }
  }
  next_.phase_ended(phase, attempt);
}

std::optional<PhaseLog::Span> PhaseLog::find(Phase phase) {
  const std::lock_guard lock(mutex_);
  for (const Span& each : spans_) {
    if (each.phase == phase) return each;
  }
  return std::nullopt;
}

Outcome check(const Plan& plan, const Ports& ports, PhaseLog& log, bool probe) {
  return Checks(plan, ports, log).all(probe);
}

}  // namespace fleet_provision

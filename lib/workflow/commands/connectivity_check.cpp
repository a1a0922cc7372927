#include "workflow/commands/connectivity_check.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "aws/topics.hpp"
#include "codec/payload.hpp"
#include "workflow/run/exchange.hpp"
#include "workflow/run/phase_mark.hpp"

namespace fleet_provision {
namespace {

constexpr const char* kNoConnection = "no connection";

struct Step {
  Phase phase;
  const char* name;
};
constexpr std::array kSteps{Step{Phase::kResolve, "name"}, Step{Phase::kTcp, "tcp"},
                            Step{Phase::kProxy, "proxy"},  Step{Phase::kTls, "tls"},
                            Step{Phase::kMqtt, "connect"}, Step{Phase::kSubscribe, "subscribe"}};

/// Whether another attempt helps: it distinguishes a denial from a lost connection, or finds the MQTT version of the
/// broker.
bool worth_repeating(const Error& error) {
  const bool closed = error.kind == ErrorKind::kConnectionLost && error.closed_after;
  return closed || error.kind == ErrorKind::kMqttVersionRefused;
}

/// Whether the error only means that no client certificate was sent. The server's certificate was verified before.
bool is_for_want_of_claim(const Error& error) {
  const bool at_tls_or_later = error.phase == Phase::kTls || error.phase == Phase::kMqtt;
  return at_tls_or_later && (error.kind == ErrorKind::kClaimRefused || error.kind == ErrorKind::kPolicyConnect ||
                             (error.kind == ErrorKind::kConnectionLost && error.closed_after));
}

}  // namespace

struct ConnectivityCheck::Probe {
  const char* suffix;
  Phase phase;
  Operation operation;
  const char* what;
  Secret request;
};

ConnectivityCheck::ConnectivityCheck(RunContext& context, PhaseLog& log, CheckFindings& findings)
    : context_(context), plan_(context.plan), ports_(context.ports), log_(log), findings_(findings) {}

void ConnectivityCheck::check_connection(bool with_claim) {
  const auto opened = with_claim ? patiently([this](const Retry& retry) { return connect(retry); })
                                 : connect(Retry(plan_, context_.attempts.deadline()));
  reached_ = opened && with_claim;
  if (!with_claim) connection_.reset();
  report_steps(opened ? std::nullopt : std::optional(opened.error()), with_claim);
}

void ConnectivityCheck::skip(const std::string& why) {
  for (const Step& step : kSteps) {
    if (step.phase != Phase::kProxy) findings_.skipped(step.name, why);
  }
}

Result<void> ConnectivityCheck::patiently(const std::function<Result<void>(const Retry&)>& once) {
  return context_.attempts.until_done([&once](Retry& retry, unsigned) { return once(retry); },
                                      [] { return Milestone::kFresh; }, worth_repeating);
}

Result<void> ConnectivityCheck::connect(const Retry& retry) {
  connection_.reset();
  Outcome& outcome = context_.outcome;
  if (plan_.attempts && outcome.attempts >= *plan_.attempts) {
    return fail(ErrorKind::kConnectionLost, "the limit of --attempts is reached", "raise --attempts");
  }
  ++outcome.attempts;
  MqttVersion version = retry.mqtt_version();
  if (outcome.connection) version = outcome.connection->mqtt_version;
  if (plan_.client_id) FP_TRY(context_.attempts.await_client_id(*plan_.client_id));
  connection_.emplace(plan_, ports_, context_.attempts.claim_request(version, outcome.attempts), retry.subscribing());
  auto ready = connection_->ready();
  if (!ready) {
    connection_.reset();
    return fail(std::move(ready).error());
  }
  outcome.connection = connection_->facts();
  return {};
}

void ConnectivityCheck::report_steps(const std::optional<Error>& error, bool with_claim) {
  const bool want_of_claim = !with_claim && (!error || is_for_want_of_claim(*error));
  const auto* at = std::find_if(kSteps.begin(), kSteps.end(),
                                [&error](const Step& step) { return error && error->phase == step.phase; });
  const bool blames_step = !want_of_claim && at != kSteps.end();
  for (const Step& step : kSteps) {
    const auto span = log_.find(step.phase);
    if (step.phase == Phase::kProxy && !span) continue;
    const double took = span ? CheckFindings::milliseconds(span->began, span->ended.value_or(ports_.clock.now())) : 0;
    const bool behind = blames_step && step.phase > at->phase;
    const bool went_well = !error || want_of_claim || blames_step || (span && span->ended);
    if (blames_step && step.phase == at->phase) {
      findings_.failed(step.name, *error, took);
    } else if (!behind && !with_claim && step.phase > Phase::kTls) {
      findings_.skipped(step.name, "needs a usable claim");
    } else if (!behind && went_well) {
      findings_.note(step.name, CheckResult::kOk, done(step.phase), {}, took);
    } else {
      findings_.skipped(step.name, kNoConnection);
    }
  }
  if (error && !want_of_claim && !blames_step) findings_.failed("service", *error);
}

std::string ConnectivityCheck::done(Phase phase) const {
  const auto& connection = context_.outcome.connection;
  switch (phase) {
    case Phase::kResolve: return plan_.endpoint.host;
    case Phase::kTcp: return "connected to port " + std::to_string(plan_.endpoint.port);
    case Phase::kProxy: return "the proxy allows CONNECT";
    case Phase::kTls: return (connection ? connection->tls_version + "; " : "") + "the server certificate is trusted";
    case Phase::kMqtt:
      return connection ? "connected with MQTT " + std::string(word(connection->mqtt_version))
                        : "the client ID is accepted";
    case Phase::kSubscribe: return "subscribed to four response topics";
    case Phase::kLoad:
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

void ConnectivityCheck::probe_all(bool probe) {
  const bool keys = plan_.method == Method::kKeys;
  for (const char* suffix : {"create", "register"}) {
    const bool create = suffix == std::string_view("create");
    const char* why = !probe           ? "--no-probe"
                      : !reached_      ? kNoConnection
                      : create && keys ? "every CreateKeysAndCertificate request creates a certificate"
                                       : nullptr;
    if (why != nullptr) {
      for (const char* verb : {"publish-", "receive-"}) findings_.skipped(std::string(verb) + suffix, why);
    } else if (create) {
      probe_one({suffix, Phase::kCreate, Operation::kCreateCertificateFromCsr, "an invalid CSR",
                 encode(CreateCertificateFromCsrRequest{"a probe of fleet-provision check"}, plan_.payload_format)});
    } else {
      probe_one({suffix, Phase::kRegister, Operation::kRegisterThing, "an empty ownership token",
                 encode(RegisterThingRequest{Secret(""), plan_.parameters}, plan_.payload_format)});
    }
  }
}

void ConnectivityCheck::probe_one(const Probe& probe) {
  Instant began = ports_.clock.now();
  const auto asked = patiently([&](const Retry& retry) -> Result<void> {
    if (!connection_) FP_TRY(connect(retry));
    began = ports_.clock.now();
    PhaseMark mark(ports_.observer, probe.phase, context_.outcome.attempts);
    FP_TRY_ASSIGN(Exchange * exchange, connection_->ready());
    auto answer = exchange->ask(probe.operation, probe.request.reveal());
    if (answer || answer.error().service) mark.ended();
    if (answer) return {};
    if (worth_repeating(answer.error())) connection_.reset();
    return fail(std::move(answer).error());
  });
  const double took = findings_.milliseconds_since(began);
  const std::string suffix = probe.suffix;
  if (asked || asked.error().service) return report_answer(probe, asked ? nullptr : &asked.error(), took);
  const Error& error = asked.error();
  if (error.kind == ErrorKind::kNoAnswer && connection_) {
    report_silence(probe, error, took);
  } else if (error.kind == ErrorKind::kMalformedAnswer) {
    findings_.note("publish-" + suffix, CheckResult::kOk, "the server accepted the probe: " + std::string(probe.what));
    findings_.failed("receive-" + suffix, error, took);
  } else {
    findings_.failed("publish-" + suffix, error, took);
    findings_.skipped("receive-" + suffix, "the probe was not published");
  }
  connection_.reset();
}

void ConnectivityCheck::report_silence(const Probe& probe, const Error& error, double took) {
  const std::string suffix = probe.suffix;
  if (connection_->acknowledged() == true) {
    findings_.note("publish-" + suffix, CheckResult::kOk,
                   "the server acknowledged the probe: " + std::string(probe.what));
  } else {
    findings_.note(
        "publish-" + suffix, CheckResult::kWarning,
        "the server did not acknowledge the probe: " + std::string(probe.what) + "; it may not have arrived");
  }
  findings_.failed("receive-" + suffix, error, took);
}

void ConnectivityCheck::report_answer(const Probe& probe, const Error* error, double took) {
  const std::string suffix = probe.suffix;
  const Topics topics = topics_of(probe.operation, plan_.payload_format, plan_.template_name);
  findings_.note("publish-" + suffix, CheckResult::kOk,
                 "published a probe that creates nothing to " + topics.request + ": " + probe.what);
  if (error == nullptr) {
    findings_.note("receive-" + suffix, CheckResult::kOk, "received a response on " + topics.accepted, {}, took);
    findings_.note("answer-" + suffix, CheckResult::kWarning,
                   "the service accepted a probe that it should have rejected");
    return;
  }
  const bool expected = error->service->status_code == 400;
  findings_.note("receive-" + suffix, CheckResult::kOk,
                 std::string(expected ? "received the expected rejection" : "received a response") + " on " +
                     topics.rejected + "; …/accepted cannot be tested without creating something",
                 {}, took);
  if (!expected) findings_.failed("answer-" + suffix, *error);
}

}  // namespace fleet_provision

#include "workflow/run/steps.hpp"

#include <utility>

#include "codec/payload.hpp"
#include "core/text.hpp"
#include "core/verdict.hpp"
#include "workflow/run/certificate_request.hpp"
#include "workflow/run/device_key.hpp"
#include "workflow/run/issued_certificate.hpp"
#include "workflow/run/new_identity.hpp"
#include "workflow/run/phase_mark.hpp"
#include "workflow/run/reconcile.hpp"
#include "workflow/state/hardware_keys.hpp"

namespace fleet_provision {
namespace {

bool requests_certificate(const Progress& progress) {
  return milestone(progress) <= Milestone::kKeyMade;
}

/// The text for the observer about a milestone.
struct Words {
  std::string operator()(const Fresh&) const { return ""; }
  std::string operator()(const KeyPlanned& at) const {
    return "location of the key stored: " + printable(text_of(at.location));
  }
  std::string operator()(const KeyMade& at) const {
    return std::holds_alternative<GivenCsr>(at.origin) ? "CSR stored" : "key stored";
  }
  std::string operator()(const Certified& at) const { return "certificate stored: " + printable(at.certificate_id); }
  std::string operator()(const Enrolled& at) const { return "registered as " + named(at.identity); }
  std::string operator()(const Verified& at) const { return "identity verified: " + named(at.enrolled.identity); }
  std::string operator()(const Installed& at) const { return "identity installed: " + named(at.identity); }
};

}  // namespace

Result<void> Steps::resume() {
  FP_TRY_ASSIGN(std::optional<Journal> journal, context_.vault.load());
  resumed_ = !journal;
  if (!journal) return {};
  budget_.resume(journal->count);
  // --force resets the limit that earlier runs have reached.
  if (context_.plan.force && budget_.exhausted()) budget_.forgive();
  FP_TRY(reconcile_with_plan(std::move(journal->progress)));
  resumed_ = true;
  context_.outcome.resumed = !std::holds_alternative<Fresh>(progress_);
  if (context_.outcome.resumed) {
    context_.ports.observer.reached("resuming an unfinished run at " + std::string(word(milestone(progress_))));
  }
  return {};
}

Result<void> Steps::reconcile_with_plan(Progress left) {
  const bool enrolled = milestone(left) >= Milestone::kEnrolled;
  const bool began = !std::holds_alternative<Fresh>(left);
  const std::optional<HardwareKey> hardware_key = left_in_hardware(left);
  const Ports& ports = context_.ports;
  FP_TRY_ASSIGN(progress_, reconcile(std::move(left), context_.plan, requester_, ports.keysmith, ports.observer));
  FP_TRY(discard_claim_key());
  auto* fresh = std::get_if<Fresh>(&progress_);
  if (fresh != nullptr) fresh->abandoned = hardware_key;
  const bool withdrawn = enrolled && milestone(progress_) < Milestone::kEnrolled;
  if (withdrawn) FP_TRY(context_.vault.withdraw());
  // Before the key is destroyed, the disk must no longer hold a milestone that uses it.
  const bool abandons = began && fresh != nullptr && hardware_key;
  if (withdrawn || abandons) FP_TRY(save(1));
  return destroy_abandoned_key();
}

/// The journal names the key until the next milestone is saved, so that a run after a crash repeats this.
Result<void> Steps::destroy_abandoned_key() {
  auto* fresh = std::get_if<Fresh>(&progress_);
  if (fresh == nullptr || !fresh->abandoned) return {};
  const Ports& ports = context_.ports;
  const HardwareKey& key = *fresh->abandoned;
  const bool used =
      belongs_to_identity(key, ports.disk, ports.keysmith) ||
      (!key.public_key_sha256.empty() && key.public_key_sha256 == requester_.certificate.public_key_sha256);
  if (!used) FP_TRY(destroy_hardware_key(key, "of the discarded run", ports.keysmith, ports.observer));
  fresh->abandoned.reset();
  return {};
}

/// An earlier version accepted the claim's key as device key.
Result<void> Steps::discard_claim_key() {
  const DeviceKey* key = device_key_of(progress_);
  const std::string& claim_key = requester_.certificate.public_key_sha256;
  if (requester_.rotated || key == nullptr || claim_key.empty() || key->public_key_sha256 != claim_key) return {};
  if (milestone(progress_) >= Milestone::kEnrolled && !context_.plan.force) return registered_with_claim_key();
  context_.ports.observer.warned(
      "the unfinished run used the claim's own key as device key; its progress is discarded");
  progress_ = Fresh{};
  return {};
}

bool Steps::needs_network() const {
  return requests_certificate(progress_) || std::holds_alternative<Certified>(progress_);
}

bool Steps::awaits_proof() const {
  return context_.plan.verify && std::holds_alternative<Enrolled>(progress_);
}

Result<void> Steps::note_proof(unsigned attempt) {
  auto enrolled = std::get<Enrolled>(std::move(progress_));
  enrolled.identity.verified_at = rfc3339(context_.ports.clock.wall_now());
  progress_ = Verified{std::move(enrolled)};
  FP_TRY(save(attempt));
  report_milestone();
  return {};
}

Result<void> Steps::check_limit() {
  if (!requests_certificate(progress_) || !budget_.exhausted()) return {};
  return fail(ErrorKind::kCertificateLimit,
              "requested " + std::to_string(kCertificatesMax) + " certificates, and none became an identity",
              "rerun in " + std::to_string((budget_.rest().count() + 59) / 60) +
                  " minutes, when the service has deleted the unused certificates, or with --force")
      .in(Phase::kCreate);
}

Result<void> Steps::advance(const StepAttempt& attempt) {
  FP_TRY_ASSIGN(progress_, std::visit([&](auto& at) { return next(at, attempt); }, progress_));
  FP_TRY(save(attempt.number));
  report_milestone();
  return {};
}

void Steps::store_count(ErrorKind why) {
  // At the limit the age is stored, so that the time of several short boots adds up to an hour.
  const bool worth_it = budget_.differs_from_disk() || why == ErrorKind::kCertificateLimit;
  if (!resumed_ || !worth_it || !requests_certificate(progress_)) return;
  Journal journal{budget_.to_save(false), std::move(progress_)};
  const auto saved = context_.vault.save(journal);
  progress_ = std::move(journal.progress);
  if (!saved) context_.ports.observer.detail("cannot store the count of certificates: " + saved.error().message);
}

Result<Progress> Steps::next(Fresh& /*at*/, const StepAttempt& attempt) {
  if (context_.plan.method == Method::kKeys) return request_key_and_certificate(attempt);
  const MakeKey* wanted = key_in_token(context_.plan);
  if (wanted == nullptr) return make_key(attempt);
  const Ports& ports = context_.ports;
  PhaseMark mark(ports.observer, Phase::kKey, attempt.number);
  auto planned = plan_token_key(context_.plan, *wanted, own_hardware_keys(ports.disk), ports.keysmith);
  if (!planned) return fail(std::move(planned).error().in(Phase::kKey));
  mark.ended();
  return Progress{std::move(*planned)};
}

Result<Progress> Steps::next(KeyPlanned& at, const StepAttempt& attempt) {
  const MakeKey* wanted = key_in_token(context_.plan);
  if (wanted == nullptr) return fail(ErrorKind::kInternal, "a planned key that this run does not make");
  const Ports& ports = context_.ports;
  PhaseMark mark(ports.observer, Phase::kKey, attempt.number);
  auto made = make_token_key(context_.plan, at, *wanted, ports.keysmith);
  if (!made) return fail(std::move(made).error().in(Phase::kKey));
  mark.ended();
  return Progress{std::move(*made)};
}

Result<Progress> Steps::make_key(const StepAttempt& attempt) {
  const Ports& ports = context_.ports;
  PhaseMark mark(ports.observer, Phase::kKey, attempt.number);
  auto made = make_or_open_key(context_.plan, requester_, ports.keysmith, ports.observer);
  if (!made) return fail(std::move(made).error().in(Phase::kKey));
  mark.ended();
  return Progress{std::move(*made)};
}

Result<Progress> Steps::request_key_and_certificate(const StepAttempt& attempt) {
  const Ports& ports = context_.ports;
  // Counts the request while the connection is opened; this save also proves that the disk can be written.
  FP_TRY(count_next_request(attempt.number));
  FP_TRY_ASSIGN(Exchange * exchange, exchange_of(attempt));
  CertificateRequest request(context_, budget_, *exchange, attempt.number);
  FP_TRY_ASSIGN(CreateCertificateAnswer answer, request.send({}));
  auto key = answer.private_key ? ports.keysmith.read_key(*answer.private_key)
                                : Result<DeviceKey>(fail(ErrorKind::kMalformedAnswer, "it is missing"));
  if (!key) {
    return fail(ErrorKind::kMalformedAnswer, "the private key of the response cannot be used: " + key.error().message,
                "use --method csr")
        .in(Phase::kCreate);
  }
  FP_TRY(prove_issued(answer, key->public_key_sha256, ports.keysmith, ports.clock, ports.observer));
  return Progress{Certified{{key_origin_of(context_.plan), std::move(*key), "", ""},
                            certificate_origin_of(context_.plan, requester_.certificate.fingerprint),
                            std::move(answer.certificate_id),
                            std::move(answer.certificate_pem),
                            std::move(answer.certificate_ownership_token)}};
}

Result<Progress> Steps::next(KeyMade& at, const StepAttempt& attempt) {
  // The key is durable with its wrapped form, from which a run after a crash makes it persistent again.
  auto settled = context_.ports.keysmith.settle_key(at.key);
  if (!settled) return fail(std::move(settled).error().in(Phase::kKey));
  // The connection comes first: a run without a connection requests nothing and needs no save.
  FP_TRY_ASSIGN(Exchange * exchange, exchange_of(attempt));
  FP_TRY(count_next_request(attempt.number));
  CertificateRequest request(context_, budget_, *exchange, attempt.number);
  const Secret payload = encode(CreateCertificateFromCsrRequest{at.csr_pem}, context_.plan.payload_format);
  FP_TRY_ASSIGN(CreateCertificateAnswer answer, request.send_for(at.key.public_key_sha256, payload.reveal()));
  return Progress{Certified{std::move(at), certificate_origin_of(context_.plan, requester_.certificate.fingerprint),
                            std::move(answer.certificate_id), std::move(answer.certificate_pem),
                            std::move(answer.certificate_ownership_token)}};
}

Result<Progress> Steps::next(Certified& at, const StepAttempt& attempt) {
  const Plan& plan = context_.plan;
  FP_TRY_ASSIGN(Exchange * exchange, exchange_of(attempt));
  PhaseMark mark(context_.ports.observer, Phase::kRegister, attempt.number);
  const Secret request =
      encode(RegisterThingRequest{at.certificate_ownership_token.duplicate(), plan.parameters}, plan.payload_format);
  auto payload = exchange->ask(Operation::kRegisterThing, request.reveal());
  if (!payload && verdict(payload.error().kind, Milestone::kCertified) == Verdict::kAskAgain) {
    return without_token(at, payload.error());
  }
  if (!payload) return fail(std::move(payload).error());
  auto answer = decode_register_thing(payload->reveal(), plan.payload_format);
  if (!answer) return fail(std::move(answer).error().in(Phase::kRegister));
  auto identity = make_identity(context_, requester_, at, std::move(*answer));
  if (!identity) return fail(std::move(identity).error());
  mark.ended();
  return Progress{Enrolled{std::move(at), std::move(*identity)}};
}

/// A rejected token leads back to the milestone of its key; with method `keys` to Fresh.
Progress Steps::without_token(Certified& at, const Error& refusal) {
  context_.ports.observer.warned(refusal.message + "; requesting another certificate");
  if (context_.plan.method == Method::kKeys) return Fresh{};
  return std::move(at.made);
}

Result<Progress> Steps::next(Verified& at, const StepAttempt& attempt) {
  return next(at.enrolled, attempt);
}

Result<Progress> Steps::next(Enrolled& at, const StepAttempt& attempt) {
  PhaseMark mark(context_.ports.observer, Phase::kStore, attempt.number);
  auto installed = context_.vault.install();
  if (!installed) return fail(std::move(installed).error().in(Phase::kStore));
  mark.ended();
  return Progress{Installed{std::move(at.identity)}};
}

Result<Progress> Steps::next(Installed& at, const StepAttempt& /*attempt*/) {
  return Progress{std::move(at)};
}

Result<Exchange*> Steps::exchange_of(const StepAttempt& attempt) {
  if (attempt.connection == nullptr) return fail(ErrorKind::kInternal, "a step without its connection");
  FP_TRY_ASSIGN(Exchange * ready, attempt.connection->ready());
  context_.outcome.connection = attempt.connection->facts();
  return ready;
}

Result<void> Steps::count_next_request(unsigned attempt) {
  FP_TRY(check_limit());
  if (budget_.covers_next()) return {};
  return save(attempt);
}

Result<void> Steps::save(unsigned attempt) {
  if (std::holds_alternative<Installed>(progress_)) return {};
  PhaseMark mark(context_.ports.observer, Phase::kStore, attempt);
  // The save of the key itself, which follows that of its plan, counts the request.
  const bool request_follows = requests_certificate(progress_) && !std::holds_alternative<KeyPlanned>(progress_);
  Journal journal{budget_.to_save(request_follows), std::move(progress_)};
  auto saved = context_.vault.save(journal);
  progress_ = std::move(journal.progress);
  if (!saved) return fail(std::move(saved).error().in(Phase::kStore));
  if (milestone(progress_) < Milestone::kEnrolled) budget_.saved(journal.count);
  mark.ended();
  return {};
}

void Steps::report_milestone() {
  const std::string what = std::visit(Words{}, progress_);
  if (!what.empty()) context_.ports.observer.reached(what);
}

}  // namespace fleet_provision

#include "workflow/run/steps.hpp"

#include <utility>

#include "codec/payload.hpp"
#include "core/text.hpp"
#include "core/verdict.hpp"
#include "workflow/run/device_key_rule.hpp"
#include "workflow/run/issued_certificate.hpp"
#include "workflow/run/phase_mark.hpp"
#include "workflow/run/reconcile.hpp"
#include "workflow/state/identity_files.hpp"
#include "workflow/state/request_digest.hpp"

namespace fleet_provision {
namespace {

bool asks_for_certificate(const Progress& progress) {
  return std::holds_alternative<Fresh>(progress) || std::holds_alternative<KeyMade>(progress);
}

}  // namespace

struct Steps::Advance {
  Steps& steps;
  template <class At>
  Result<Progress> operator()(At& at) {
    return steps.advance(at);
  }
};

Result<void> Steps::resume(const CertificateFacts& asking) {
  claim_fingerprint_ = asking.fingerprint;
  asking_key_ = asking.public_key_sha256;
  FP_TRY_ASSIGN(std::optional<Journal> journal, vault_.load());
  if (!journal) return {};
  budget_.resume(journal->count);
  // A run that is told to do it again does not stop at the bound of the runs before.
  if (plan_.force && budget_.exhausted()) budget_.forgive();
  FP_TRY(fit_what_is_left(std::move(journal->progress)));
  outcome_.resumed = !std::holds_alternative<Fresh>(progress_);
  if (outcome_.resumed) {
    ports_.observer.reached("resuming an unfinished run at " + std::string(word(milestone(progress_))));
  }
  return {};
}

Result<void> Steps::fit_what_is_left(Progress left) {
  const bool enrolled = milestone(left) >= Milestone::kEnrolled;
  FP_TRY_ASSIGN(progress_,
                fit(std::move(left), plan_, {claim_fingerprint_, rotated_}, ports_.keysmith, ports_.observer));
  FP_TRY(discard_claim_key());
  if (!enrolled || milestone(progress_) >= Milestone::kEnrolled) return {};
  FP_TRY(vault_.withdraw());
  return save();
}

/// An earlier version took the claim's own key for a device key.
Result<void> Steps::discard_claim_key() {
  const DeviceKey* key = device_key_of(progress_);
  if (rotated_ != nullptr || key == nullptr || asking_key_.empty() || key->public_key_sha256 != asking_key_) return {};
  if (milestone(progress_) >= Milestone::kEnrolled && !plan_.force) {
    return fail(registered_with_claims_key());
  }
  ports_.observer.warned("the unfinished run used the claim's own key as device key; what it reached is discarded");
  progress_ = Fresh{};
  return {};
}

bool Steps::needs_network() const {
  return asks_for_certificate(progress_) || std::holds_alternative<Certified>(progress_);
}

bool Steps::awaits_proof() const {
  return plan_.verify && std::holds_alternative<Enrolled>(progress_);
}

Result<void> Steps::proved() {
  auto enrolled = std::get<Enrolled>(std::move(progress_));
  enrolled.identity.verified_at = rfc3339(ports_.clock.wall_now());
  progress_ = Verified{std::move(enrolled)};
  FP_TRY(save());
  tell_reached();
  return {};
}

Result<void> Steps::check_limit() {
  if (!asks_for_certificate(progress_) || !budget_.exhausted()) return {};
  Error error;
  error.kind = ErrorKind::kCertificateLimit;
  error.phase = Phase::kCreate;
  error.message = "asked for " + std::to_string(kCertificatesMax) + " certificates without one becoming an identity";
  error.hint = "rerun in " + std::to_string((budget_.rest().count() + 59) / 60) +
               " minutes, when the service has deleted what was not used, or with --force";
  return fail(std::move(error));
}

Result<void> Steps::step(Connection* connection, unsigned attempt) {
  connection_ = connection;
  attempt_ = attempt;
  FP_TRY_ASSIGN(progress_, std::visit(Advance{*this}, progress_));
  FP_TRY(save());
  tell_reached();
  return {};
}

void Steps::settle(ErrorKind why) {
  // Counted ahead and never sent, or sent and rejected: without this each failed run would use up a part of the bound.
  // At the bound the age is stored, so that an hour of short boots adds up.
  const bool worth_it = budget_.differs_from_disk() || why == ErrorKind::kCertificateLimit;
  if (!worth_it || !asks_for_certificate(progress_)) return;
  Journal journal{budget_.to_save(false), std::move(progress_)};
  const auto saved = vault_.save(journal);
  progress_ = std::move(journal.progress);
  if (!saved) ports_.observer.detail("the count of certificates is not settled: " + saved.error().message);
}

Result<Progress> Steps::advance(Fresh& /*at*/) {
  if (plan_.method == Method::kCsr) {
    PhaseMark mark(ports_.observer, Phase::kKey, attempt_);
    auto made = make_or_open_key();
    if (!made) return fail(std::move(made).error().in(Phase::kKey));
    mark.ended();
    return Progress{std::move(*made)};
  }
  // Counted while the connection is being opened; the save also proves that the disk takes what will come.
  FP_TRY(count_next_request());
  FP_TRY_ASSIGN(CreateCertificateAnswer answer, create({}));
  auto key = answer.private_key ? ports_.keysmith.read_key(*answer.private_key)
                                : Result<DeviceKey>(fail(ErrorKind::kMalformedAnswer, "it is missing"));
  if (!key) {
    Error error{ErrorKind::kMalformedAnswer,
                Phase::kCreate,
                "the private key of the response cannot be used: " + key.error().message,
                "the response cannot be used; try --method csr",
                std::nullopt,
                std::nullopt};
    return fail(std::move(error));
  }
  FP_TRY(prove_issued(answer, key->public_key_sha256, ports_.keysmith, ports_.clock, ports_.observer));
  return Progress{Certified{{key_origin_of(plan_), std::move(*key), "", ""},
                            certificate_origin_of(plan_, claim_fingerprint_),
                            std::move(answer.certificate_id),
                            std::move(answer.certificate_pem),
                            std::move(answer.certificate_ownership_token)}};
}

Result<Progress> Steps::advance(KeyMade& at) {
  // The connection first: a run that gets none asks for nothing and needs no save.
  FP_TRY(exchange());
  FP_TRY(count_next_request());
  const Secret request = encode(CreateCertificateFromCsrRequest{at.csr_pem}, plan_.payload_format);
  FP_TRY_ASSIGN(CreateCertificateAnswer answer, create_for(at.key, request.reveal()));
  return Progress{Certified{std::move(at), certificate_origin_of(plan_, claim_fingerprint_),
                            std::move(answer.certificate_id), std::move(answer.certificate_pem),
                            std::move(answer.certificate_ownership_token)}};
}

Result<Progress> Steps::advance(Certified& at) {
  FP_TRY_ASSIGN(Exchange * session, exchange());
  PhaseMark mark(ports_.observer, Phase::kRegister, attempt_);
  const Secret request =
      encode(RegisterThingRequest{at.certificate_ownership_token.duplicate(), plan_.parameters}, plan_.payload_format);
  auto payload = session->ask(Operation::kRegisterThing, request.reveal());
  if (!payload && verdict(payload.error().kind, Milestone::kCertified) == Verdict::kAskAgain) {
    ports_.observer.warned(payload.error().message + "; asking for another certificate");
    if (plan_.method == Method::kKeys) return Progress{Fresh{}};
    return Progress{std::move(at.made)};
  }
  if (!payload) return fail(std::move(payload).error());
  auto answer = decode_register_thing(payload->reveal(), plan_.payload_format);
  if (!answer) return fail(std::move(answer).error().in(Phase::kRegister));
  FP_TRY_ASSIGN(Identity identity, make_identity(at, std::move(*answer)));
  mark.ended();
  return Progress{Enrolled{std::move(at), std::move(identity)}};
}

Result<Progress> Steps::advance(Verified& at) {
  return advance(at.enrolled);
}

Result<Progress> Steps::advance(Enrolled& at) {
  PhaseMark mark(ports_.observer, Phase::kStore, attempt_);
  auto installed = vault_.install();
  if (!installed) return fail(std::move(installed).error().in(Phase::kStore));
  mark.ended();
  return Progress{Installed{std::move(at.identity)}};
}

Result<Progress> Steps::advance(Installed& at) {
  return Progress{std::move(at)};
}

Result<KeyMade> Steps::make_or_open_key() {
  KeyMade made;
  made.origin = key_origin_of(plan_);
  Keysmith& keysmith = ports_.keysmith;
  if (const auto* outside = std::get_if<ExistingCsr>(&plan_.key_source)) {
    FP_TRY_ASSIGN(Csr csr, keysmith.open_csr(outside->file));
    made.csr_pem = std::move(csr.pem);
    made.key.public_key_sha256 = std::move(csr.public_key_sha256);
    FP_TRY(check_outside_key(made.key));
    if (!outside->key_reference) return made;
    FP_TRY_ASSIGN(const DeviceKey key, keysmith.open_key(*outside->key_reference));
    if (key.public_key_sha256 != made.key.public_key_sha256) {
      return fail(ErrorKind::kDeviceKeyUnusable,
                  "the key " + printable(*outside->key_reference) + " did not sign the CSR " + printable(outside->file),
                  "name the key that made the CSR");
    }
    // The key stays where it is: what is kept is where that is.
    made.key.uri = key.uri;
    made.key.type = key.type;
    return made;
  }
  if (const auto* existing = std::get_if<ExistingKey>(&plan_.key_source)) {
    FP_TRY_ASSIGN(made.key, keysmith.open_key(existing->reference));
    FP_TRY(check_outside_key(made.key));
  } else {
    FP_TRY_ASSIGN(made.key, keysmith.make_key(std::get<MakeKey>(plan_.key_source).type));
  }
  FP_TRY_ASSIGN(Csr csr, keysmith.make_csr(made.key, plan_.csr_subject));
  made.csr_pem = std::move(csr.pem);
  made.csr_subject = plan_.csr_subject;
  return made;
}

Result<void> Steps::check_outside_key(const DeviceKey& key) const {
  if (rotated_ == nullptr) return not_the_claims_key(plan_, key.public_key_sha256, asking_key_);
  if (key.public_key_sha256 == asking_key_) {
    ports_.observer.warned("the present identity has this key already; only its certificate is replaced");
  }
  return {};
}

Result<CreateCertificateAnswer> Steps::create(std::string_view payload) {
  FP_TRY_ASSIGN(Exchange * session, exchange());
  PhaseMark mark(ports_.observer, Phase::kCreate, attempt_);
  budget_.request_sent();
  ++outcome_.certificates_requested;
  auto answer = session->ask(create_operation(plan_.method), payload);
  if (!answer) {
    // Answered with a no, or kept out by the broker: nothing was made.
    const bool kept_out = answer.error().kind == ErrorKind::kPolicyPublish;
    if (answer.error().service || kept_out) budget_.request_rejected();
    return fail(std::move(answer).error());
  }
  auto decoded = decode_create_certificate(answer->reveal(), plan_.payload_format, plan_.method);
  if (!decoded) return fail(std::move(decoded).error().in(Phase::kCreate));
  mark.ended();
  return decoded;
}

Result<CreateCertificateAnswer> Steps::create_for(const DeviceKey& key, std::string_view payload) {
  FP_TRY_ASSIGN(CreateCertificateAnswer answer, create(payload));
  for (std::optional<Error> stranger;;) {
    auto proved = prove_issued(answer, key.public_key_sha256, ports_.keysmith, ports_.clock, ports_.observer);
    if (proved) return answer;
    if (proved.error().kind != ErrorKind::kCertificateKeyMismatch) return fail(std::move(proved).error());
    // There is no correlation id: an answer meant for another device looks like ours until its key is seen.
    if (!stranger) {
      ports_.observer.warned("ignored a certificate for another key than this gateway's; waiting for the right one");
    }
    stranger = std::move(proved).error();
    FP_TRY_ASSIGN(Exchange * session, exchange());
    auto next = session->await_another(create_operation(plan_.method));
    if (!next && verdict(next.error().kind, Milestone::kKeyMade) == Verdict::kRetry) return fail(*stranger);
    if (!next) return fail(std::move(next).error());
    auto decoded = decode_create_certificate(next->reveal(), plan_.payload_format, plan_.method);
    if (!decoded) return fail(std::move(decoded).error().in(Phase::kCreate));
    answer = std::move(*decoded);
  }
}

Result<Exchange*> Steps::exchange() {
  if (connection_ == nullptr) return fail(ErrorKind::kInternal, "a step without its connection");
  FP_TRY_ASSIGN(Exchange * ready, connection_->ready());
  outcome_.connection = connection_->facts();
  return ready;
}

Result<void> Steps::count_next_request() {
  FP_TRY(check_limit());
  if (budget_.covers_next()) return {};
  return save();
}

Result<void> Steps::save() {
  if (std::holds_alternative<Installed>(progress_)) return {};
  PhaseMark mark(ports_.observer, Phase::kStore, attempt_);
  Journal journal{budget_.to_save(asks_for_certificate(progress_)), std::move(progress_)};
  auto saved = vault_.save(journal);
  progress_ = std::move(journal.progress);
  if (!saved) return fail(std::move(saved).error().in(Phase::kStore));
  if (milestone(progress_) < Milestone::kEnrolled) budget_.saved(journal.count);
  mark.ended();
  return {};
}

Result<Identity> Steps::make_identity(const Certified& at, RegisterThingAnswer answer) {
  if (answer.thing_name && !is_thing_name(*answer.thing_name)) {
    Error error{ErrorKind::kMalformedAnswer,
                Phase::kRegister,
                "the response's thingName \"" + printable(*answer.thing_name, 200) + "\" is not a thing name",
                "a thing name has 1 to 128 of the characters A-Z a-z 0-9 : _ -",
                std::nullopt,
                std::nullopt};
    return fail(std::move(error));
  }
  if (rotated_ != nullptr && rotated_->thing_name && answer.thing_name != rotated_->thing_name) {
    Error error;
    error.kind = ErrorKind::kOtherIdentity;
    error.phase = Phase::kRegister;
    error.message = "the service registered " +
                    (answer.thing_name ? "thing " + *answer.thing_name : std::string("no thing")) + " instead of " +
                    *rotated_->thing_name + "; this gateway's identity is not replaced";
    error.hint = "check that template and parameters are those of this gateway; delete certificate " +
                 printable(at.certificate_id) + " at the service";
    return fail(std::move(error));
  }
  FP_TRY_ASSIGN(const CertificateFacts facts, ports_.keysmith.read_certificate(at.certificate_pem));
  FP_TRY_ASSIGN(const std::optional<Identity> present, read_if_whole(ports_.disk, ports_.keysmith, kIdentityDirectory));
  Identity identity;
  identity.thing_name = std::move(answer.thing_name);
  identity.certificate_id = at.certificate_id;
  identity.certificate_fingerprint = facts.fingerprint;
  identity.not_after = rfc3339(facts.not_after);
  identity.template_name = rotated_ != nullptr ? rotated_->template_name : plan_.template_name;
  identity.endpoint = plan_.endpoint.host;
  identity.port = plan_.endpoint.port;
  identity.method = plan_.method;
  identity.key_type = at.made.key.type;
  identity.key = at.made.key.pem.empty() ? at.made.key.uri : kPrivateKeyFile;
  if (!at.made.key.pem.empty()) identity.key_store = kFileKeyStore;
  identity.device_configuration = std::move(answer.device_configuration);
  identity.request_digest =
      rotated_ != nullptr ? rotated_->request_digest : make_request_digest(plan_, ports_.keysmith);
  identity.files_digest = digest_of_files(identity, at.certificate_pem, at.made.key.pem, ports_.keysmith);
  // A rotation asks as the identity, whose fingerprint is not that of a claim.
  identity.claim_fingerprint =
      rotated_ != nullptr ? rotated_->claim_fingerprint : std::optional(at.origin.claim_fingerprint);
  if (present) identity.replaces = present->certificate_fingerprint;
  identity.provisioned_at = rfc3339(ports_.clock.wall_now());
  return identity;
}

void Steps::tell_reached() {
  struct Words {
    std::string operator()(const Fresh&) const { return ""; }
    std::string operator()(const KeyMade& at) const {
      return at.origin.source.starts_with("csr ") ? "CSR stored" : "key stored";
    }
    std::string operator()(const Certified& at) const { return "certificate stored: " + printable(at.certificate_id); }
    std::string operator()(const Enrolled& at) const { return "registered as " + named(at.identity); }
    std::string operator()(const Verified& at) const { return "identity verified: " + named(at.enrolled.identity); }
    std::string operator()(const Installed& at) const { return "identity installed: " + named(at.identity); }
  };
  const std::string what = std::visit(Words{}, progress_);
  if (!what.empty()) ports_.observer.reached(what);
}

}  // namespace fleet_provision

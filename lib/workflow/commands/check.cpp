#include "workflow/commands/check.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "workflow/commands/check_findings.hpp"
#include "workflow/commands/connectivity_check.hpp"
#include "workflow/run/device_key.hpp"
#include "workflow/run/reconcile.hpp"
#include "workflow/state/hardware_keys.hpp"
#include "workflow/state/request_digest.hpp"

namespace fleet_provision {
namespace {

constexpr unsigned kOthersMayRead = 044;

bool is_missing(ErrorKind kind) {
  return kind == ErrorKind::kFileNotFound || kind == ErrorKind::kUsage;
}

class Checks {
 public:
  Checks(const Plan& plan, const Ports& ports, PhaseLog& log)
      : context_(plan, ports),
        plan_(plan),
        ports_(ports),
        findings_(context_.outcome, ports.clock),
        connectivity_(context_, log, findings_) {}

  Outcome all(bool probe) {
    // In the order of a run, so that the first failure is the one that a run would end with.
    findings_.examine("configuration", [this] { return configuration(); });
    findings_.examine("identity", [this] { return identity(); });
    const auto roots = ports_.transport.load_roots();
    const bool claim = check_claim(roots);
    key_mode();
    if (!plan_.claim_files_to_remove.empty() && ports_.host != nullptr) claim_removal();
    if (!roots) findings_.failed("trusted-roots", roots.error());
    findings_.examine("state-directory", [this] { return state(); });
    findings_.examine("clock", [this] { return clock(); });
    if (!std::holds_alternative<MakeKey>(plan_.key_source)) {
      findings_.examine("device-key", [this] { return device_key(); });
    } else if (plan_.method == Method::kCsr) {
      key_store(std::get<MakeKey>(plan_.key_source));
    }
    if (!roots) {
      connectivity_.skip("needs trusted roots");
    } else if (ports_.clock.now() >= context_.attempts.deadline()) {
      // A key device that hangs has used the time up: without any, every step would fail with a cause that is not true.
      connectivity_.skip("--timeout expired");
    } else {
      connectivity_.check_connection(claim);
    }
    connectivity_.probe_all(probe);
    if (plan_.on_success && ports_.host != nullptr) findings_.examine("on-success", [this] { return program(); });
    context_.outcome.kind = context_.outcome.error ? OutcomeKind::kFailed : OutcomeKind::kChecked;
    return std::move(context_.outcome);
  }

 private:
  Result<std::string> configuration() {
    return "template " + plan_.template_name + ", " + std::to_string(plan_.parameters.size()) +
           (plan_.parameters.size() == 1 ? " parameter" : " parameters") + ", method " +
           std::string(word(plan_.method)) + ", " + std::string(word(plan_.payload_format));
  }

  /// Whether the claim can be used to connect. A provisioned gateway may have deleted its claim.
  bool check_claim(const Result<void>& roots) {
    const Instant began = ports_.clock.now();
    auto loaded = ports_.transport.load_credentials();
    const double took = findings_.milliseconds_since(began);
    if (loaded) {
      claim_ = *loaded;
      findings_.note("claim", CheckResult::kOk,
                     claim_.subject + ", valid until " + rfc3339(claim_.not_after) + "; the key matches", {}, took);
    } else if (!roots && loaded.error().message == roots.error().message) {
      findings_.note("claim", CheckResult::kOk, "certificate and key match", {}, took);
    } else if (is_missing(loaded.error().kind) && provisioned()) {
      findings_.note("claim", CheckResult::kWarning,
                     loaded.error().message + "; this gateway is provisioned and needs no claim", {}, took);
    } else {
      findings_.failed("claim", loaded.error(), took);
    }
    return loaded.has_value();
  }

  [[nodiscard]] bool provisioned() {
    if (plan_.force) return false;
    const auto identity = context_.vault.read_identity();
    return identity && *identity && is_for((*identity)->request_digest, plan_, ports_.keysmith);
  }

  void key_mode() {
    const auto location = parse_key_location(plan_.claim_key_file);
    if (ports_.host == nullptr || !location || !is_file(*location)) return;
    const auto mode = ports_.host->mode_of(plan_.claim_key_file);
    if (!mode) return;
    const std::string file = printable(plan_.claim_key_file);
    if ((*mode & kOthersMayRead) == 0) {
      findings_.note("claim-key-mode", CheckResult::kOk, file + " is private");
    } else {
      findings_.note("claim-key-mode", CheckResult::kWarning, file + " is readable by other users",
                     "chmod 600 " + file);
    }
  }

  Result<std::string> clock() {
    const WallTime now = ports_.clock.wall_now();
    if (now >= plan_.build_date && now >= claim_.not_before) return rfc3339(now);
    const bool by_claim = claim_.not_before > plan_.build_date;
    return fail(ErrorKind::kClockNotSet,
                "the clock says " + rfc3339(now) + ", before " +
                    (by_claim ? "the claim certificate becomes valid (" : "this program was built (") +
                    rfc3339(by_claim ? claim_.not_before : plan_.build_date) + ")",
                "set the clock, e.g. by NTP; a run waits for it within --timeout");
  }

  Result<std::string> device_key() {
    if (const auto* csr = std::get_if<ExistingCsr>(&plan_.key_source)) {
      FP_TRY_ASSIGN(const Csr read, ports_.keysmith.open_csr(csr->file));
      FP_TRY(require_other_key_than_claim(plan_, read.public_key_sha256, claim_.public_key_sha256));
      if (!csr->key_reference) return "CSR " + printable(csr->file);
      FP_TRY_ASSIGN(const DeviceKey key, ports_.keysmith.open_key(*csr->key_reference));
      if (key.public_key_sha256 == read.public_key_sha256) return "CSR " + printable(csr->file) + "; the key matches";
      return fail(ErrorKind::kDeviceKeyUnusable, "the key did not sign the CSR",
                  "give the key that the CSR was created with");
    }
    FP_TRY_ASSIGN(const DeviceKey key, ports_.keysmith.open_key(std::get<ExistingKey>(plan_.key_source).reference));
    FP_TRY(require_other_key_than_claim(plan_, key.public_key_sha256, claim_.public_key_sha256));
    return key.type;
  }

  Result<std::string> identity() {
    FP_TRY_ASSIGN(const auto found, context_.vault.read_identity());
    if (!found) return std::string("no identity yet");
    const std::string name = found->thing_name ? "thing " + *found->thing_name : "a certificate without a thing";
    if (plan_.force || is_for(found->request_digest, plan_, ports_.keysmith)) return name;
    return fail(ErrorKind::kOtherIdentity,
                ports_.disk.root() + " holds the identity of " + name + ", made for another request",
                "give this gateway a --state-dir of its own, or replace the identity with --force");
  }

  void claim_removal() {
    findings_.examine("claim-removal", [this] { return removable_claim(); });
  }

  Result<std::string> removable_claim() {
    FP_TRY_ASSIGN(const std::size_t count, context_.claim_removal.foresee());
    if (count == 0) return std::string("the claim files are already deleted");
    return std::string(count == 1 ? "the claim file" : "the claim files") + " can be deleted";
  }

  /// The findings about the store of a new key, unless the key exists already: then its place is not free.
  void key_store(const MakeKey& wanted) {
    if (std::holds_alternative<FileStore>(wanted.store)) return;
    if (provisioned()) return findings_.skipped("key-store", "this gateway is provisioned; a run makes no key");
    if (key_is_begun()) return findings_.skipped("key-store", "an unfinished run has planned or made its key there");
    for (const KeyStoreFinding& each : ports_.keysmith.examine_store(wanted, own_hardware_keys(ports_.disk))) {
      if (each.result) {
        findings_.note(each.name, CheckResult::kOk, *each.result, {}, each.took.count());
      } else {
        findings_.failed(each.name, each.result.error(), each.took.count());
      }
    }
  }

  [[nodiscard]] bool key_is_begun() {
    const auto journal = context_.vault.peek();
    const KeyOrigin* origin = journal && *journal ? key_origin_of((*journal)->progress) : nullptr;
    return origin != nullptr && *origin == key_origin_of(plan_);
  }

  Result<std::string> program() {
    FP_TRY(ports_.host->may_run(*plan_.on_success));
    return printable(*plan_.on_success) + " is executable";
  }

  Result<std::string> state() {
    Vault& vault = context_.vault;
    FP_TRY(vault.require_sole_writer());
    FP_TRY_ASSIGN(const auto root, ports_.disk.inspect(""));
    // A gateway that has the requested identity already writes nothing.
    if (ports_.host != nullptr && !provisioned()) FP_TRY(ports_.host->may_create_in(ports_.disk.root()));
    if (!root) return ports_.disk.root() + " does not exist yet; a run creates it";
    FP_TRY_ASSIGN(const bool pending, vault.has_pending());
    if (!pending) return ports_.disk.root() + " is writable";
    FP_TRY_ASSIGN(const auto journal, vault.peek());
    if (journal && !plan_.force) FP_TRY(has_own_key(journal->progress));
    return "an unfinished run can be resumed" +
           (journal ? " at " + std::string(word(milestone(journal->progress))) : std::string());
  }

  /// Fails for an unfinished run that has registered its thing, which a run does not discard without --force.
  [[nodiscard]] Result<void> has_own_key(const Progress& progress) const {
    const DeviceKey* key = device_key_of(progress);
    const bool is_claims =
        key != nullptr && !key->public_key_sha256.empty() && key->public_key_sha256 == claim_.public_key_sha256;
    if (!is_claims || milestone(progress) < Milestone::kEnrolled) return {};
    return registered_with_claim_key();
  }

  RunContext context_;
  const Plan& plan_;
  const Ports& ports_;
  CheckFindings findings_;
  ConnectivityCheck connectivity_;
  CertificateFacts claim_;
};

}  // namespace

void PhaseLog::phase_began(Phase phase, unsigned attempt) {
  {
    const Lock lock(mutex_);
    spans_.push_back({phase, clock_.now(), std::nullopt});
  }
  ForwardingObserver::phase_began(phase, attempt);
}

void PhaseLog::phase_ended(Phase phase, unsigned attempt) {
  {
    const Lock lock(mutex_);
    for (Span& each : spans_) {
      if (each.phase == phase && !each.ended) each.ended = clock_.now();
    }
  }
  ForwardingObserver::phase_ended(phase, attempt);
}

std::optional<PhaseLog::Span> PhaseLog::find(Phase phase) {
  const Lock lock(mutex_);
  const auto last = std::find_if(spans_.rbegin(), spans_.rend(), [&](const Span& each) { return each.phase == phase; });
  return last == spans_.rend() ? std::nullopt : std::optional(*last);
}

Outcome check(const Plan& plan, const Ports& ports, PhaseLog& log, bool probe) {
  return Checks(plan, ports, log).all(probe);
}

}  // namespace fleet_provision

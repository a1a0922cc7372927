// The steps from each milestone to the next (docs/architecture.md, "Typed milestones"): one function for each, and one
// function that advances and saves.
#pragma once

#include "core/milestones.hpp"
#include "workflow/run/connection.hpp"
#include "workflow/run/requester.hpp"
#include "workflow/run/run_context.hpp"
#include "workflow/state/budget.hpp"

namespace fleet_provision {

/// The attempt that a step belongs to.
struct StepAttempt {
  /// Counted from 1.
  unsigned number = 1;
  /// Null if the step needs no network.
  Connection* connection = nullptr;
};

class Steps {
 public:
  /// Both outlive this object. The vault is open.
  Steps(RunContext& context, const Requester& requester)
      : context_(context), requester_(requester), budget_(context.ports.clock) {}

  /// Resumes from the journal in the vault, as far as it matches the plan. A claim's key is never a device key
  /// (kDeviceKeyIsClaimKey).
  [[nodiscard]] Result<void> resume();
  [[nodiscard]] const Progress& progress() const { return progress_; }
  [[nodiscard]] bool needs_network() const;
  /// kCertificateLimit if the next step would exceed the limit of requested certificates.
  [[nodiscard]] Result<void> check_limit();
  /// Advances by one milestone, which is durable when the function returns.
  [[nodiscard]] Result<void> advance(const StepAttempt& attempt);
  /// Whether the identity is complete in `pending/` and must connect before it may be installed.
  [[nodiscard]] bool awaits_proof() const;
  /// Records that the identity has connected: Enrolled becomes Verified.
  [[nodiscard]] Result<void> note_proof(unsigned attempt);
  /// Stores the true number of requests at the end of a run that failed with `why`: requests that were counted in
  /// advance but not sent, or that were rejected, must not count towards the limit.
  void store_count(ErrorKind why);

 private:
  [[nodiscard]] Result<Progress> next(Fresh& at, const StepAttempt& attempt);
  [[nodiscard]] Result<Progress> next(KeyPlanned& at, const StepAttempt& attempt);
  [[nodiscard]] Result<Progress> next(KeyMade& at, const StepAttempt& attempt);
  [[nodiscard]] Result<Progress> next(Certified& at, const StepAttempt& attempt);
  [[nodiscard]] Result<Progress> next(Enrolled& at, const StepAttempt& attempt);
  [[nodiscard]] Result<Progress> next(Verified& at, const StepAttempt& attempt);
  [[nodiscard]] Result<Progress> next(Installed& at, const StepAttempt& attempt);

  [[nodiscard]] Result<Progress> make_key(const StepAttempt& attempt);
  [[nodiscard]] Result<Progress> request_key_and_certificate(const StepAttempt& attempt);
  [[nodiscard]] Progress without_token(Certified& at, const Error& refusal);
  [[nodiscard]] Result<void> reconcile_with_plan(Progress left);
  [[nodiscard]] Result<void> discard_claim_key();
  [[nodiscard]] Result<void> destroy_abandoned_key();
  [[nodiscard]] Result<Exchange*> exchange_of(const StepAttempt& attempt);
  [[nodiscard]] Result<void> count_next_request(unsigned attempt);
  [[nodiscard]] Result<void> save(unsigned attempt);
  void report_milestone();

  RunContext& context_;
  const Requester& requester_;
  CertificateBudget budget_;
  Progress progress_;
  /// `progress_` is what the journal says. Before that no journal may be written over it.
  bool resumed_ = false;
};

}  // namespace fleet_provision

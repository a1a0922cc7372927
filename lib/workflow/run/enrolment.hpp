// From a resumed run to an installed identity: a connection for each attempt, "advance, save" until Installed, a wait
// between attempts; with --verify one of the connections uses the new identity, before the commit.
#pragma once

#include "workflow/run/requester.hpp"
#include "workflow/run/run_context.hpp"
#include "workflow/run/steps.hpp"

namespace fleet_provision {

class Enrolment {
 public:
  /// All references outlive this object. The vault is open and `steps` have resumed.
  Enrolment(RunContext& context, const Requester& requester, Steps& steps)
      : context_(context), requester_(requester), steps_(steps) {}

  /// Sets `outcome.identity` once it is installed. Errors are those of the steps, and kClockNotSet.
  [[nodiscard]] Result<void> run();

 private:
  [[nodiscard]] Result<void> prepare_connections();
  void warn_early();
  [[nodiscard]] Result<void> open_given_key();
  [[nodiscard]] Result<void> wait_for_clock();
  [[nodiscard]] Result<void> check_claim_expiration();
  [[nodiscard]] Result<void> try_once(Retry& retry, unsigned attempt);
  [[nodiscard]] Result<void> install(Retry& retry, unsigned attempt);
  [[nodiscard]] Result<void> prove(const Retry& retry, unsigned attempt);

  RunContext& context_;
  const Requester& requester_;
  Steps& steps_;
};

}  // namespace fleet_provision

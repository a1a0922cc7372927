// From what is unfinished to an identity in its place: a connection for each attempt, "advance, save" until Installed,
// a wait between; with --verify one of the connections is made as the new identity, before the commit.
#pragma once

#include "workflow/run/attempts.hpp"
#include "workflow/run/steps.hpp"
#include "workflow/state/vault.hpp"

namespace fleet_provision {

class Enrolment {
 public:
  /// All references outlive this. `vault` is open and `steps` have resumed when it begins.
  Enrolment(const Plan& plan, const Ports& ports, Vault& vault, Steps& steps, Attempts& attempts, Outcome& outcome)
      : plan_(plan), ports_(ports), vault_(vault), steps_(steps), attempts_(attempts), outcome_(outcome) {}

  /// Sets `outcome.identity` once it is in its place. `asking` is the certificate that the transport connects with: a
  /// clock before its notBefore is waited for. Errors are those of the steps, and kClockNotSet.
  [[nodiscard]] Result<void> to_its_end(const CertificateFacts& asking);

 private:
  void warn_early();
  [[nodiscard]] Result<void> open_outside_key();
  [[nodiscard]] Result<void> wait_for_clock(WallTime asking_from);
  [[nodiscard]] Result<void> connect_and_go_on(Retry& retry, unsigned attempt);
  [[nodiscard]] Result<void> prove(const Retry& retry, unsigned attempt);

  const Plan& plan_;
  const Ports& ports_;
  Vault& vault_;
  Steps& steps_;
  Attempts& attempts_;
  Outcome& outcome_;
};

}  // namespace fleet_provision

// From each milestone to the next: one function each, and one loop that says "advance, save" until the last.
#pragma once

#include <string>

#include "core/milestones.hpp"
#include "ports/ports.hpp"
#include "workflow/outcome.hpp"
#include "workflow/run/connection.hpp"
#include "workflow/state/budget.hpp"
#include "workflow/state/vault.hpp"

namespace fleet_provision {

class Steps {
 public:
  Steps(const Plan& plan, const Ports& ports, Vault& vault, Outcome& outcome)
      : plan_(plan), ports_(ports), vault_(vault), outcome_(outcome), budget_(ports.clock) {}

  /// What is made is to replace `present` (which outlives this): for the same request, of the same thing. Before
  /// `resume`.
  void rotate(const Identity& present) { rotated_ = &present; }
  /// Goes on from what the vault holds, as far as it fits this plan. `asking` is the certificate that asks: the
  /// claim's, or with `rotate` the identity's own. A claim's key is never a device key (kDeviceKeyIsClaimKey).
  [[nodiscard]] Result<void> resume(const CertificateFacts& asking);
  [[nodiscard]] const Progress& progress() const { return progress_; }
  [[nodiscard]] bool needs_network() const;
  /// kCertificateLimit when the next step would ask for one certificate too many.
  [[nodiscard]] Result<void> check_limit();
  /// One milestone further, durable when it returns. Without `connection` where the network is not needed.
  [[nodiscard]] Result<void> step(Connection* connection, unsigned attempt);
  /// The identity is whole in `pending/` and has to connect before it may be put in place.
  [[nodiscard]] bool awaits_proof() const;
  /// It has connected: Enrolled becomes Verified.
  [[nodiscard]] Result<void> proved();
  /// Puts the count on disk right at the end of a run that failed.
  void settle(ErrorKind why);

 private:
  struct Advance;
  [[nodiscard]] Result<Progress> advance(Fresh& at);
  [[nodiscard]] Result<Progress> advance(KeyMade& at);
  [[nodiscard]] Result<Progress> advance(Certified& at);
  [[nodiscard]] Result<Progress> advance(Enrolled& at);
  [[nodiscard]] Result<Progress> advance(Verified& at);
  [[nodiscard]] Result<Progress> advance(Installed& at);

  [[nodiscard]] Result<KeyMade> make_or_open_key();
  [[nodiscard]] Result<void> fit_what_is_left(Progress left);
  [[nodiscard]] Result<void> discard_claim_key();
  [[nodiscard]] Result<void> check_outside_key(const DeviceKey& key) const;
  [[nodiscard]] Result<CreateCertificateAnswer> create(std::string_view payload);
  [[nodiscard]] Result<CreateCertificateAnswer> create_for(const DeviceKey& key, std::string_view payload);
  [[nodiscard]] Result<Exchange*> exchange();
  [[nodiscard]] Result<void> count_next_request();
  [[nodiscard]] Result<void> save();
  [[nodiscard]] Result<Identity> make_identity(const Certified& at, RegisterThingAnswer answer);
  void tell_reached();

  const Plan& plan_;
  const Ports& ports_;
  Vault& vault_;
  Outcome& outcome_;
  CertificateBudget budget_;
  Progress progress_;
  /// Of the certificate that asks.
  std::string claim_fingerprint_;
  std::string asking_key_;
  const Identity* rotated_ = nullptr;
  Connection* connection_ = nullptr;
  unsigned attempt_ = 1;
};

}  // namespace fleet_provision

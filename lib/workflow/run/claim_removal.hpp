// --remove-claim: deletes the claim's files, and no other file.
//
// A file is deleted only if this run has read it as part of the claim and it is still the same file. If this run did
// not load the claim, because the gateway was provisioned already, the identity records which claim requested it.
//
// A claim key in a token or at a TPM handle is no file: the plan does not name it, and it stays there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ports/claim_file.hpp"
#include "ports/ports.hpp"
#include "workflow/outcome.hpp"

namespace fleet_provision {

class ClaimRemoval {
 public:
  /// Both outlive this object.
  ClaimRemoval(const Plan& plan, const Ports& ports) : plan_(plan), ports_(ports) {}

  /// Checks in advance, as far as possible, that the files that still exist can be deleted; returns their number.
  /// kClaimNotRemoved.
  [[nodiscard]] Result<std::size_t> foresee();
  /// The same before a certificate is requested, with the claim that was loaded; remembers its files.
  [[nodiscard]] Result<void> prepare(const CertificateFacts& claim);
  /// Deletes the files that still exist. kClaimNotRemoved.
  [[nodiscard]] Result<void> carry_out(const Identity& identity);

 private:
  [[nodiscard]] SparedFiles spared() const;
  [[nodiscard]] Result<std::vector<std::string>> remaining();
  [[nodiscard]] Result<ClaimProof> prove(const std::string& file);
  [[nodiscard]] Result<std::vector<ClaimFile>> proved(const std::vector<std::string>& files, const Identity& identity);

  const Plan& plan_;
  const Ports& ports_;
  /// The proof of the claim that this run has loaded.
  std::optional<ClaimProof> proof_;
};

}  // namespace fleet_provision

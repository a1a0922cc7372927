// --remove-claim: deletes the claim's files, and no other file.
//
// A file is deleted only when it was read in this run as part of the claim, and is still that file. Where this run did
// not load the claim, because the gateway was provisioned already, the identity says which claim it was made with.
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
  /// Both outlive this.
  ClaimRemoval(const Plan& plan, const Ports& ports) : plan_(plan), ports_(ports) {}

  /// Whether the files that still exist can be deleted, as far as that is known before; gives their number.
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
  /// Of the claim that this run has loaded.
  std::optional<ClaimProof> proof_;
};

}  // namespace fleet_provision

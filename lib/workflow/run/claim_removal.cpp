#include "workflow/run/claim_removal.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr const char* kByHand =
    "delete it by hand if it belongs to the claim; otherwise correct --claim, or --claim-cert and --claim-key";

tl::unexpected<Error> refuse(const std::string& file, const std::string& why, const char* hint = kByHand) {
  return fail(ErrorKind::kClaimNotRemoved, "the claim file " + printable(file) + " is not deleted: " + why, hint);
}

/// Whether the claim of `proof`, which has a certificate, requested the identity. An identity of a version that did not
/// record its claim accepts every certificate whose key belongs to it and that is not the identity's own.
bool is_claim_of(const ClaimProof& proof, const Identity& identity) {
  if (identity.claim_fingerprint) return proof.certificate->fingerprint == *identity.claim_fingerprint;
  return proof.key_fits && proof.certificate->fingerprint != identity.certificate_fingerprint;
}

}  // namespace

SparedFiles ClaimRemoval::spared() const {
  return {ports_.disk.root(), plan_.ca_file};
}

Result<std::vector<std::string>> ClaimRemoval::remaining() {
  std::vector<std::string> files;
  if (plan_.claim_files_to_remove.empty()) return files;
  if (ports_.host == nullptr) return fail(ErrorKind::kInternal, "there is no host system to remove the claim");
  for (const std::string& each : plan_.claim_files_to_remove) {
    FP_TRY_ASSIGN(const bool is_there, ports_.host->may_remove(each, spared()));
    if (is_there) files.push_back(each);
  }
  return files;
}

Result<std::size_t> ClaimRemoval::foresee() {
  FP_TRY_ASSIGN(const auto files, remaining());
  return files.size();
}

Result<ClaimProof> ClaimRemoval::prove(const std::string& file) {
  auto proof = ports_.transport.prove_claim();
  if (proof || proof.error().kind == ErrorKind::kInterrupted || proof.error().kind == ErrorKind::kTerminated) {
    return proof;
  }
  return refuse(file, proof.error().message);
}

Result<void> ClaimRemoval::prepare(const CertificateFacts& claim) {
  FP_TRY_ASSIGN(const auto files, remaining());
  if (files.empty()) return {};
  FP_TRY_ASSIGN(ClaimProof proof, prove(files.front()));
  if (!proof.certificate || proof.certificate->fingerprint != claim.fingerprint) {
    return fail(ErrorKind::kClaimNotRemoved,
                "the claim file " + printable(files.front()) + " was replaced while this run read it", "rerun");
  }
  proof_ = std::move(proof);
  return {};
}

Result<std::vector<ClaimFile>> ClaimRemoval::proved(const std::vector<std::string>& files, const Identity& identity) {
  ClaimProof proof;
  if (proof_) {
    proof = *proof_;
  } else {
    FP_TRY_ASSIGN(proof, prove(files.front()));
    if (!proof.certificate)
      return refuse(files.front(), "its content cannot be verified without the claim certificate");
    if (!is_claim_of(proof, identity)) {
      return refuse(files.front(), "it does not belong to the claim that this gateway was provisioned with");
    }
  }
  std::vector<ClaimFile> found;
  for (const std::string& file : files) {
    const auto read = std::find_if(proof.files.begin(), proof.files.end(),
                                   [&file](const ClaimFile& each) { return each.path == file; });
    if (read == proof.files.end()) return refuse(file, "it does not hold the key of the claim certificate");
    found.push_back(*read);
  }
  return found;
}

Result<void> ClaimRemoval::carry_out(const Identity& identity) {
  FP_TRY_ASSIGN(const auto files, remaining());
  if (files.empty()) return {};
  // All files are checked before the first is deleted, because without the certificate the key cannot be recognised.
  FP_TRY_ASSIGN(const auto claim, proved(files, identity));
  for (std::size_t i = 0; i < claim.size(); ++i) {
    const ClaimFile& each = claim[i];
    FP_TRY_ASSIGN(const std::uint64_t other_names, ports_.host->remove(each, spared()));
    // Certificate and key may be two names of one file: the warning about remaining names comes with the last of them.
    const bool another_follows = std::any_of(claim.begin() + static_cast<std::ptrdiff_t>(i) + 1, claim.end(),
                                             [&each](const ClaimFile& later) { return later.stamp == each.stamp; });
    if (other_names == 0 || another_follows) continue;
    ports_.observer.warned("the claim file " + printable(each.path) + " is deleted, but its content has " +
                           std::to_string(other_names) + " other name" + (other_names == 1 ? "" : "s") +
                           " (hard links): find / -xdev -inum " + std::to_string(each.stamp.inode));
  }
  return {};
}

}  // namespace fleet_provision

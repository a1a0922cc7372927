// A key of a TPM that signs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "adapters/keys/tpm2/tpm2_session.hpp"

namespace fleet_provision {

/// A key as it was opened; not changed afterwards, so that calls that never return may share it.
struct TpmKey {
  /// Begins the messages.
  std::string subject;
  TpmPublicArea area;
  /// Absent for a persistent key.
  std::optional<Tss2Key> wrapped;
  std::uint32_t handle = 0;
};

/// The object of a key: loads a wrapped key, finds a persistent one.
[[nodiscard]] Result<ESYS_TR> object_of(TpmConnection& tpm, const TpmKey& key, const OwnerSecret& owner);

/// `connection` stays open, and the key loaded where slots allow it, as long as the signer lives.
[[nodiscard]] std::shared_ptr<ExternalSigner> make_tpm_signer(std::shared_ptr<TpmSession> session,
                                                              std::shared_ptr<TpmConnection> connection,
                                                              std::shared_ptr<const TpmKey> key);

/// Adds to a refused PIN how many tries are left, and to a lockout how long it lasts.
[[nodiscard]] Error with_lockout_facts(TpmConnection& tpm, Error error);

}  // namespace fleet_provision

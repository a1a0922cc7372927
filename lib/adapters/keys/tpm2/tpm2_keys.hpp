// Commands of a TPM that make, load, store and use keys. All need the mutex of the connection's TpmAccess.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/keys/device/external_key.hpp"
#include "adapters/keys/tpm2/tpm2_connection.hpp"
#include "adapters/keys/tpm2/tpm_public_area.hpp"
#include "adapters/keys/tpm2/tss2_pem.hpp"
#include "core/plan.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

/// The storage key of the owner hierarchy, as the parent of a wrapped key (TPM_RH_OWNER).
inline constexpr std::uint32_t kOwnerHierarchy = 0x4000'0001;

/// What authorizes commands of the owner hierarchy.
struct OwnerSecret {
  /// Empty without a password.
  Secret password;
  bool given = false;
};

/// The key types of the program that the TPM has.
[[nodiscard]] std::vector<KeyType> types_of(TpmConnection& tpm);
/// Whether the TPM has the type, without making a key.
[[nodiscard]] TSS2_RC test_type(TpmConnection& tpm, KeyType type);

/// Makes a key under the storage key of the owner hierarchy, with `pin` as its authorization value; with an empty one
/// it is not subject to dictionary attack protection.
[[nodiscard]] Result<Tss2Key> create_key(TpmConnection& tpm, KeyType type, const Secret& pin, const OwnerSecret& owner);
/// The loaded key, loaded again if its slot was needed.
[[nodiscard]] Result<ESYS_TR> load_key(TpmConnection& tpm, const Tss2Key& key, const OwnerSecret& owner,
                                       const std::string& subject);
/// The marshalled TPM2B_PUBLIC of an object.
[[nodiscard]] Result<std::string> read_public(TpmConnection& tpm, ESYS_TR object, const std::string& subject);
/// Makes `object` persistent at the handle, or evicts it if it is persistent there.
[[nodiscard]] Result<void> evict_control(TpmConnection& tpm, ESYS_TR object, std::uint32_t handle,
                                         const OwnerSecret& owner, const std::string& subject);

/// One signature with the authorization value `pin`.
[[nodiscard]] TSS2_RC sign_with(TpmConnection& tpm, ESYS_TR key, const TpmPublicArea& area,
                                const SignatureRequest& request, const Secret& pin, std::string& signature);

}  // namespace fleet_provision

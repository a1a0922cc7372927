// What the response codes of a TPM and of its libraries mean: one table from the code to the kind of error, its words
// and its hint.
//
// TPM 2.0 Library, Part 2, section 6.6 (TPM_RC), and TCG TSS 2.0 Overview and Common Structures, "Response codes".
#pragma once

#include <cstdint>
#include <string>

#include "core/error.hpp"

namespace fleet_provision {

/// What the program asked of the TPM: the same code means something else for each.
enum class TpmUse : unsigned char {
  kConnect,  ///< opening the TPM
  kOwner,    ///< a command that the owner hierarchy authorizes
  kParent,   ///< using the parent of a key
  kMake,     ///< making a key
  kLoad,     ///< loading a wrapped key
  kHandle,   ///< reading a persistent handle
  kSign,     ///< using a key
  kPersist,  ///< making a key persistent, or evicting one
};

struct TpmCall {
  TpmUse use = TpmUse::kConnect;
  /// Begins the message: "the device key /etc/key.pem".
  std::string subject;
  /// Whether a PIN (kSign) or an owner password (kOwner, kPersist) was given.
  bool secret_given = false;
};

/// A response code without the number of the handle, session or parameter that it is about: TPM_RC_AUTH_FAIL is 0x8e.
[[nodiscard]] std::uint32_t tpm_base_code(std::uint32_t code);
/// `TPM_RC_AUTH_FAIL (0x98e)`.
[[nodiscard]] std::string tpm_code_text(std::uint32_t code);
/// The error of a call that failed with this code.
[[nodiscard]] Error tpm_error(std::uint32_t code, const TpmCall& call);

inline constexpr std::uint32_t kTpmRcHandle = 0x08B;
inline constexpr std::uint32_t kTpmRcAuthFail = 0x08E;
inline constexpr std::uint32_t kTpmRcBadAuth = 0x0A2;
inline constexpr std::uint32_t kTpmRcLockout = 0x921;

}  // namespace fleet_provision

#include "adapters/keys/tpm2/tpm2_error.hpp"

#include <array>
#include <cstdio>
#include <optional>
#include <string_view>

namespace fleet_provision {
namespace {

using enum ErrorKind;

struct CodeName {
  std::uint32_t code;
  std::string_view name;
};

constexpr std::array kTpmNames{
    CodeName{0x100, "INITIALIZE"},
    CodeName{0x101, "FAILURE"},
    CodeName{0x120, "DISABLED"},
    CodeName{0x124, "AUTH_TYPE"},
    CodeName{0x125, "AUTH_MISSING"},
    CodeName{0x12D, "UPGRADE"},
    CodeName{0x12F, "AUTH_UNAVAILABLE"},
    CodeName{0x130, "REBOOT"},
    CodeName{0x142, "COMMAND_SIZE"},
    CodeName{0x143, "COMMAND_CODE"},
    CodeName{0x14B, "NV_SPACE"},
    CodeName{0x14C, "NV_DEFINED"},
    CodeName{0x152, "PARENT"},
    CodeName{0x153, "NEEDS_TEST"},
    CodeName{0x154, "NO_RESULT"},
    CodeName{0x155, "SENSITIVE"},
    CodeName{0x081, "ASYMMETRIC"},
    CodeName{0x082, "ATTRIBUTES"},
    CodeName{0x083, "HASH"},
    CodeName{0x084, "VALUE"},
    CodeName{0x085, "HIERARCHY"},
    CodeName{0x087, "KEY_SIZE"},
    CodeName{0x08A, "TYPE"},
    CodeName{0x08B, "HANDLE"},
    CodeName{0x08D, "RANGE"},
    CodeName{0x08E, "AUTH_FAIL"},
    CodeName{0x092, "SCHEME"},
    CodeName{0x095, "SIZE"},
    CodeName{0x096, "SYMMETRIC"},
    CodeName{0x097, "TAG"},
    CodeName{0x098, "SELECTOR"},
    CodeName{0x09A, "INSUFFICIENT"},
    CodeName{0x09C, "KEY"},
    CodeName{0x09D, "POLICY_FAIL"},
    CodeName{0x09F, "INTEGRITY"},
    CodeName{0x0A1, "RESERVED_BITS"},
    CodeName{0x0A2, "BAD_AUTH"},
    CodeName{0x0A5, "BINDING"},
    CodeName{0x0A6, "CURVE"},
    CodeName{0x0A7, "ECC_POINT"},
    CodeName{0x902, "OBJECT_MEMORY"},
    CodeName{0x903, "SESSION_MEMORY"},
    CodeName{0x904, "MEMORY"},
    CodeName{0x905, "SESSION_HANDLES"},
    CodeName{0x906, "OBJECT_HANDLES"},
    CodeName{0x907, "LOCALITY"},
    CodeName{0x908, "YIELDED"},
    CodeName{0x909, "CANCELED"},
    CodeName{0x90A, "TESTING"},
    CodeName{0x910, "REFERENCE_H0"},
    CodeName{0x920, "NV_RATE"},
    CodeName{0x921, "LOCKOUT"},
    CodeName{0x922, "RETRY"},
    CodeName{0x923, "NV_UNAVAILABLE"},
};
constexpr std::array kLibraryNames{
    CodeName{1, "GENERAL_FAILURE"},
    CodeName{2, "NOT_IMPLEMENTED"},
    CodeName{3, "BAD_CONTEXT"},
    CodeName{4, "ABI_MISMATCH"},
    CodeName{5, "BAD_REFERENCE"},
    CodeName{6, "INSUFFICIENT_BUFFER"},
    CodeName{7, "BAD_SEQUENCE"},
    CodeName{8, "NO_CONNECTION"},
    CodeName{9, "TRY_AGAIN"},
    CodeName{10, "IO_ERROR"},
    CodeName{11, "BAD_VALUE"},
    CodeName{12, "NOT_PERMITTED"},
    CodeName{16, "BAD_SIZE"},
    CodeName{17, "MALFORMED_RESPONSE"},
    CodeName{18, "INSUFFICIENT_CONTEXT"},
    CodeName{19, "INSUFFICIENT_RESPONSE"},
    CodeName{20, "INCOMPATIBLE_TCTI"},
    CodeName{21, "NOT_SUPPORTED"},
    CodeName{22, "BAD_TCTI_STRUCTURE"},
    CodeName{23, "MEMORY"},
    CodeName{24, "BAD_TR"},
};
/// The prefix of a layer's codes, by the number in bits 16 to 23.
constexpr std::array kLayers{
    CodeName{7, "TSS2_ESYS_RC_"},  CodeName{8, "TSS2_SYS_RC_"},     CodeName{9, "TSS2_MU_RC_"},
    CodeName{10, "TSS2_TCTI_RC_"}, CodeName{11, "TSS2_RESMGR_RC_"},
};
/// A resource manager that repeats the TPM's own codes.
constexpr std::uint32_t kTpmBehindResourceManager = 12;

template <class Names>
std::string_view name_in(const Names& names, std::uint32_t code) {
  for (const CodeName& each : names) {
    if (each.code == code) return each.name;
  }
  return {};
}

enum class Secrets : unsigned char { kAny, kGiven, kAbsent };

/// The first row that fits decides. Without `use` a row is for every use.
struct Meaning {
  std::uint32_t code;
  std::optional<TpmUse> use;
  Secrets secrets;
  ErrorKind kind;
  std::string_view words;
  std::string_view hint;
};

constexpr std::optional<TpmUse> kEveryUse;
constexpr std::uint32_t kTctiIoError = 0xA000A;
constexpr std::uint32_t kTctiNotSupported = 0xA0015;

constexpr std::string_view kGiveOwnerPassword = "give the owner password in a file with --tpm-owner-password-file";
constexpr std::string_view kCheckOwnerPassword =
    "check --tpm-owner-password-file: the file must hold the owner password and nothing else but a final newline";
constexpr std::string_view kGivePin =
    "give its PIN in a file with --pin-file; if the key has no PIN, give an empty file";
constexpr std::string_view kCheckPin =
    "check --pin-file: the file must hold the key's PIN and nothing else but a final newline";
constexpr std::string_view kMakeAgain =
    "make a new identity on this gateway with --force; if the key is a claim, import it again into this TPM";
constexpr std::string_view kForeign =
    "it was wrapped by another TPM, or this TPM was cleared since, or the file is damaged";
constexpr std::string_view kRestore = "copy the key again; the file may be damaged";
constexpr std::string_view kOtherType =
    "choose another type with --key-type; `tpm2_testparms` shows what this TPM supports";
constexpr std::string_view kFlushObjects =
    "use the resource manager (/dev/tpmrm0), or remove what other programs left: tpm2_flushcontext --transient-object";
constexpr std::string_view kFlushSessions =
    "use the resource manager (/dev/tpmrm0), or remove what other programs left: tpm2_flushcontext --loaded-session";
constexpr std::string_view kEvictOne =
    "make room: tpm2_getcap handles-persistent lists the keys, tpm2_evictcontrol removes one";
constexpr std::string_view kSuitableKey = "use a key without a fixed scheme that may sign";

constexpr std::array kMeanings{
    Meaning{kTpmRcAuthFail, TpmUse::kSign, Secrets::kGiven, kPinWrong, "the TPM refused the PIN", kCheckPin},
    Meaning{kTpmRcBadAuth, TpmUse::kSign, Secrets::kGiven, kPinWrong, "the TPM refused the PIN", kCheckPin},
    Meaning{kTpmRcAuthFail, TpmUse::kSign, Secrets::kAbsent, kPinRequired, "the key needs a PIN", kGivePin},
    Meaning{kTpmRcBadAuth, TpmUse::kSign, Secrets::kAbsent, kPinRequired, "the key needs a PIN", kGivePin},
    Meaning{kTpmRcAuthFail, TpmUse::kParent, Secrets::kAny, kKeyUnsuitable, "its parent key has a PIN of its own",
            "make the key under a parent without a PIN"},
    Meaning{kTpmRcBadAuth, TpmUse::kParent, Secrets::kAny, kKeyUnsuitable, "its parent key has a PIN of its own",
            "make the key under a parent without a PIN"},
    Meaning{kTpmRcAuthFail, kEveryUse, Secrets::kGiven, kPinWrong, "the TPM refused the owner password",
            kCheckOwnerPassword},
    Meaning{kTpmRcBadAuth, kEveryUse, Secrets::kGiven, kPinWrong, "the TPM refused the owner password",
            kCheckOwnerPassword},
    Meaning{kTpmRcAuthFail, kEveryUse, Secrets::kAbsent, kPinRequired, "the TPM's owner hierarchy has a password",
            kGiveOwnerPassword},
    Meaning{kTpmRcBadAuth, kEveryUse, Secrets::kAbsent, kPinRequired, "the TPM's owner hierarchy has a password",
            kGiveOwnerPassword},
    Meaning{kTpmRcLockout, kEveryUse, Secrets::kAny, kTpmLockout,
            "the TPM is locked, because wrong PINs were given too often, perhaps by another program",
            "wait, or reset it with the lockout password: tpm2_dictionarylockout --clear-lockout"},
    Meaning{0x09F, TpmUse::kLoad, Secrets::kAny, kTpmKeyForeign, kForeign, kMakeAgain},
    Meaning{0x0A5, TpmUse::kLoad, Secrets::kAny, kTpmKeyForeign, kForeign, kMakeAgain},
    Meaning{0x095, TpmUse::kLoad, Secrets::kAny, kDeviceKeyUnusable, "the wrapped key is damaged", kRestore},
    Meaning{0x09A, TpmUse::kLoad, Secrets::kAny, kDeviceKeyUnusable, "the wrapped key is damaged", kRestore},
    Meaning{0x155, TpmUse::kLoad, Secrets::kAny, kDeviceKeyUnusable, "the wrapped key is damaged", kRestore},
    Meaning{0x0A7, TpmUse::kLoad, Secrets::kAny, kDeviceKeyUnusable, "the wrapped key is damaged", kRestore},
    Meaning{0x082, TpmUse::kLoad, Secrets::kAny, kDeviceKeyUnusable, "the wrapped key is damaged", kRestore},
    Meaning{kTpmRcHandle, TpmUse::kParent, Secrets::kAny, kTpmHandleEmpty, "its parent key is not in this TPM",
            "make the parent persistent again, or use a key of this TPM"},
    Meaning{kTpmRcHandle, kEveryUse, Secrets::kAny, kTpmHandleEmpty, "the TPM has no key at this handle",
            "correct the handle; list those that hold keys: tpm2_getcap handles-persistent"},
    Meaning{0x08A, TpmUse::kLoad, Secrets::kAny, kKeyUnsuitable, "its parent is not a storage key",
            "make the key under a storage key"},
    Meaning{0x14C, kEveryUse, Secrets::kAny, kTpmHandleOccupied, "the handle holds another key",
            "give another handle, or use that key with --key; list the handles that are taken: tpm2_getcap "
            "handles-persistent"},
    Meaning{0x14B, kEveryUse, Secrets::kAny, kKeyStoreFull, "the TPM has no room for another persistent key",
            kEvictOne},
    Meaning{0x08D, TpmUse::kPersist, Secrets::kAny, kKeyUri, "the owner hierarchy may not use this handle",
            "give 0x81000000 to 0x817FFFFF"},
    Meaning{0x084, TpmUse::kMake, Secrets::kAny, kKeyTypeUnsupported, "the TPM does not have this key type",
            kOtherType},
    Meaning{0x087, TpmUse::kMake, Secrets::kAny, kKeyTypeUnsupported, "the TPM does not have this key type",
            kOtherType},
    Meaning{0x0A6, TpmUse::kMake, Secrets::kAny, kKeyTypeUnsupported, "the TPM does not have this key type",
            kOtherType},
    Meaning{0x084, TpmUse::kLoad, Secrets::kAny, kKeyTypeUnsupported, "the TPM does not have the key's type",
            kOtherType},
    Meaning{0x0A6, TpmUse::kLoad, Secrets::kAny, kKeyTypeUnsupported, "the TPM does not have the key's curve",
            kOtherType},
    Meaning{0x087, TpmUse::kLoad, Secrets::kAny, kKeyTypeUnsupported, "the TPM does not have the key's size",
            kOtherType},
    Meaning{0x084, kEveryUse, Secrets::kAny, kKeyUnsuitable, "the handle is not that of a key that can be used here",
            kSuitableKey},
    Meaning{0x09C, kEveryUse, Secrets::kAny, kKeyUnsuitable, "the key may not sign", kSuitableKey},
    Meaning{0x082, kEveryUse, Secrets::kAny, kKeyUnsuitable, "the attributes of the key do not allow this",
            kSuitableKey},
    Meaning{0x092, kEveryUse, Secrets::kAny, kKeyUnsuitable, "the key is fixed to another signature scheme",
            kSuitableKey},
    Meaning{0x083, kEveryUse, Secrets::kAny, kKeyUnsuitable, "the TPM does not have this hash", kSuitableKey},
    Meaning{0x12F, kEveryUse, Secrets::kAny, kKeyUnsuitable, "the key can be used only with a policy", kSuitableKey},
    Meaning{0x085, kEveryUse, Secrets::kAny, kKeyDeviceFailed, "the TPM's owner hierarchy is disabled",
            "enable the storage hierarchy of the TPM in the firmware's setup"},
    Meaning{0x902, TpmUse::kPersist, Secrets::kAny, kKeyStoreFull, "the TPM has no room for another persistent key",
            kEvictOne},
    Meaning{0x902, kEveryUse, Secrets::kAny, kTpmBusy, "all slots of the TPM for loaded keys are taken", kFlushObjects},
    Meaning{0x906, kEveryUse, Secrets::kAny, kTpmBusy, "all slots of the TPM for loaded keys are taken", kFlushObjects},
    Meaning{0x904, kEveryUse, Secrets::kAny, kTpmBusy, "the TPM is out of memory", kFlushObjects},
    Meaning{0x903, kEveryUse, Secrets::kAny, kTpmBusy, "all sessions of the TPM are taken", kFlushSessions},
    Meaning{0x905, kEveryUse, Secrets::kAny, kTpmBusy, "all sessions of the TPM are taken", kFlushSessions},
    Meaning{0x908, kEveryUse, Secrets::kAny, kTpmBusy, "the TPM is busy", "rerun the same command"},
    Meaning{0x909, kEveryUse, Secrets::kAny, kTpmBusy, "another program cancelled the command",
            "rerun the same command"},
    Meaning{0x90A, kEveryUse, Secrets::kAny, kTpmBusy, "the TPM is testing itself", "rerun the same command"},
    Meaning{0x920, kEveryUse, Secrets::kAny, kTpmBusy, "the TPM delays writes to protect its memory",
            "rerun the same command in a minute"},
    Meaning{0x922, kEveryUse, Secrets::kAny, kTpmBusy, "the TPM is busy", "rerun the same command"},
    Meaning{0x923, kEveryUse, Secrets::kAny, kTpmBusy, "the TPM's memory is not accessible at the moment",
            "rerun the same command"},
    Meaning{0x100, kEveryUse, Secrets::kAny, kKeyDeviceFailed, "the TPM was not started",
            "start it: tpm2_startup --clear; the firmware or the kernel should do it at boot"},
    Meaning{0x101, kEveryUse, Secrets::kAny, kKeyDeviceFailed, "the TPM is in failure mode",
            "restart the gateway; if that does not help, replace the TPM"},
    Meaning{0x130, kEveryUse, Secrets::kAny, kKeyDeviceFailed, "the TPM needs a restart", "restart the gateway"},
    Meaning{0x12D, kEveryUse, Secrets::kAny, kKeyDeviceFailed, "the TPM is in a firmware upgrade",
            "finish the upgrade of the TPM's firmware"},
    Meaning{kTctiNotSupported, TpmUse::kConnect, Secrets::kAny, kTpmNotFound,
            "the library for this way to the TPM (TCTI) is not installed or not known",
            "install libtss2-tcti-NAME0 for the NAME before the colon, or correct TPM2OPENSSL_TCTI or TCTI"},
    Meaning{0xA000B, TpmUse::kConnect, Secrets::kAny, kTpmNotFound, "the TCTI is not valid",
            "correct TPM2OPENSSL_TCTI or TCTI, for example device:/dev/tpmrm0"},
    Meaning{kTctiIoError, TpmUse::kConnect, Secrets::kAny, kTpmNotFound, "nothing answers there as a TPM",
            "start the TPM or its simulator, or correct TPM2OPENSSL_TCTI or TCTI"},
    Meaning{0xA0008, TpmUse::kConnect, Secrets::kAny, kTpmNotFound, "nothing answers there as a TPM",
            "start the TPM or its simulator, or correct TPM2OPENSSL_TCTI or TCTI"},
    Meaning{kTctiIoError, kEveryUse, Secrets::kAny, kKeyDeviceFailed, "the connection to the TPM broke",
            "rerun the same command"},
};

/// The layer number, or 0 for a code of the TPM itself.
std::uint32_t layer_of(std::uint32_t code) {
  const std::uint32_t layer = code >> 16U & 0xFFU;
  return layer == kTpmBehindResourceManager ? 0 : layer;
}

bool fits(const Meaning& row, std::uint32_t base, const TpmCall& call) {
  return row.code == base && (!row.use || *row.use == call.use) &&
         (row.secrets == Secrets::kAny || (row.secrets == Secrets::kGiven) == call.secret_given);
}

}  // namespace

std::uint32_t tpm_base_code(std::uint32_t code) {
  if (layer_of(code) != 0) return code;
  constexpr std::uint32_t kFormatOne = 0x80;
  code &= 0xFFFU;
  // Format one has the number of a handle, session or parameter in the bits above; format zero has not.
  return (code & kFormatOne) != 0 ? code & 0x0BFU : code;
}

std::string tpm_code_text(std::uint32_t code) {
  std::array<char, 16> hex{};
  std::snprintf(hex.data(), hex.size(), "0x%x", code);
  const std::uint32_t layer = layer_of(code);
  const std::string_view prefix = layer == 0 ? "TPM_RC_" : name_in(kLayers, layer);
  const std::string_view name =
      layer == 0 ? name_in(kTpmNames, tpm_base_code(code)) : name_in(kLibraryNames, code & 0xFFFFU);
  if (prefix.empty() || name.empty()) return "response code " + std::string(hex.data());
  return std::string(prefix) + std::string(name) + " (" + hex.data() + ")";
}

Error tpm_error(std::uint32_t code, const TpmCall& call) {
  Error error;
  error.kind = ErrorKind::kKeyDeviceFailed;
  std::string_view words = "the TPM failed";
  error.hint = "rerun the same command; if it fails again, look for the TPM in the kernel's log: dmesg | grep -i tpm";
  for (const Meaning& row : kMeanings) {
    if (!fits(row, tpm_base_code(code), call)) continue;
    error.kind = row.kind;
    words = row.words;
    error.hint = row.hint;
    break;
  }
  error.message = call.subject + ": " + std::string(words) + ": " + tpm_code_text(code);
  return error;
}

}  // namespace fleet_provision

#include "core/error.hpp"

#include <array>
#include <utility>

namespace fleet_provision {
namespace {

struct KindRow {
  ErrorKind kind;
  std::string_view word;
  ExitCode exit_code;
};

using enum ErrorKind;

// A rerun can succeed after EX_IOERR, EX_TEMPFAIL, an interrupt and a failed program of the user; see `retryable`
// below.
constexpr std::array kKinds{
    KindRow{kUsage, "usage", ExitCode::kUsage},
    KindRow{kConfiguration, "configuration", ExitCode::kConfiguration},
    KindRow{kFileNotFound, "file-not-found", ExitCode::kNoInput},
    KindRow{kFileUnreadable, "file-unreadable", ExitCode::kNoInput},
    KindRow{kClaimCertificateUnusable, "claim-certificate-unusable", ExitCode::kDataError},
    KindRow{kClaimKeyUnusable, "claim-key-unusable", ExitCode::kDataError},
    KindRow{kClaimKeyMismatch, "claim-key-mismatch", ExitCode::kDataError},
    KindRow{kClaimExpired, "claim-expired", ExitCode::kDataError},
    KindRow{kClaimKeyPassphrase, "claim-key-passphrase", ExitCode::kDataError},
    KindRow{kCaFileUnusable, "ca-file-unusable", ExitCode::kDataError},
    KindRow{kDeviceKeyUnusable, "device-key-unusable", ExitCode::kDataError},
    KindRow{kCsrUnusable, "csr-unusable", ExitCode::kDataError},
    KindRow{kDeviceKeyIsClaimKey, "device-key-is-claim-key", ExitCode::kDataError},
    KindRow{kParametersUnusable, "parameters-unusable", ExitCode::kDataError},
    KindRow{kKeyUri, "key-uri", ExitCode::kUsage},
    KindRow{kPinWrong, "pin-wrong", ExitCode::kDataError},
    KindRow{kPinRequired, "pin-required", ExitCode::kDataError},
    KindRow{kPinLocked, "pin-locked", ExitCode::kDataError},
    KindRow{kKeyUnsuitable, "key-unsuitable", ExitCode::kDataError},
    KindRow{kKeyTypeUnsupported, "key-type-unsupported", ExitCode::kDataError},
    KindRow{kTpmKeyForeign, "tpm-key-foreign", ExitCode::kDataError},
    KindRow{kPkcs11ModuleMissing, "pkcs11-module-missing", ExitCode::kNoInput},
    KindRow{kPkcs11ModuleInvalid, "pkcs11-module-invalid", ExitCode::kNoInput},
    KindRow{kTokenNotFound, "token-not-found", ExitCode::kNoInput},
    KindRow{kTokenAmbiguous, "token-ambiguous", ExitCode::kNoInput},
    KindRow{kKeyNotFound, "key-not-found", ExitCode::kNoInput},
    KindRow{kKeyAmbiguous, "key-ambiguous", ExitCode::kNoInput},
    KindRow{kTpmNotFound, "tpm-not-found", ExitCode::kNoInput},
    KindRow{kTpmHandleEmpty, "tpm-handle-empty", ExitCode::kNoInput},
    KindRow{kTpmHandleOccupied, "tpm-handle-occupied", ExitCode::kCannotCreate},
    KindRow{kKeyExists, "key-exists", ExitCode::kCannotCreate},
    KindRow{kKeyStoreFull, "key-store-full", ExitCode::kCannotCreate},
    KindRow{kTpmLockout, "tpm-lockout", ExitCode::kTemporaryFailure},
    KindRow{kTpmBusy, "tpm-busy", ExitCode::kTemporaryFailure},
    KindRow{kTokenRemoved, "token-removed", ExitCode::kTemporaryFailure},
    KindRow{kTokenHangs, "token-hangs", ExitCode::kTemporaryFailure},
    KindRow{kKeyDeviceFailed, "key-device-failed", ExitCode::kIoError},
    KindRow{kOtherIdentity, "other-identity", ExitCode::kDataError},
    KindRow{kIdentityDamaged, "identity-damaged", ExitCode::kDataError},
    KindRow{kNotProvisioned, "not-provisioned", ExitCode::kNoInput},
    KindRow{kStateNotWritable, "state-not-writable", ExitCode::kCannotCreate},
    KindRow{kStateNotPrivate, "state-not-private", ExitCode::kCannotCreate},
    KindRow{kStateCrossDevice, "state-cross-device", ExitCode::kCannotCreate},
    KindRow{kDiskFull, "disk-full", ExitCode::kIoError},
    KindRow{kDiskError, "disk-error", ExitCode::kIoError},
    KindRow{kLocked, "locked", ExitCode::kTemporaryFailure},
    KindRow{kDns, "dns", ExitCode::kTemporaryFailure},
    KindRow{kNoRoute, "no-route", ExitCode::kTemporaryFailure},
    KindRow{kConnectionRefused, "connection-refused", ExitCode::kTemporaryFailure},
    KindRow{kConnectionTimeout, "connection-timeout", ExitCode::kTemporaryFailure},
    KindRow{kProxyRefused, "proxy-refused", ExitCode::kTemporaryFailure},
    KindRow{kProxyAuthentication, "proxy-authentication", ExitCode::kNoPermission},
    KindRow{kNotAProxy, "not-a-proxy", ExitCode::kNoPermission},
    KindRow{kTlsTimeout, "tls-timeout", ExitCode::kTemporaryFailure},
    KindRow{kNotATlsServer, "not-a-tls-server", ExitCode::kNoPermission},
    KindRow{kTlsUntrustedServer, "tls-untrusted-server", ExitCode::kNoPermission},
    KindRow{kTlsNameMismatch, "tls-name-mismatch", ExitCode::kNoPermission},
    KindRow{kTlsServerExpired, "tls-server-expired", ExitCode::kNoPermission},
    KindRow{kTlsServerNotYetValid, "tls-server-not-yet-valid", ExitCode::kNoPermission},
    KindRow{kTlsVersion, "tls-version", ExitCode::kNoPermission},
    KindRow{kTlsAlpn, "tls-alpn", ExitCode::kNoPermission},
    KindRow{kTlsFailed, "tls-failed", ExitCode::kNoPermission},
    KindRow{kNoTrustStore, "no-trust-store", ExitCode::kNoPermission},
    KindRow{kTlsConfiguration, "tls-configuration", ExitCode::kConfiguration},
    KindRow{kClaimRefused, "claim-refused", ExitCode::kNoPermission},
    KindRow{kClockNotSet, "clock-not-set", ExitCode::kTemporaryFailure},
    KindRow{kPolicyConnect, "policy-connect", ExitCode::kNoPermission},
    KindRow{kPolicySubscribe, "policy-subscribe", ExitCode::kNoPermission},
    KindRow{kPolicyPublish, "policy-publish", ExitCode::kNoPermission},
    KindRow{kMqttVersionRefused, "mqtt-version-refused", ExitCode::kNoPermission},
    KindRow{kConnectionRejected, "connection-rejected", ExitCode::kNoPermission},
    KindRow{kServerUnavailable, "server-unavailable", ExitCode::kTemporaryFailure},
    KindRow{kSessionTakenOver, "session-taken-over", ExitCode::kTemporaryFailure},
    KindRow{kDisconnectedByServer, "disconnected-by-server", ExitCode::kTemporaryFailure},
    KindRow{kConnectionLost, "connection-lost", ExitCode::kTemporaryFailure},
    KindRow{kNoAnswer, "no-answer", ExitCode::kTemporaryFailure},
    KindRow{kRejected, "rejected", ExitCode::kUnavailable},
    KindRow{kTokenRefused, "token-refused", ExitCode::kTemporaryFailure},
    KindRow{kThrottled, "throttled", ExitCode::kTemporaryFailure},
    KindRow{kServiceError, "service-error", ExitCode::kTemporaryFailure},
    KindRow{kMalformedAnswer, "malformed-answer", ExitCode::kProtocol},
    KindRow{kCertificateKeyMismatch, "certificate-key-mismatch", ExitCode::kProtocol},
    KindRow{kIssuedCertificateUnusable, "issued-certificate-unusable", ExitCode::kProtocol},
    KindRow{kIssuedCertificateExpired, "issued-certificate-expired", ExitCode::kProtocol},
    KindRow{kCertificateLimit, "certificate-limit", ExitCode::kTemporaryFailure},
    KindRow{kIdentityRefused, "identity-refused", ExitCode::kNoPermission},
    KindRow{kClaimNotRemoved, "claim-not-removed", ExitCode::kCannotCreate},
    KindRow{kOnSuccessFailed, "on-success-failed", ExitCode::kSoftware},
    KindRow{kManifestUnusable, "manifest-unusable", ExitCode::kDataError},
    KindRow{kResultsDamaged, "results-damaged", ExitCode::kDataError},
    KindRow{kDuplicateThingName, "duplicate-thing-name", ExitCode::kDataError},
    KindRow{kUnitCrashed, "unit-crashed", ExitCode::kTemporaryFailure},
    KindRow{kUnitHung, "unit-hung", ExitCode::kTemporaryFailure},
    KindRow{kUnitsFailed, "units-failed", ExitCode::kDataError},
    KindRow{kUnitsRemain, "units-remain", ExitCode::kTemporaryFailure},
    KindRow{kOutOfResources, "out-of-resources", ExitCode::kTemporaryFailure},
    KindRow{kInterrupted, "interrupted", ExitCode::kInterrupted},
    KindRow{kTerminated, "terminated", ExitCode::kTerminated},
    KindRow{kInternal, "internal", ExitCode::kSoftware},
};

// The table is indexed by the enumerator: a missing or misplaced row does not compile.
constexpr bool table_is_in_order() {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (static_cast<std::size_t>(kKinds[i].kind) != i) return false;
  }
  return true;
}
static_assert(table_is_in_order());
static_assert(kKinds.size() == static_cast<std::size_t>(kInternal) + 1);

constexpr const KindRow& row(ErrorKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

}  // namespace

Error Error::in(Phase phase_of_caller) && {
  if (!phase) phase = phase_of_caller;
  return std::move(*this);
}

Error Error::within(std::string_view context) && {
  message = std::string(context) + ": " + message;
  return std::move(*this);
}

ExitCode exit_code(ErrorKind kind) {
  return row(kind).exit_code;
}

bool retryable(ErrorKind kind) {
  const ExitCode code = exit_code(kind);
  return code == ExitCode::kTemporaryFailure || code == ExitCode::kIoError || code == ExitCode::kInterrupted ||
         code == ExitCode::kTerminated || kind == kOnSuccessFailed;
}

std::string_view word(ErrorKind kind) {
  return row(kind).word;
}

std::string_view word(Phase phase) {
  switch (phase) {
    case Phase::kLoad: return "load";
    case Phase::kResolve: return "resolve";
    case Phase::kTcp: return "tcp";
    case Phase::kProxy: return "proxy";
    case Phase::kTls: return "tls";
    case Phase::kMqtt: return "mqtt";
    case Phase::kSubscribe: return "subscribe";
    case Phase::kKey: return "key";
    case Phase::kCreate: return "create";
    case Phase::kRegister: return "register";
    case Phase::kStore: return "store";
    case Phase::kVerify: return "verify";
    case Phase::kOnSuccess: return "on-success";
    case Phase::kWait: return "wait";
  }
  return "";
}

const std::vector<ErrorKind>& all_error_kinds() {
  static const std::vector<ErrorKind> kinds = [] {
    std::vector<ErrorKind> all;
    all.reserve(kKinds.size());
    for (const KindRow& each : kKinds) all.push_back(each.kind);
    return all;
  }();
  return kinds;
}

}  // namespace fleet_provision

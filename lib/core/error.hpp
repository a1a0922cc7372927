// Errors as values.
//
// One ErrorKind per cause that a script or a person would treat differently. Each kind has one row in a table
// (error.cpp): its stable word and its exit code, which determines whether a rerun can help. No other code decides an
// exit code. The message of an Error says what happened to which object; the hint is one instruction. Each layer may
// add context to the message (`within`) but never replaces the text of the service.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision {

/// Exit codes of sysexits.h as the command-line contract uses them.
enum class ExitCode : int {
  kOk = 0,
  kUsage = 64,
  kDataError = 65,
  kNoInput = 66,
  kUnavailable = 69,
  kSoftware = 70,
  kCannotCreate = 73,
  kIoError = 74,
  kTemporaryFailure = 75,
  kProtocol = 76,
  kNoPermission = 77,
  kConfiguration = 78,
  kInterrupted = 130,
  kTerminated = 143,
};

/// The phases of a run, as the timeline names them.
enum class Phase : unsigned char {
  kLoad,
  kResolve,
  kTcp,
  kProxy,
  kTls,
  kMqtt,
  kSubscribe,
  kKey,
  kCreate,
  kRegister,
  kStore,
  kVerify,
  kOnSuccess,
  kWait,
};

/// Every cause that the tool distinguishes. error.cpp has the words, docs/errors.md explains them.
enum class ErrorKind : unsigned char {
  // The request.
  kUsage,
  kConfiguration,
  // Files that the user named.
  kFileNotFound,
  kFileUnreadable,
  kClaimCertificateUnusable,
  kClaimKeyUnusable,
  kClaimKeyMismatch,
  kClaimExpired,
  kClaimKeyPassphrase,
  kCaFileUnusable,
  kDeviceKeyUnusable,
  kCsrUnusable,
  kDeviceKeyIsClaimKey,
  kParametersUnusable,
  // Keys in a TPM or a PKCS#11 token.
  kKeyUri,
  kPinWrong,
  kPinRequired,
  kPinLocked,
  kKeyUnsuitable,
  kKeyTypeUnsupported,
  kTpmKeyForeign,
  kPkcs11ModuleMissing,
  kPkcs11ModuleInvalid,
  kTokenNotFound,
  kTokenAmbiguous,
  kKeyNotFound,
  kKeyAmbiguous,
  kTpmNotFound,
  kTpmHandleEmpty,
  kTpmHandleOccupied,
  kKeyExists,
  kKeyStoreFull,
  kTpmLockout,
  kTpmBusy,
  kTokenRemoved,
  kTokenHangs,
  kKeyDeviceFailed,
  // The state directory.
  kOtherIdentity,
  kIdentityDamaged,
  kNotProvisioned,
  kStateNotWritable,
  kStateNotPrivate,
  kStateCrossDevice,
  kDiskFull,
  kDiskError,
  kLocked,
  // The connection to the service.
  kDns,
  kNoRoute,
  kConnectionRefused,
  kConnectionTimeout,
  kProxyRefused,
  kProxyAuthentication,
  kNotAProxy,
  kTlsTimeout,
  kNotATlsServer,
  kTlsUntrustedServer,
  kTlsNameMismatch,
  kTlsServerExpired,
  kTlsServerNotYetValid,
  kTlsVersion,
  kTlsAlpn,
  kTlsFailed,
  kNoTrustStore,
  kTlsConfiguration,
  kClaimRefused,
  kClockNotSet,
  // The broker.
  kPolicyConnect,
  kPolicySubscribe,
  kPolicyPublish,
  kMqttVersionRefused,
  kConnectionRejected,
  kServerUnavailable,
  kSessionTakenOver,
  kDisconnectedByServer,
  kConnectionLost,
  // The service.
  kNoAnswer,
  kRejected,
  kTokenRefused,
  kThrottled,
  kServiceError,
  kMalformedAnswer,
  kCertificateKeyMismatch,
  kIssuedCertificateUnusable,
  kIssuedCertificateExpired,
  kCertificateLimit,
  // The new identity, and the steps after its installation.
  kIdentityRefused,
  kClaimNotRemoved,
  kOnSuccessFailed,
  // A batch.
  kManifestUnusable,
  kResultsDamaged,
  kDuplicateThingName,
  kUnitCrashed,
  kUnitHung,
  kUnitsFailed,
  kUnitsRemain,
  // The run itself.
  kOutOfResources,
  kInterrupted,
  kTerminated,
  kInternal,
};

/// The service's own text on a rejected topic (service page: "error document").
struct ServiceError {
  int status_code = 0;
  std::string error_code;
  std::string error_message;
};

/// What an AWS IoT policy has to allow for one step: `iot:Publish` on `topic/…`.
struct PolicyNeed {
  std::string action;
  /// What follows the account in an ARN: `client/…`, `topic/…`, `topicfilter/…`.
  std::vector<std::string> resources;
};

/// A failure: its cause, phase, message and hint. Messages begin in lower case and have no full stop; foreign text in
/// them is already printable.
struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::optional<Phase> phase;
  std::string message;
  std::string hint;
  std::optional<ServiceError> service;
  /// For kConnectionLost: time from our last packet to the close. A close within two seconds may be a denial.
  std::optional<std::chrono::milliseconds> closed_after;
  /// The policy statement that the current step needs. A server that denies without a reason denied this statement.
  std::optional<PolicyNeed> need = {};

  /// The same error with the phase `phase_of_caller`, unless a deeper layer already set one.
  [[nodiscard]] Error in(Phase phase_of_caller) &&;
  /// The same error with `context` and a colon before its message.
  [[nodiscard]] Error within(std::string_view context) &&;
};

[[nodiscard]] ExitCode exit_code(ErrorKind kind);
/// Whether the same command can succeed later with the same options.
[[nodiscard]] bool retryable(ErrorKind kind);
/// The stable, lower-case, hyphenated word of a kind, for `--json` and docs/errors.md.
[[nodiscard]] std::string_view word(ErrorKind kind);
[[nodiscard]] std::string_view word(Phase phase);
/// All kinds, in the order of the enumeration: for the test that compares them with docs/errors.md.
[[nodiscard]] const std::vector<ErrorKind>& all_error_kinds();

}  // namespace fleet_provision

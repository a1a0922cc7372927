#include "core/verdict.hpp"

#include <string_view>

namespace fleet_provision {

Verdict verdict(ErrorKind kind, Milestone reached) {
  using enum ErrorKind;
  switch (kind) {
    // Errors of the connection or a temporary state of the service: a later attempt may succeed.
    case kDns:
    case kNoRoute:
    case kConnectionRefused:
    case kConnectionTimeout:
    case kProxyRefused:
    case kTlsTimeout:
    case kServerUnavailable:
    case kSessionTakenOver:
    case kDisconnectedByServer:
    case kConnectionLost:
    case kNoAnswer:
    case kThrottled:
    case kServiceError:
    // Another program uses the TPM.
    case kTpmBusy:
    // A policy that was just attached takes time to reach every broker.
    case kIdentityRefused: return Verdict::kRetry;

    case kMqttVersionRefused: return Verdict::kOlderMqtt;

    // Only RegisterThing carries a token; this program does not know what a rejected token at another milestone means.
    case kTokenRefused: return reached == Milestone::kCertified ? Verdict::kAskAgain : Verdict::kGiveUp;

    // Another attempt would fail in the same way, or the run was interrupted.
    case kUsage:
    case kConfiguration:
    case kFileNotFound:
    case kFileUnreadable:
    case kClaimCertificateUnusable:
    case kClaimKeyUnusable:
    case kClaimKeyMismatch:
    case kClaimExpired:
    case kClaimKeyPassphrase:
    case kCaFileUnusable:
    case kDeviceKeyUnusable:
    case kCsrUnusable:
    case kDeviceKeyIsClaimKey:
    case kParametersUnusable:
    case kManifestUnusable:
    case kResultsDamaged:
    case kDuplicateThingName:
    case kUnitCrashed:
    case kUnitHung:
    case kUnitsFailed:
    case kUnitsRemain:
    case kKeyUri:
    case kPinWrong:
    case kPinRequired:
    case kPinLocked:
    case kKeyUnsuitable:
    case kKeyTypeUnsupported:
    case kTpmKeyForeign:
    case kPkcs11ModuleMissing:
    case kPkcs11ModuleInvalid:
    case kTokenNotFound:
    case kTokenAmbiguous:
    case kKeyNotFound:
    case kKeyAmbiguous:
    case kTpmNotFound:
    case kTpmHandleEmpty:
    case kTpmHandleOccupied:
    case kKeyExists:
    case kKeyStoreFull:
    case kTpmLockout:
    case kTokenRemoved:
    case kTokenHangs:
    case kKeyDeviceFailed:
    case kOtherIdentity:
    case kIdentityDamaged:
    case kNotProvisioned:
    case kStateNotWritable:
    case kStateNotPrivate:
    case kStateCrossDevice:
    case kDiskFull:
    case kDiskError:
    case kLocked:
    case kProxyAuthentication:
    case kNotAProxy:
    case kNotATlsServer:
    case kTlsUntrustedServer:
    case kTlsNameMismatch:
    case kTlsServerExpired:
    case kTlsServerNotYetValid:
    case kTlsVersion:
    case kTlsAlpn:
    case kTlsFailed:
    case kNoTrustStore:
    case kTlsConfiguration:
    case kClaimRefused:
    case kClockNotSet:
    case kPolicyConnect:
    case kPolicySubscribe:
    case kPolicyPublish:
    case kConnectionRejected:
    case kRejected:
    case kMalformedAnswer:
    case kCertificateKeyMismatch:
    case kIssuedCertificateUnusable:
    case kIssuedCertificateExpired:
    case kCertificateLimit:
    case kClaimNotRemoved:
    case kOnSuccessFailed:
    case kOutOfResources:
    case kInterrupted:
    case kTerminated:
    case kInternal: return Verdict::kGiveUp;
  }
  return Verdict::kGiveUp;
}

std::optional<ErrorKind> classify(const ServiceError& error) {
  const std::string_view code = error.error_code;
  const auto speaks_of = [code](std::string_view part) { return code.find(part) != std::string_view::npos; };
  if (error.status_code == 202) return std::nullopt;
  // AWS's REST services send ThrottlingException with status 400.
  if (error.status_code == 429 || speaks_of("Throttl") || speaks_of("TooManyRequests")) return ErrorKind::kThrottled;
  if (error.status_code >= 500 && error.status_code < 600) return ErrorKind::kServiceError;
  if (speaks_of("CertificateOwnershipToken")) return ErrorKind::kTokenRefused;
  return ErrorKind::kRejected;
}

std::optional<ErrorKind> refusal_of(Phase step) {
  switch (step) {
    // The service closes during the handshake when it does not know the claim certificate.
    case Phase::kTls: return ErrorKind::kClaimRefused;
    case Phase::kMqtt: return ErrorKind::kPolicyConnect;
    case Phase::kVerify: return ErrorKind::kIdentityRefused;
    case Phase::kSubscribe: return ErrorKind::kPolicySubscribe;
    case Phase::kCreate:
    case Phase::kRegister: return ErrorKind::kPolicyPublish;
    case Phase::kLoad:
    case Phase::kResolve:
    case Phase::kTcp:
    case Phase::kProxy:
    case Phase::kKey:
    case Phase::kStore:
    case Phase::kOnSuccess:
    case Phase::kWait: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace fleet_provision

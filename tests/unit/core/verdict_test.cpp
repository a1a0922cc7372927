// The interpretation of an error: its kind, and whether to retry, request another certificate or give up.
#include "core/verdict.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;
using enum ErrorKind;

TEST_CASE("an error document is classified by status, then by code") {
  struct Row {
    int status;
    std::string code;
    std::optional<ErrorKind> kind;
  };
  const Row rows[] = {
      {202, "", std::nullopt},
      {429, "", kThrottled},
      {400, "ThrottlingException", kThrottled},
      {403, "TooManyRequestsException", kThrottled},
      {500, "InternalFailure", kServiceError},
      {503, "ServiceUnavailable", kServiceError},
      {599, "", kServiceError},
      {503, "InvalidCertificateOwnershipToken", kServiceError},
      {400, "InvalidCertificateOwnershipToken", kTokenRefused},
      {403, "CertificateOwnershipTokenExpired", kTokenRefused},
      {400, "InvalidParameters", kRejected},
      {403, "AccessDenied", kRejected},
      {404, "ResourceNotFound", kRejected},
      {409, "", kRejected},
      {413, "", kRejected},
      {422, "", kRejected},
      {0, "", kRejected},
      {200, "", kRejected},
  };
  for (const Row& row : rows) {
    INFO(row.status << " " << row.code);
    CHECK(classify({row.status, row.code, ""}) == row.kind);
  }
}

TEST_CASE("an error is retried when a later try can succeed") {
  for (const ErrorKind kind : all_error_kinds()) {
    const Verdict at_key = verdict(kind, Milestone::kKeyMade);
    INFO(word(kind));
    // An error for which a later run can succeed is also retried within the run, except for causes that waiting does
    // not remove.
    const bool ends_run = kind == kLocked || kind == kClockNotSet || kind == kCertificateLimit ||
                          kind == kTokenRefused || kind == kInterrupted || kind == kTerminated || kind == kDiskFull ||
                          kind == kDiskError || kind == kOnSuccessFailed || kind == kOutOfResources ||
                          kind == kTpmLockout || kind == kTokenRemoved || kind == kTokenHangs ||
                          kind == kKeyDeviceFailed || kind == kUnitCrashed || kind == kUnitHung || kind == kUnitsRemain;
    // A new policy takes effect while a run waits; if a whole run was not enough, the user must correct the policy.
    const bool spreads = kind == kIdentityRefused;
    CHECK((at_key == Verdict::kRetry) == ((retryable(kind) && !ends_run) || spreads));
    CHECK((at_key == Verdict::kOlderMqtt) == (kind == kMqttVersionRefused));
    CHECK((verdict(kind, Milestone::kCertified) == Verdict::kAskAgain) == (kind == kTokenRefused));
  }
}

TEST_CASE("only a close that can be a denial amounts to a refusal") {
  CHECK(refusal_of(Phase::kTls) == kClaimRefused);
  CHECK(refusal_of(Phase::kMqtt) == kPolicyConnect);
  CHECK(refusal_of(Phase::kSubscribe) == kPolicySubscribe);
  CHECK(refusal_of(Phase::kCreate) == kPolicyPublish);
  CHECK(refusal_of(Phase::kRegister) == kPolicyPublish);
  CHECK(!refusal_of(Phase::kTcp));
  CHECK(!refusal_of(Phase::kResolve));
}

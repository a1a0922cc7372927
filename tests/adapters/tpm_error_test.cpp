// The one table from response codes of a TPM to errors.
#include "adapters/keys/tpm2/tpm2_error.hpp"

#include <vector>

#include "tests/support/catch.hpp"

using namespace fleet_provision;
using enum ErrorKind;

TEST_CASE("each response code has its kind for what was asked, its own name, and a hint") {
  struct Row {
    std::uint32_t code;
    TpmUse use;
    bool secret_given;
    ErrorKind kind;
    std::string name;
  };
  const std::vector<Row> rows{
      {0x98e, TpmUse::kSign, true, kPinWrong, "TPM_RC_AUTH_FAIL (0x98e)"},
      {0x9a2, TpmUse::kSign, true, kPinWrong, "TPM_RC_BAD_AUTH (0x9a2)"},
      {0x98e, TpmUse::kSign, false, kPinRequired, "TPM_RC_AUTH_FAIL (0x98e)"},
      {0x921, TpmUse::kSign, true, kTpmLockout, "TPM_RC_LOCKOUT (0x921)"},
      {0x9a2, TpmUse::kOwner, true, kPinWrong, "TPM_RC_BAD_AUTH (0x9a2)"},
      {0x9a2, TpmUse::kOwner, false, kPinRequired, "TPM_RC_BAD_AUTH (0x9a2)"},
      {0x9a2, TpmUse::kPersist, false, kPinRequired, "TPM_RC_BAD_AUTH (0x9a2)"},
      {0x98e, TpmUse::kParent, false, kKeyUnsuitable, "TPM_RC_AUTH_FAIL (0x98e)"},
      {0x18b, TpmUse::kHandle, false, kTpmHandleEmpty, "TPM_RC_HANDLE (0x18b)"},
      {0x19c, TpmUse::kSign, false, kKeyUnsuitable, "TPM_RC_KEY (0x19c)"},
      {0x184, TpmUse::kHandle, false, kKeyUnsuitable, "TPM_RC_VALUE (0x184)"},
      {0x1df, TpmUse::kLoad, false, kTpmKeyForeign, "TPM_RC_INTEGRITY (0x1df)"},
      {0x902, TpmUse::kLoad, false, kTpmBusy, "TPM_RC_OBJECT_MEMORY (0x902)"},
      {0x902, TpmUse::kPersist, false, kKeyStoreFull, "TPM_RC_OBJECT_MEMORY (0x902)"},
      {0x903, TpmUse::kSign, false, kTpmBusy, "TPM_RC_SESSION_MEMORY (0x903)"},
      {0x14b, TpmUse::kPersist, false, kKeyStoreFull, "TPM_RC_NV_SPACE (0x14b)"},
      {0x14c, TpmUse::kPersist, false, kTpmHandleOccupied, "TPM_RC_NV_DEFINED (0x14c)"},
      {0x100, TpmUse::kConnect, false, kKeyDeviceFailed, "TPM_RC_INITIALIZE (0x100)"},
      {0x2c4, TpmUse::kMake, false, kKeyTypeUnsupported, "TPM_RC_VALUE (0x2c4)"},
      {0xa000a, TpmUse::kConnect, false, kTpmNotFound, "TSS2_TCTI_RC_IO_ERROR (0xa000a)"},
      {0xa000a, TpmUse::kSign, false, kKeyDeviceFailed, "TSS2_TCTI_RC_IO_ERROR (0xa000a)"},
      {0xa0015, TpmUse::kConnect, false, kTpmNotFound, "TSS2_TCTI_RC_NOT_SUPPORTED (0xa0015)"},
      {0xc0921, TpmUse::kSign, true, kTpmLockout, "TPM_RC_LOCKOUT (0xc0921)"},
      {0x177, TpmUse::kSign, false, kKeyDeviceFailed, "response code 0x177"},
      {0xee1234, TpmUse::kSign, false, kKeyDeviceFailed, "response code 0xee1234"},
  };
  for (const Row& row : rows) {
    const Error error = tpm_error(row.code, {row.use, "the device key", row.secret_given});
    CAPTURE(error.message);
    CHECK(word(error.kind) == word(row.kind));
    CHECK(error.message.starts_with("the device key: "));
    CHECK(error.message.ends_with(": " + row.name));
    CHECK_FALSE(error.hint.empty());
  }
}

TEST_CASE("a key that this TPM cannot use may be foreign, or the TPM was cleared: both are said") {
  const std::string message = tpm_error(0x1df, {TpmUse::kLoad, "the device key"}).message;
  CHECK(message.find("another TPM") != std::string::npos);
  CHECK(message.find("cleared") != std::string::npos);
}

// PINs of TPM keys and the password of the owner hierarchy: sent once if they are wrong, counted by the TPM itself.
#include <string>

#include "adapters/keys/tpm2/tpm2.hpp"
#include "tests/adapters/tpm_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using enum ErrorKind;

namespace {

KeyDeviceSettings with_pin(const SoftwareTpm& tpm, const std::string& pin) {
  KeyDeviceSettings settings = settings_of(tpm);
  settings.pin_file = tpm.directory().write("pin-" + pin, pin + "\n");
  return settings;
}

/// The PEM of a new key with the PIN 1234.
std::string key_with_pin(const SoftwareTpm& tpm) {
  const auto pem = Tpm2(with_pin(tpm, "1234")).make_key(KeyType::kEcP256);
  return pem ? std::string(pem->reveal()) : pem.error().message;
}

constexpr const char* kCounter = "TPM2_PT_LOCKOUT_COUNTER";

}  // namespace

TEST_CASE("the right PIN signs, and a wrong one is sent once however often a signature is asked for") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  const std::string pem = key_with_pin(tpm);
  {
    Tpm2 keys(with_pin(tpm, "1234"));
    const auto key = keys.open_wrapped(pem, "the device key");
    REQUIRE_TPM(key);
    CHECK_TPM(signs(*key, SignatureScheme::kEcdsa));
  }
  CHECK(tpm.property(kCounter) == 0);
  {
    Tpm2 keys(with_pin(tpm, "wrong"));
    for (int i = 0; i < 2; ++i) {
      const auto key = keys.open_wrapped(pem, "the device key");
      REQUIRE_TPM(key);
      for (int j = 0; j < 2; ++j) {
        const auto signature = signs(*key, SignatureScheme::kEcdsa);
        REQUIRE_FALSE(signature);
        CHECK(signature.error().kind == kPinWrong);
        CHECK_THAT(signature.error().message,
                   Catch::Contains("TPM_RC_AUTH_FAIL (0x98e)") && Catch::Contains("999 tries are left"));
      }
    }
  }
  CHECK(tpm.property(kCounter) == 1);
}

TEST_CASE("a key that says it has a PIN is not tried without one") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  const std::string pem = key_with_pin(tpm);
  {
    Tpm2 keys(settings_of(tpm));
    const auto key = keys.open_wrapped(pem, "the device key");
    REQUIRE_FALSE(key);
    CHECK(key.error().kind == kPinRequired);
    CHECK_THAT(key.error().hint, Catch::Contains("--pin-file"));
  }
  CHECK(tpm.property(kCounter) == 0);
}

TEST_CASE("a key at a handle that needs a PIN is tried once without one") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  const std::string pem = key_with_pin(tpm);
  {
    Tpm2 keys(settings_of(tpm));
    CHECK_TPM(keys.persist(pem, 0x81000001));
    const auto key = keys.open_handle(0x81000001, "the device key");
    REQUIRE_TPM(key);
    for (int i = 0; i < 2; ++i) {
      CHECK(word(signs(*key, SignatureScheme::kEcdsa).error().kind) == word(kPinRequired));
    }
  }
  CHECK(tpm.property(kCounter) == 1);
}

TEST_CASE("a key without a PIN signs although a PIN is given for another one") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  const auto pem = Tpm2(settings_of(tpm)).make_key(KeyType::kEcP256);
  REQUIRE_TPM(pem);
  {
    Tpm2 keys(with_pin(tpm, "1234"));
    CHECK_TPM(keys.persist(pem->reveal(), 0x81000001));
    const auto wrapped = keys.open_wrapped(pem->reveal(), "the device key");
    const auto kept = keys.open_handle(0x81000001, "the device key");
    REQUIRE_TPM(wrapped);
    REQUIRE_TPM(kept);
    CHECK_TPM(signs(*wrapped, SignatureScheme::kEcdsa));
    CHECK_TPM(signs(*kept, SignatureScheme::kEcdsa));
  }
  CHECK(tpm.property(kCounter) == 0);
}

TEST_CASE("a PIN is not sent when it would be the last try, and a locked TPM says how long") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm({.locks_soon = true});
  const std::string pem = key_with_pin(tpm);
  const auto signature_with = [&](const std::string& pin) -> Error {
    Tpm2 keys(with_pin(tpm, pin));
    const auto key = keys.open_wrapped(pem, "the device key");
    if (!key) return key.error();
    const auto signature = signs(*key, SignatureScheme::kEcdsa);
    return signature ? Error{} : signature.error();
  };
  CHECK(signature_with("wrong-1").kind == kPinWrong);
  CHECK_THAT(signature_with("wrong-2").message, Catch::Contains("one try is left"));
  const Error last = signature_with("wrong-3");
  CHECK(last.kind == kTpmLockout);
  CHECK_THAT(last.message, Catch::Contains("was not sent"));
  CHECK(tpm.property(kCounter) == 2);

  tpm.shell(
      "tpm2_dictionarylockout --setup-parameters --max-tries=2 --recovery-time=1000 --lockout-recovery-time=1000");
  const Error locked = signature_with("1234");
  CAPTURE(locked.message);
  CHECK(locked.kind == kTpmLockout);
  CHECK_THAT(locked.message, Catch::Contains("TPM_RC_LOCKOUT (0x921)"));
  CHECK_THAT(locked.hint, Catch::Contains("1000 s") && Catch::Contains("--clear-lockout"));
  // A lockout that another program caused does not stop a key without a PIN.
  Tpm2 keys(settings_of(tpm));
  const auto free = keys.make_key(KeyType::kEcP256);
  REQUIRE_TPM(free);
  const auto key = keys.open_wrapped(free->reveal(), "the device key");
  REQUIRE_TPM(key);
  CHECK_TPM(signs(*key, SignatureScheme::kEcdsa));
}

TEST_CASE("the owner password is needed where the hierarchy has one, and a wrong one is named") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  tpm.shell("tpm2_changeauth -c owner secret");
  const auto kind_with = [&tpm](std::optional<std::string> password) -> Error {
    KeyDeviceSettings settings = settings_of(tpm);
    if (password) settings.tpm_owner_password_file = tpm.directory().write("owner", *password);
    Tpm2 keys(settings);
    const auto pem = keys.make_key(KeyType::kEcP256);
    if (!pem) return pem.error();
    const auto key = keys.open_wrapped(pem->reveal(), "the device key");
    if (!key) return key.error();
    if (auto kept = keys.persist(pem->reveal(), 0x81000001); !kept) return kept.error();
    if (auto signature = signs(*key, SignatureScheme::kEcdsa); !signature) return signature.error();
    return Error{};
  };
  const Error absent = kind_with(std::nullopt);
  CHECK(absent.kind == kPinRequired);
  CHECK_THAT(absent.message, Catch::Contains("TPM_RC_BAD_AUTH (0x9a2)"));
  CHECK_THAT(absent.hint, Catch::Contains("--tpm-owner-password-file"));
  CHECK(kind_with("other").kind == kPinWrong);
  CHECK(kind_with("secret\n").message.empty());
}

TEST_CASE("a PIN that no TPM key can have is refused before the TPM is asked") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  const auto pem = Tpm2(with_pin(tpm, std::string(33, '1'))).make_key(KeyType::kEcP256);
  REQUIRE_FALSE(pem);
  CHECK(pem.error().kind == kPinWrong);
  CHECK_THAT(pem.error().message, Catch::Contains("33 bytes"));
}

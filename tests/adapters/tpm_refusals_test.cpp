// A TPM that is not there, that is another one, or that does not answer.
#include <signal.h>

#include <string>

#include "adapters/keys/tpm2/tpm2.hpp"
#include "adapters/keys/tpm2/tss2_library.hpp"
#include "adapters/keys/tpm2/tss2_pem.hpp"
#include "tests/adapters/tpm_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using enum ErrorKind;

namespace {

Error refusal_at(const std::string& tcti) {
  KeyDeviceSettings settings;
  settings.tcti = tcti;
  const auto text = Tpm2(settings).connect();
  return text ? Error{} : text.error();
}

Error refusal_of(Tpm2& keys, std::string_view pem) {
  const auto key = keys.open_wrapped(pem, "the device key");
  return key ? Error{} : key.error();
}

}  // namespace

TEST_CASE("a TPM that cannot be opened is named with the reason") {
  FP_NEEDS_TPM();
  const TemporaryDirectory directory;
  SoftwareTpm gone;
  const std::string closed = gone.tcti();
  gone.end();
  struct Row {
    std::string tcti;
    std::string words;
    std::string hint;
  };
  for (const Row& row : std::vector<Row>{
           {"device:" + directory / "none", "does not exist", "TPM2OPENSSL_TCTI"},
           {"device:" + directory.path().string(), "cannot open the TPM", ""},
           {closed, "TSS2_TCTI_RC_IO_ERROR (0xa000a)", "start the TPM"},
           {"nonsense:x", "TSS2_TCTI_RC_", "TCTI"},
           {":x", "names no library", "TPM2OPENSSL_TCTI"},
       }) {
    const Error error = refusal_at(row.tcti);
    CAPTURE(row.tcti, error.message, error.hint);
    CHECK(word(error.kind) == word(kTpmNotFound));
    CHECK(error.message.find(row.words) != std::string::npos);
    CHECK(error.hint.find(row.hint) != std::string::npos);
  }
}

TEST_CASE("a missing library is named with the packages to install") {
  for (const Tss2Names& names : {Tss2Names{.esys = "libtss2-absent.so.0"}, Tss2Names{.tctildr = "libtss2-absent.so.0"},
                                 Tss2Names{.mu = "libtss2-absent.so.0"}}) {
    const auto library = open_tss2(names);
    REQUIRE_FALSE(library);
    CHECK(library.error().kind == kTpmNotFound);
    CHECK_THAT(library.error().message, Catch::Contains("libtss2-absent.so.0"));
    CHECK_THAT(library.error().hint, Catch::Contains("libtss2-esys"));
  }
}

TEST_CASE("a TPM that was not started says so") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm({.started = false});
  const Error error = refusal_at(tpm.tcti());
  CHECK(error.kind == kKeyDeviceFailed);
  CHECK_THAT(error.message, Catch::Contains("TPM_RC_INITIALIZE (0x100)"));
}

TEST_CASE("a key of another TPM, and of this one before it was cleared, is foreign; a damaged one is damaged") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  std::string pem;
  {
    const auto made = Tpm2(settings_of(tpm)).make_key(KeyType::kEcP256);
    REQUIRE_TPM(made);
    pem = made->reveal();
  }
  const SoftwareTpm second;
  {
    Tpm2 keys(settings_of(second));
    const Error foreign = refusal_of(keys, pem);
    CHECK(word(foreign.kind) == word(kTpmKeyForeign));
    CHECK_THAT(foreign.message, Catch::Contains("TPM_RC_INTEGRITY (0x1df)"));
  }
  auto damaged = parse_tss2_pem(pem);
  REQUIRE(damaged);
  {
    Tpm2 keys(settings_of(tpm));
    Tss2Key changed = *damaged;
    changed.private_area[40] = static_cast<char>(~changed.private_area[40]);
    CHECK(word(refusal_of(keys, to_tss2_pem(changed).reveal()).kind) == word(kTpmKeyForeign));
    changed.private_area = std::string("\0\x10", 2) + damaged->private_area.substr(2, 16);
    const Error shortened = refusal_of(keys, to_tss2_pem(changed).reveal());
    CAPTURE(shortened.message);
    CHECK((shortened.kind == kDeviceKeyUnusable || shortened.kind == kTpmKeyForeign));
    CHECK(refusal_of(keys, pem).message.empty());
  }
  tpm.shell("tpm2_clear");
  Tpm2 keys(settings_of(tpm));
  CHECK(word(refusal_of(keys, pem).kind) == word(kTpmKeyForeign));
}

TEST_CASE("a type that the TPM does not have is refused with those it has") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  Tpm2 keys(settings_of(tpm));
  CHECK_TPM(keys.require_type(KeyType::kEcP256));
  CHECK_TPM(keys.require_type(KeyType::kRsa3072));
  for (const auto& error : {keys.require_type(KeyType::kRsa4096).error(), keys.make_key(KeyType::kRsa4096).error()}) {
    CAPTURE(error.message);
    CHECK(word(error.kind) == word(kKeyTypeUnsupported));
    CHECK_THAT(error.message, Catch::Contains("TPM_RC_VALUE") && Catch::Contains("ec-p256, ec-p384, rsa-2048"));
  }
}

TEST_CASE("a TPM that stops answering ends the wait at the deadline") {
  FP_NEEDS_TPM();
  SoftwareTpm tpm;
  KeyDeviceSettings settings = settings_of(tpm);
  const auto pem = Tpm2(settings).make_key(KeyType::kEcP256);
  REQUIRE_TPM(pem);
  const auto began = std::chrono::steady_clock::now();
  settings.deadline = began + std::chrono::milliseconds(700);
  Tpm2 keys(settings);
  const auto key = keys.open_wrapped(pem->reveal(), "the device key");
  REQUIRE_TPM(key);
  ::kill(tpm.pid(), SIGSTOP);
  const auto signature = signs(*key, SignatureScheme::kEcdsa);
  const auto took = std::chrono::steady_clock::now() - began;
  REQUIRE_FALSE(signature);
  CHECK(signature.error().kind == kTpmBusy);
  CHECK_THAT(signature.error().message, Catch::Contains("did not answer"));
  CHECK(took >= std::chrono::milliseconds(700));
  CHECK(took < std::chrono::seconds(5));
  // Its thread ends with its connection.
  tpm.end();
}

// Keys in a software TPM: made, opened, used, kept at handles, and shared with tpm2-openssl and tpm2-tools.
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "adapters/keys/tpm2/tpm2.hpp"
#include "adapters/keys/tpm2/tss2_pem.hpp"
#include "tests/adapters/tpm_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

struct TypeRow {
  KeyType type;
  std::vector<SignatureScheme> schemes;
};

}  // namespace

TEST_CASE("each type of key of a TPM signs with each of its schemes") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  Tpm2 keys(settings_of(tpm));
  using enum SignatureScheme;
  const std::vector<TypeRow> rows{{KeyType::kEcP256, {kEcdsa}},
                                  {KeyType::kEcP384, {kEcdsa}},
                                  {KeyType::kRsa2048, {kRsaPkcs1, kRsaPss}},
                                  {KeyType::kRsa3072, {kRsaPkcs1, kRsaPss}}};
  for (const TypeRow& row : rows) {
    CAPTURE(word(row.type));
    const auto pem = keys.make_key(row.type);
    REQUIRE_TPM(pem);
    const auto key = keys.open_wrapped(pem->reveal(), "the device key");
    REQUIRE_TPM(key);
    for (const SignatureScheme scheme : row.schemes) {
      for (const HashAlgorithm hash : {HashAlgorithm::kSha256, HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
        CHECK_TPM(signs(*key, scheme, hash));
      }
    }
  }
}

TEST_CASE("keys of this program sign in tpm2-openssl, and keys of other programs sign here") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  const std::string providers = " -provider tpm2 -provider default ";
  for (const KeyType type : {KeyType::kEcP256, KeyType::kRsa2048}) {
    CAPTURE(word(type));
    std::string pem;
    {
      // Closed at the end of the block: a TPM without a resource manager takes one connection.
      Tpm2 keys(settings_of(tpm));
      const auto made = keys.make_key(type);
      REQUIRE_TPM(made);
      pem = made->reveal();
    }
    write_text(tpm / "ours.pem", pem);
    CHECK_NOTHROW(tpm.shell("echo text >text; openssl dgst -sha256 -sign ours.pem -propquery '?provider=tpm2'" +
                            providers + "-out sig text; openssl pkey -in ours.pem" + providers +
                            "-pubout -out pub.pem; openssl dgst -sha256 -verify pub.pem -signature sig text"));
    const std::string options =
        type == KeyType::kEcP256 ? "-algorithm EC -pkeyopt group:P-256" : "-algorithm RSA -pkeyopt bits:2048";
    tpm.shell("openssl genpkey" + providers + options + " -out theirs.pem; tpm2_flushcontext -t");
    Tpm2 keys(settings_of(tpm));
    const auto theirs = keys.open_wrapped(read_text(tpm / "theirs.pem"), "the device key");
    REQUIRE_TPM(theirs);
    CHECK_TPM(signs(*theirs, type == KeyType::kEcP256 ? SignatureScheme::kEcdsa : SignatureScheme::kRsaPss));
  }
}

TEST_CASE("more keys than the TPM has slots sign in turn, and leave nothing loaded") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  {
    Tpm2 keys(settings_of(tpm));
    std::vector<DeviceSigner> open;
    for (int i = 0; i < 5; ++i) {
      const auto pem = keys.make_key(KeyType::kEcP256);
      REQUIRE_TPM(pem);
      auto key = keys.open_wrapped(pem->reveal(), "key " + std::to_string(i));
      REQUIRE_TPM(key);
      open.push_back(std::move(*key));
    }
    for (int i = 0; i < 2; ++i) {
      for (const DeviceSigner& each : open) CHECK_TPM(signs(each, SignatureScheme::kEcdsa));
    }
  }
  CHECK(tpm.handles("handles-transient").empty());
}

TEST_CASE("the description names manufacturer and firmware") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  const auto text = Tpm2(settings_of(tpm)).connect();
  REQUIRE_TPM(text);
  CHECK_THAT(*text, Catch::StartsWith("TPM 2.0 of IBM"));
  CHECK_THAT(*text, Catch::Contains("firmware "));
}

TEST_CASE("two threads that open and drop keys at the same time do not disturb each other") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  Tpm2 keys(settings_of(tpm));
  const auto pem = keys.make_key(KeyType::kEcP256);
  REQUIRE_TPM(pem);
  std::atomic<unsigned> opened{0};
  const auto open_and_drop = [&] {
    for (int times = 0; times < 20; ++times) {
      // The last user of the connection is the signer, which is dropped without the lock of the TPM.
      if (keys.open_wrapped(pem->reveal(), "the device key")) ++opened;
    }
  };
  std::thread other(open_and_drop);
  open_and_drop();
  other.join();
  CHECK(opened == 40);
}

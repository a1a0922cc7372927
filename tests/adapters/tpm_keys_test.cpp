// Keys in a software TPM: made, opened, used, kept at handles, and shared with tpm2-openssl and tpm2-tools.
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <string>
#include <vector>

#include "adapters/keys/tpm2.hpp"
#include "adapters/keys/tss2_pem.hpp"
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
  CHECK(tpm.handles("handles-transient").size() <= 26);
}

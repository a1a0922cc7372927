// Persistent keys of a TPM: made so, found, evicted; and what is at a handle that is no key for a gateway.
#include <string>

#include "adapters/keys/certificate_facts.hpp"
#include "adapters/keys/tpm2/tpm2.hpp"
#include "adapters/keys/tpm2/tss2_pem.hpp"
#include "tests/adapters/tpm_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using enum ErrorKind;

namespace {

constexpr std::uint32_t kHandle = 0x81000001;
constexpr std::uint32_t kOther = 0x81000002;

std::string digest_of(const Secret& pem) {
  const auto key = parse_tss2_pem(pem.reveal());
  return public_key_sha256(**public_half_of(*key));
}

}  // namespace

TEST_CASE("a key becomes persistent once, signs at its handle, and is evicted only by its own digest") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  Tpm2 keys(settings_of(tpm));
  CHECK_TPM(keys.require_free(kHandle));
  CHECK(keys.open_handle(kHandle, "the device key").error().kind == kTpmHandleEmpty);
  const auto pem = keys.make_key(KeyType::kEcP256);
  const auto other = keys.make_key(KeyType::kRsa2048);
  REQUIRE_TPM(pem);
  REQUIRE_TPM(other);
  CHECK_TPM(keys.persist(pem->reveal(), kHandle));
  CHECK_TPM(keys.persist(pem->reveal(), kHandle));
  CHECK(keys.require_free(kHandle).error().kind == kTpmHandleOccupied);
  CHECK(keys.persist(other->reveal(), kHandle).error().kind == kTpmHandleOccupied);

  const auto key = keys.open_handle(kHandle, "the device key");
  REQUIRE_TPM(key);
  CHECK_TPM(signs(*key, SignatureScheme::kEcdsa));
  CHECK_TPM(keys.persist(other->reveal(), kOther));
  const auto rsa = keys.open_handle(kOther, "the device key");
  REQUIRE_TPM(rsa);
  CHECK_TPM(signs(*rsa, SignatureScheme::kRsaPss));
  CHECK_TPM(signs(*rsa, SignatureScheme::kRsaPkcs1));

  CHECK_TPM(keys.evict(kHandle, digest_of(*other)));
  CHECK(keys.require_free(kHandle).error().kind == kTpmHandleOccupied);
  CHECK_TPM(keys.evict(kHandle, digest_of(*pem)));
  CHECK_TPM(keys.require_free(kHandle));
  CHECK_TPM(keys.evict(kHandle, digest_of(*pem)));
  CHECK(signs(*key, SignatureScheme::kEcdsa).error().kind == kTpmHandleEmpty);
}

TEST_CASE("a handle of the platform is refused") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  Tpm2 keys(settings_of(tpm));
  const auto pem = keys.make_key(KeyType::kEcP256);
  REQUIRE_TPM(pem);
  const auto kept = keys.persist(pem->reveal(), 0x81800000);
  REQUIRE_FALSE(kept);
  CAPTURE(kept.error().message);
  CHECK(kept.error().kind == kKeyUri);
}

TEST_CASE("keys that tpm2-tools imported or made under a persistent parent sign") {
  FP_NEEDS_TPM();
  const SoftwareTpm tpm;
  const std::string flush = "tpm2_flushcontext -t; tpm2_flushcontext -l; tpm2_flushcontext -s\n";
  tpm.shell("tpm2_createprimary -Q -C o -G ecc -c prim.ctx; tpm2_evictcontrol -Q -C o -c prim.ctx 0x81000001\n" +
            flush +
            "openssl ecparam -genkey -name prime256v1 -noout -out claim.pem\n"
            "tpm2_import -Q -C 0x81000001 -G ecc -i claim.pem -u c.pub -r c.priv\n" +
            flush +
            "tpm2_load -Q -C 0x81000001 -u c.pub -r c.priv -c c.ctx\n"
            "tpm2_evictcontrol -Q -C o -c c.ctx 0x81000002\n" +
            flush + "tpm2_create -Q -C 0x81000001 -G ecc -u k.pub -r k.priv\n" + flush +
            "tpm2_encodeobject -C 0x81000001 -u k.pub -r k.priv -p -o k.pem");
  Tpm2 keys(settings_of(tpm));
  const auto imported = keys.open_handle(kOther, "the claim key");
  REQUIRE_TPM(imported);
  CHECK_TPM(signs(*imported, SignatureScheme::kEcdsa));
  const auto made = keys.open_wrapped(read_text(tpm / "k.pem"), "the device key");
  REQUIRE_TPM(made);
  CHECK_TPM(signs(*made, SignatureScheme::kEcdsa));

  const auto storage = keys.open_handle(kHandle, "the claim key");
  REQUIRE_FALSE(storage);
  CHECK(storage.error().kind == kKeyUnsuitable);
  CHECK_THAT(storage.error().message, Catch::StartsWith("the claim key: ") && Catch::Contains("storage key"));

  auto elsewhere = parse_tss2_pem(read_text(tpm / "k.pem"));
  REQUIRE(elsewhere);
  for (const auto& [parent, kind] : std::vector<std::pair<std::uint32_t, ErrorKind>>{
           {0x40000007, kKeyUnsuitable}, {0x4000000B, kKeyUnsuitable}, {0x81000009, kTpmHandleEmpty}}) {
    elsewhere->parent = parent;
    const auto key = keys.open_wrapped(to_tss2_pem(*elsewhere).reveal(), "the device key");
    REQUIRE_FALSE(key);
    CAPTURE(key.error().message);
    CHECK(word(key.error().kind) == word(kind));
  }
}

// What OpenSSL's functions say of a device's key, and what its provider takes from other providers
// (provider-keymgmt(7)).
#include <openssl/core_names.h>

#include <memory>
#include <string>
#include <vector>

#include "adapters/keys/device/external_key.hpp"
#include "adapters/keys/device/external_provider.hpp"
#include "tests/adapters/device_keys.hpp"
#include "tests/fakes/software_signer.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

struct ProviderFixture {
  // OpenSSL's error queue must be empty after every test.
  ~ProviderFixture() { CHECK(ERR_peek_error() == 0); }
};

/// Texts and bytes of any length may be passed: OSSL_PARAM(3), data_size.
void check_any_length(const OSSL_PARAM* offered) {
  REQUIRE(offered != nullptr);
  for (; offered->key != nullptr; ++offered) {
    INFO(offered->key);
    const bool is_number =
        offered->data_type == OSSL_PARAM_INTEGER || offered->data_type == OSSL_PARAM_UNSIGNED_INTEGER;
    if (!is_number) CHECK(offered->data_size == 0);
  }
}

}  // namespace

TEST_CASE_METHOD(ProviderFixture, "what is offered may have any length") {
  for (const std::string name : {"rsa", "ec"}) {
    INFO(name);
    const SoftwareDevice device = software_device(fixture::device_key(name));
    EVP_PKEY* key = device.loaded.key.get();
    check_any_length(EVP_PKEY_gettable_params(key));
    const OpensslHandle<EVP_PKEY_CTX> making(
        EVP_PKEY_CTX_new_from_name(external_library(), name == "rsa" ? "RSA" : "EC", nullptr));
    REQUIRE(EVP_PKEY_fromdata_init(making.get()) == 1);
    const OSSL_PARAM* taken = EVP_PKEY_fromdata_settable(making.get(), EVP_PKEY_KEYPAIR);
    check_any_length(taken);
    for (const char* each : {OSSL_PKEY_PARAM_GROUP_NAME, OSSL_PKEY_PARAM_PUB_KEY, OSSL_PKEY_PARAM_RSA_N,
                             OSSL_PKEY_PARAM_RSA_E, kExternalKeyParameter}) {
      CHECK(OSSL_PARAM_locate_const(taken, each) != nullptr);
    }
    const OpensslHandle<EVP_MD_CTX> signing(EVP_MD_CTX_new());
    EVP_PKEY_CTX* options = nullptr;
    REQUIRE(EVP_DigestSignInit(signing.get(), &options, EVP_sha256(), nullptr, key) == 1);
    check_any_length(EVP_PKEY_CTX_settable_params(options));
    check_any_length(EVP_PKEY_CTX_gettable_params(options));
  }
}

TEST_CASE_METHOD(ProviderFixture, "the facts of a device's key can be asked for by name") {
  struct Row {
    const char* key;
    std::vector<const char*> known;
    std::vector<const char*> unknown;
  };
  const std::vector<const char*> of_rsa{OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E};
  const std::vector<const char*> of_ec{OSSL_PKEY_PARAM_GROUP_NAME, OSSL_PKEY_PARAM_EC_ENCODING,
                                       OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, OSSL_PKEY_PARAM_PUB_KEY,
                                       OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY};
  for (const Row& row : {Row{"rsa", of_rsa, of_ec}, Row{"ec", of_ec, of_rsa}}) {
    const SoftwareDevice device = software_device(fixture::device_key(row.key));
    EVP_PKEY* key = device.loaded.key.get();
    const OSSL_PARAM* named = EVP_PKEY_gettable_params(key);
    for (const char* name : {OSSL_PKEY_PARAM_BITS, OSSL_PKEY_PARAM_SECURITY_BITS, OSSL_PKEY_PARAM_MAX_SIZE,
                             OSSL_PKEY_PARAM_DEFAULT_DIGEST}) {
      INFO(name);
      CHECK(OSSL_PARAM_locate_const(named, name) != nullptr);
    }
    for (const char* name : row.known) CHECK(OSSL_PARAM_locate_const(named, name) != nullptr);
    for (const char* name : row.unknown) CHECK(OSSL_PARAM_locate_const(named, name) == nullptr);
    CHECK(OSSL_PARAM_locate_const(named, OSSL_PKEY_PARAM_PRIV_KEY) == nullptr);
    CHECK(EVP_PKEY_can_sign(key) == 1);
    const EVP_PKEY* half = copy_public_half(*key).release();
    CHECK(EVP_PKEY_eq(half, fixture::device_key(row.key)) == 1);
    EVP_PKEY_free(const_cast<EVP_PKEY*>(half));
    CHECK(EVP_PKEY_eq(key, software_device(fixture::device_key(row.key)).loaded.key.get()) == 1);
    CHECK(EVP_PKEY_eq(key, software_device(fixture::device_key(std::string("other ") + row.key)).loaded.key.get()) !=
          1);
    ERR_clear_error();
  }
}

TEST_CASE_METHOD(ProviderFixture, "the provider takes public halves of other providers and no private half") {
  for (const char* type : {"rsa", "ec"}) {
    INFO(type);
    for (const int selection : {EVP_PKEY_PUBLIC_KEY, EVP_PKEY_KEYPAIR}) {
      OSSL_PARAM* exported = nullptr;
      REQUIRE(EVP_PKEY_todata(fixture::device_key(type), selection, &exported) == 1);
      const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(exported, &OSSL_PARAM_free);
      const OpensslHandle<EVP_PKEY_CTX> context(
          EVP_PKEY_CTX_new_from_name(external_library(), *type == 'r' ? "RSA" : "EC", nullptr));
      REQUIRE(EVP_PKEY_fromdata_init(context.get()) == 1);
      EVP_PKEY* made = nullptr;
      const bool taken = EVP_PKEY_fromdata(context.get(), &made, selection, exported) == 1;
      const OpensslHandle<EVP_PKEY> owned(made);
      CHECK(taken == (selection == EVP_PKEY_PUBLIC_KEY));
      if (!taken) continue;
      CHECK(EVP_PKEY_eq(made, fixture::device_key(type)) == 1);
      CHECK(EVP_PKEY_get_bits(made) == EVP_PKEY_get_bits(fixture::device_key(type)));
      // It has no signer.
      const OpensslHandle<EVP_MD_CTX> signing(EVP_MD_CTX_new());
      CHECK(EVP_DigestSignInit_ex(signing.get(), nullptr, "SHA256", external_library(), nullptr, made, nullptr) != 1);
    }
    ERR_clear_error();
  }
  OSSL_PARAM wrong[] = {OSSL_PARAM_construct_octet_string(kExternalKeyParameter, const_cast<char*>("key"), 3),
                        OSSL_PARAM_END};
  const OpensslHandle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(external_library(), "EC", nullptr));
  REQUIRE(EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* made = nullptr;
  CHECK(EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, wrong) != 1);
  CHECK(EVP_PKEY_CTX_new_from_name(external_library(), "ED25519", nullptr) == nullptr);
  ERR_clear_error();
}

// The encodings without OpenSSL's encoders are those that OpenSSL writes.
#include "adapters/keys/ec_encoding.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <string>

#include "adapters/keys/key.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision {
namespace {

template <class Object>
std::string der_of(int (*encode)(const Object*, unsigned char**), const Object* object) {
  unsigned char* bytes = nullptr;
  const int size = encode(object, &bytes);
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size > 0 ? size : 0));
  OPENSSL_free(bytes);
  return text;
}

/// What OpenSSL's own encoder writes.
std::string pkcs8_by_openssl(const EVP_PKEY* key) {
  const OpensslHandle<PKCS8_PRIV_KEY_INFO> info(EVP_PKEY2PKCS8(key));
  return der_of<PKCS8_PRIV_KEY_INFO>(i2d_PKCS8_PRIV_KEY_INFO, info.get());
}

std::string public_key_by_us(const EVP_PKEY& key) {
  const OpensslHandle<X509_PUBKEY> info(X509_PUBKEY_new());
  return put_ec_public_key(key, info.get()) ? der_of<X509_PUBKEY>(i2d_X509_PUBKEY, info.get()) : std::string();
}

/// The key of this number: the numbers 1 and 255 fill all but the last byte with zeros.
OpensslKey key_of_number(int curve, unsigned long number) {
  EC_GROUP* group = EC_GROUP_new_by_curve_name(curve);
  EC_POINT* point = EC_POINT_new(group);
  BIGNUM* private_half = BN_secure_new();
  BN_set_word(private_half, number);
  EC_POINT_mul(group, point, private_half, nullptr, nullptr, nullptr);
  unsigned char* bytes = nullptr;
  const std::size_t size = EC_POINT_point2buf(group, point, POINT_CONVERSION_UNCOMPRESSED, &bytes, nullptr);
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, OBJ_nid2sn(curve), 0);
  OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, bytes, size);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, private_half);
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
  EVP_PKEY* key = nullptr;
  REQUIRE(EVP_PKEY_fromdata_init(context) == 1);
  REQUIRE(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) == 1);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  OPENSSL_free(bytes);
  BN_free(private_half);
  EC_POINT_free(point);
  EC_GROUP_free(group);
  return OpensslKey(key);
}

void check_same(const EVP_PKEY& key) {
  CHECK(public_key_by_us(key) == der_of<EVP_PKEY>(i2d_PUBKEY, &key));
  const auto info = ec_private_key_info(key);
  REQUIRE(info);
  CHECK(der_of<PKCS8_PRIV_KEY_INFO>(i2d_PKCS8_PRIV_KEY_INFO, info.get()) == pkcs8_by_openssl(&key));
}

TEST_CASE("keys on named curves are encoded as OpenSSL encodes them") {
  for (const int curve : {NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1}) {
    INFO(OBJ_nid2sn(curve));
    for (const unsigned long number : {1UL, 255UL, 0x12345678UL}) check_same(*key_of_number(curve, number));
    const OpensslKey made(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", OBJ_nid2sn(curve)));
    check_same(*made);
  }
}

TEST_CASE("other keys are left to OpenSSL's encoders") {
  const OpensslKey compressed = key_of_number(NID_X9_62_prime256v1, 7);
  REQUIRE(EVP_PKEY_set_utf8_string_param(compressed.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                         OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_COMPRESSED) == 1);
  const OpensslKey explicit_curve = key_of_number(NID_X9_62_prime256v1, 7);
  REQUIRE(EVP_PKEY_set_utf8_string_param(explicit_curve.get(), OSSL_PKEY_PARAM_EC_ENCODING,
                                         OSSL_PKEY_EC_ENCODING_EXPLICIT) == 1);
  const OpensslKey other_curve = key_of_number(NID_secp224r1, 7);
  const OpensslKey other_type(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  for (const EVP_PKEY* key : {compressed.get(), explicit_curve.get(), other_curve.get(), other_type.get()}) {
    CHECK(public_key_by_us(*key).empty());
    CHECK(ec_private_key_info(*key) == nullptr);
  }
  const std::string public_half = der_of<EVP_PKEY>(i2d_PUBKEY, key_of_number(NID_X9_62_prime256v1, 7).get());
  const auto* at = reinterpret_cast<const unsigned char*>(public_half.data());
  const OpensslKey no_private_half(d2i_PUBKEY(nullptr, &at, static_cast<long>(public_half.size())));
  CHECK(public_key_by_us(*no_private_half) == public_half);
  CHECK(ec_private_key_info(*no_private_half) == nullptr);
}

}  // namespace
}  // namespace fleet_provision

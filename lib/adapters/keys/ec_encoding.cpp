#include "adapters/keys/ec_encoding.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/keys/device/der.hpp"
#include "core/secret.hpp"

namespace fleet_provision {
namespace {

struct FreeNumber {
  void operator()(BIGNUM* number) const noexcept { BN_clear_free(number); }
};

/// Memory of OpenSSL with these bytes; the function that takes it over frees it.
unsigned char* copy_for_openssl(std::string_view bytes) {
  return static_cast<unsigned char*>(OPENSSL_memdup(bytes.data(), bytes.size()));
}

struct EcPublicKey {
  int curve = NID_undef;
  /// Bytes of a coordinate, and of the private key.
  std::size_t width = 0;
  /// 4, x, y: SEC 1 section 2.3.3.
  std::string point;
};

std::string text_parameter(const EVP_PKEY& key, const char* parameter) {
  std::array<char, 32> text{};
  std::size_t size = 0;
  const bool found = EVP_PKEY_get_utf8_string_param(&key, parameter, text.data(), text.size(), &size) == 1;
  return found ? std::string(text.data(), size) : std::string();
}

std::optional<EcPublicKey> named_and_uncompressed(const EVP_PKEY& key) {
  if (EVP_PKEY_is_a(&key, "EC") != 1 ||
      text_parameter(key, OSSL_PKEY_PARAM_EC_ENCODING) != OSSL_PKEY_EC_ENCODING_GROUP) {
    return std::nullopt;
  }
  EcPublicKey found;
  found.curve = OBJ_sn2nid(text_parameter(key, OSSL_PKEY_PARAM_GROUP_NAME).c_str());
  if (found.curve == NID_X9_62_prime256v1) found.width = 32;
  if (found.curve == NID_secp384r1) found.width = 48;
  if (found.curve == NID_secp521r1) found.width = 66;
  if (found.width == 0) return std::nullopt;
  std::array<unsigned char, 1 + 2 * 66> point{};
  std::size_t size = 0;
  const bool is_whole =
      EVP_PKEY_get_octet_string_param(&key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size) == 1 &&
      size == 1 + 2 * found.width && point[0] == POINT_CONVERSION_UNCOMPRESSED;
  if (!is_whole) return std::nullopt;
  found.point.assign(reinterpret_cast<const char*>(point.data()), size);
  return found;
}

/// ECPrivateKey of RFC 5915 section 3, without the parameters, which PKCS#8 has already.
std::optional<Secret> ec_private_key(const EVP_PKEY& key, const EcPublicKey& half) {
  BIGNUM* found = nullptr;
  if (EVP_PKEY_get_bn_param(&key, OSSL_PKEY_PARAM_PRIV_KEY, &found) != 1) return std::nullopt;
  const std::unique_ptr<BIGNUM, FreeNumber> number(found);
  std::string bytes(half.width, '\0');
  const WipedAtEnd wiped_bytes(bytes);
  if (BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(half.width)) < 0) {
    return std::nullopt;
  }
  std::string key_element = der::element(der::kOctetString, bytes);
  const WipedAtEnd wiped_element(key_element);
  const std::string no_unused_bits(1, '\0');
  const std::string public_half =
      der::element(der::explicit_tag(1), der::element(der::kBitString, no_unused_bits + half.point));
  const std::string version = der::unsigned_integer("\x01");
  std::string content;
  content.reserve(version.size() + key_element.size() + public_half.size());
  const WipedAtEnd wiped_content(content);
  content.append(version).append(key_element).append(public_half);
  std::string whole = der::element(der::kSequence, content);
  const WipedAtEnd wiped_whole(whole);
  return Secret(whole);
}

}  // namespace

bool put_ec_public_key(const evp_pkey_st& key, X509_pubkey_st* info) {
  const auto half = named_and_uncompressed(key);
  if (!half) return false;
  unsigned char* point = copy_for_openssl(half->point);
  if (point != nullptr &&
      X509_PUBKEY_set0_param(info, OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT, OBJ_nid2obj(half->curve),
                             point, static_cast<int>(half->point.size())) == 1) {
    return true;
  }
  OPENSSL_free(point);
  return false;
}

OpensslHandle<pkcs8_priv_key_info_st> ec_private_key_info(const evp_pkey_st& key) {
  const auto half = named_and_uncompressed(key);
  const auto encoded = half ? ec_private_key(key, *half) : std::nullopt;
  OpensslHandle<PKCS8_PRIV_KEY_INFO> info(encoded ? PKCS8_PRIV_KEY_INFO_new() : nullptr);
  unsigned char* bytes = info ? copy_for_openssl(encoded->reveal()) : nullptr;
  constexpr int kVersion = 0;
  if (bytes != nullptr && PKCS8_pkey_set0(info.get(), OBJ_nid2obj(NID_X9_62_id_ecPublicKey), kVersion, V_ASN1_OBJECT,
                                          OBJ_nid2obj(half->curve), bytes, static_cast<int>(encoded->size())) == 1) {
    return info;
  }
  OPENSSL_clear_free(bytes, bytes != nullptr ? encoded->size() : 0);
  return nullptr;
}

}  // namespace fleet_provision

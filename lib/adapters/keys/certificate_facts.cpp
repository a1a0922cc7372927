#include "adapters/keys/certificate_facts.hpp"

#include <arpa/inet.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string_view>

#include "adapters/keys/ec_encoding.hpp"
#include "adapters/keys/openssl_handles.hpp"
#include "adapters/keys/sha256.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

std::string name_text(const X509_NAME* name) {
  const OpensslHandle<BIO> bio(BIO_new(BIO_s_mem()));
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return printable({text, static_cast<std::size_t>(size)});
}

WallTime wall_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  // Does not use timegm: time_t has 32 bits on Debian 12 armhf, and the service's certificates are valid until 2049.
  using std::chrono::seconds;
  const std::chrono::sys_days day = std::chrono::year{parts.tm_year + 1900} /
                                    std::chrono::month{static_cast<unsigned>(parts.tm_mon + 1)} /
                                    std::chrono::day{static_cast<unsigned>(parts.tm_mday)};
  const std::int64_t since_1970 =
      std::int64_t{day.time_since_epoch().count()} * 86400 + parts.tm_hour * 3600 + parts.tm_min * 60 + parts.tm_sec;
  // WallTime counts in nanoseconds and ends in 2262; "99991231235959Z" (RFC 5280 section 4.1.2.5) is later than that.
  constexpr std::int64_t kLast = std::chrono::floor<seconds>(WallTime::max()).time_since_epoch().count();
  return WallTime{seconds{std::clamp(since_1970, -kLast, kLast)}};
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  char text[INET6_ADDRSTRLEN] = "";
  const int size = ASN1_STRING_length(address);
  if (size != 4 && size != 16) return {};
  ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof text);
  return text;
}

/// SHA-256 over the DER that one of OpenSSL's encoders, i2d_X509 for example, writes for `object`; empty if the encoder
/// fails.
template <class Encode, class Object>
std::string sha256_of_der(Encode encode, const Object* object) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  if (size <= 0) return {};
  std::string digest = sha256_of({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return digest;
}

/// The digest of an EC key whose public point has the compressed or the hybrid form: converts the point to the
/// uncompressed form first, so that a key has one digest.
std::string sha256_of_uncompressed(const EVP_PKEY* key) {
  const CleanErrorQueue clean;
  const OpensslHandle<EVP_PKEY> usual(EVP_PKEY_dup(const_cast<EVP_PKEY*>(key)));
  if (!usual || EVP_PKEY_set_utf8_string_param(usual.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                               OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1) {
    return {};
  }
  return sha256_of_der(i2d_PUBKEY, static_cast<const EVP_PKEY*>(usual.get()));
}

std::string sha256_of_key(const X509_PUBKEY* key) {
  const unsigned char* bytes = nullptr;
  int size = 0;
  X509_ALGOR* algorithm = nullptr;
  const ASN1_OBJECT* type = nullptr;
  constexpr unsigned char kUncompressed = 4;
  if (X509_PUBKEY_get0_param(nullptr, &bytes, &size, &algorithm, key) == 1 && size > 0 && bytes[0] != kUncompressed) {
    X509_ALGOR_get0(&type, nullptr, nullptr, algorithm);
    const EVP_PKEY* parsed = OBJ_obj2nid(type) == NID_X9_62_id_ecPublicKey ? X509_PUBKEY_get0(key) : nullptr;
    if (parsed != nullptr) return sha256_of_uncompressed(parsed);
  }
  // Uses the encoding in the certificate, because OpenSSL 3 searches all its encoders to encode a key again.
  return sha256_of_der(i2d_X509_PUBKEY, key);
}

}  // namespace

CertificateFacts facts_of(const x509_st& certificate) {
  CertificateFacts facts;
  facts.fingerprint = sha256_of_der(i2d_X509, &certificate);
  facts.public_key_sha256 = sha256_of_key(X509_get_X509_PUBKEY(&certificate));
  facts.subject = name_text(X509_get_subject_name(&certificate));
  facts.issuer = name_text(X509_get_issuer_name(&certificate));
  facts.not_before = wall_time(X509_get0_notBefore(&certificate));
  facts.not_after = wall_time(X509_get0_notAfter(&certificate));
  return facts;
}

std::string public_key_sha256(const evp_pkey_st& key) {
  const OpensslHandle<X509_PUBKEY> info(X509_PUBKEY_new());
  if (info && put_ec_public_key(key, info.get())) return sha256_of_der(i2d_X509_PUBKEY, info.get());
  std::array<char, 32> form{};
  std::size_t size = 0;
  if (EVP_PKEY_is_a(&key, "EC") == 1 &&
      EVP_PKEY_get_utf8_string_param(&key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form.data(), form.size(),
                                     &size) == 1 &&
      std::string_view(form.data(), size) != OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) {
    return sha256_of_uncompressed(&key);
  }
  return sha256_of_der(i2d_PUBKEY, &key);
}

std::string public_key_sha256(X509_req_st& request) {
  return sha256_of_key(X509_REQ_get_X509_PUBKEY(&request));
}

std::vector<std::string> names_of(const x509_st& certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  std::vector<std::string> found;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      found.push_back(printable({reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                                 static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))}));
    } else if (name->type == GEN_IPADD) {
      found.push_back(address_text(name->d.iPAddress));
    }
  }
  return found;
}

}  // namespace fleet_provision

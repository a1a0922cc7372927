#include "pki/x509.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>

#include "core/text.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr int kSerialBytes = 20;
constexpr unsigned kRsaBits = 2048;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

[[noreturn]] void give_up(const char* what) {
  std::array<char, 200> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  ERR_clear_error();
  throw std::runtime_error(std::string(what) + ": " + reason.data());
}

void require(bool condition, const char* what) {
  if (!condition) give_up(what);
}

std::string take(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

// Twenty bytes and positive, like the service's serial numbers.
void set_serial(X509* certificate) {
  std::array<unsigned char, kSerialBytes> bytes{};
  require(RAND_bytes(bytes.data(), kSerialBytes) == 1, "random serial number");
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7fU) | 0x40U);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(BN_bin2bn(bytes.data(), kSerialBytes, nullptr), &BN_free);
  require(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr, "serial number");
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), &X509_EXTENSION_free);
  require(extension != nullptr, value.c_str());
  require(X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

// Copies the encoded key. X509_set_pubkey of OpenSSL 3.0 would encode it and look up a decoder, a tenth of the time
// that a certificate takes.
void set_public_key(X509* certificate, const X509_PUBKEY* key) {
  const unsigned char* bits = nullptr;
  int size = 0;
  X509_ALGOR* algorithm = nullptr;
  require(X509_PUBKEY_get0_param(nullptr, &bits, &size, &algorithm, key) == 1, "public key");
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(bits, static_cast<std::size_t>(size)));
  X509_PUBKEY* place = X509_get_X509_PUBKEY(certificate);
  X509_ALGOR* its_algorithm = nullptr;
  require(copy != nullptr &&
              X509_PUBKEY_set0_param(place, OBJ_nid2obj(NID_undef), V_ASN1_UNDEF, nullptr, copy, size) == 1 &&
              X509_PUBKEY_get0_param(nullptr, nullptr, nullptr, &its_algorithm, place) == 1 &&
              X509_ALGOR_copy(its_algorithm, algorithm) == 1,
          "public key");
}

}  // namespace

CertificateRequest leaf_request(const char* subject, const char* usage) {
  constexpr long kDays = 800;
  CertificateRequest request;
  request.subject_nid = NID_commonName;
  request.subject = subject;
  request.not_before = -kSecondsPerDay;
  request.not_after = kDays * kSecondsPerDay;
  request.extensions = {{NID_authority_key_identifier, "keyid"},
                        {NID_subject_key_identifier, "hash"},
                        {NID_basic_constraints, "critical,CA:FALSE"},
                        {NID_key_usage, "critical,digitalSignature"},
                        {NID_ext_key_usage, usage}};
  return request;
}

Key make_ec_key() {
  Key key(EVP_EC_gen("P-256"));
  require(key != nullptr, "make an EC key");
  return key;
}

Key make_rsa_key() {
  Key key(EVP_RSA_gen(kRsaBits));
  require(key != nullptr, "make an RSA key");
  return key;
}

namespace {

// nullptr soon after `abandoned` has become true.
Key search_rsa_key(int primes, const std::atomic<bool>& abandoned) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), &EVP_PKEY_CTX_free);
  require(context && EVP_PKEY_keygen_init(context.get()) == 1 &&
              EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(kRsaBits)) == 1 &&
              EVP_PKEY_CTX_set_rsa_keygen_primes(context.get(), primes) == 1,
          "make an RSA key");
  EVP_PKEY_CTX_set_app_data(context.get(), const_cast<std::atomic<bool>*>(&abandoned));
  EVP_PKEY_CTX_set_cb(context.get(), [](EVP_PKEY_CTX* asking) {
    return static_cast<const std::atomic<bool>*>(EVP_PKEY_CTX_get_app_data(asking))->load() ? 0 : 1;
  });
  EVP_PKEY* key = nullptr;
  const bool made = EVP_PKEY_generate(context.get(), &key) == 1;
  Key owner(key);
  if (abandoned) {
    ERR_clear_error();
    return nullptr;
  }
  require(made, "make an RSA key");
  return owner;
}

}  // namespace

Key make_rsa_key(const std::atomic<bool>& abandoned) {
  return search_rsa_key(2, abandoned);
}

Key make_rsa_issuer_key() {
  const std::atomic<bool> never{false};
  return search_rsa_key(3, never);
}

PublicKey public_key_of(EVP_PKEY* key) {
  X509_PUBKEY* made = nullptr;
  require(X509_PUBKEY_set(&made, key) == 1, "public key");
  return PublicKey(made);
}

Certificate make_certificate(const CertificateRequest& request, const X509_PUBKEY* subject_key, X509* issuer,
                             EVP_PKEY* issuer_key) {
  Certificate certificate(X509_new());
  require(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1, "certificate");
  set_serial(certificate.get());
  // As a UTF8String the text may exceed the 64 characters of X.520, as that of the service's issuer does.
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const auto* bytes = reinterpret_cast<const unsigned char*>(request.subject.data());
  require(X509_NAME_add_entry_by_NID(subject, request.subject_nid, V_ASN1_UTF8STRING, bytes,
                                     static_cast<int>(request.subject.size()), -1, 0) == 1,
          "subject");
  X509* signer = issuer == nullptr ? certificate.get() : issuer;
  require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1, "issuer");
  require(X509_gmtime_adj(X509_getm_notBefore(certificate.get()), request.not_before) != nullptr, "notBefore");
  if (request.not_after_time.empty()) {
    require(X509_gmtime_adj(X509_getm_notAfter(certificate.get()), request.not_after) != nullptr, "notAfter");
  } else {
    require(ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()), request.not_after_time.c_str()) == 1,
            "notAfter");
  }
  set_public_key(certificate.get(), subject_key);
  for (const auto& [nid, value] : request.extensions) add_extension(certificate.get(), signer, nid, value);
  require(X509_sign(certificate.get(), issuer_key, EVP_sha256()) > 0, "sign");
  return certificate;
}

std::string pem_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(bio && PEM_write_bio_X509(bio.get(), certificate) == 1, "write a certificate");
  return take(bio);
}

std::string public_key_pem_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(bio && PEM_write_bio_X509_PUBKEY(bio.get(), X509_get_X509_PUBKEY(certificate)) == 1, "write a public key");
  return take(bio);
}

std::string pem_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(bio && PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "write a key");
  return take(bio);
}

std::string traditional_pem_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(bio && PEM_write_bio_PrivateKey_traditional(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "write a key");
  return take(bio);
}

Certificate certificate_from_pem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  require(certificate != nullptr, "read a certificate");
  return certificate;
}

Key key_from_pem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  require(key != nullptr, "read a key");
  return key;
}

std::string fingerprint(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  require(X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1, "fingerprint");
  return to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

std::string common_name(X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int position = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (position < 0) return {};
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, position));
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, text);
  if (size < 0) return {};
  std::string name(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return name;
}

}  // namespace fleet_provision::simulator

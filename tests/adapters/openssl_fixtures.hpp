// Creates keys, requests and certificates for tests with OpenSSL.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace fleet_provision::fixture {

using Key = std::shared_ptr<EVP_PKEY>;
using Request = std::shared_ptr<X509_REQ>;
using Certificate = std::shared_ptr<X509>;

inline Key ec_key(const char* curve = "P-256") {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve), EVP_PKEY_free};
}
inline Key rsa_key(std::size_t bits) {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits), EVP_PKEY_free};
}
inline Key ed25519_key() {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free};
}

/// The bytes that `write` writes to a memory BIO.
inline std::string written(const std::function<void(BIO*)>& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
  write(bio.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

inline std::string pkcs8_pem(const Key& key) {
  return written(
      [&](BIO* bio) { PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}
inline std::string traditional_pem(const Key& key) {
  return written(
      [&](BIO* bio) { PEM_write_bio_PrivateKey_traditional(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}
inline std::string encrypted_pkcs8_pem(const Key& key) {
  return written([&](BIO* bio) {
    PEM_write_bio_PKCS8PrivateKey(bio, key.get(), EVP_aes_256_cbc(), "secret", 6, nullptr, nullptr);
  });
}
inline std::string encrypted_traditional_pem(const Key& key) {
  unsigned char passphrase[] = "secret";
  return written([&](BIO* bio) {
    PEM_write_bio_PrivateKey_traditional(bio, key.get(), EVP_aes_256_cbc(), passphrase, 6, nullptr, nullptr);
  });
}
inline std::string key_der(const Key& key) {
  return written([&](BIO* bio) { i2d_PrivateKey_bio(bio, key.get()); });
}
inline std::string public_pem(const Key& key) {
  return written([&](BIO* bio) { PEM_write_bio_PUBKEY(bio, key.get()); });
}
inline std::string pem_block(const char* label, std::string_view der, const char* header = "") {
  return written([&](BIO* bio) {
    PEM_write_bio(bio, label, header, reinterpret_cast<const unsigned char*>(der.data()),
                  static_cast<long>(der.size()));
  });
}

inline void set_common_name(X509_NAME* name, const char* text) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text), -1, -1, 0);
}

inline Request request(const Key& key, const EVP_MD* digest) {
  Request made(X509_REQ_new(), X509_REQ_free);
  set_common_name(X509_REQ_get_subject_name(made.get()), "gateway");
  X509_REQ_set_pubkey(made.get(), key.get());
  X509_REQ_sign(made.get(), key.get(), digest);
  return made;
}
inline std::string request_pem(const Request& made) {
  return written([&](BIO* bio) { PEM_write_bio_X509_REQ(bio, made.get()); });
}
inline std::string request_der(const Request& made) {
  return written([&](BIO* bio) { i2d_X509_REQ_bio(bio, made.get()); });
}

/// Self-signed; times are ASN.1 text, `YYYYMMDDHHMMSSZ`.
inline Certificate certificate(const Key& key, const char* not_before = "20260101000000Z",
                               const char* not_after = "20491231235959Z",
                               const char* common_name = "AWS IoT Certificate") {
  Certificate made(X509_new(), X509_free);
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 4711);
  set_common_name(X509_get_subject_name(made.get()), common_name);
  set_common_name(X509_get_issuer_name(made.get()), "issuer");
  ASN1_TIME_set_string_X509(X509_getm_notBefore(made.get()), not_before);
  ASN1_TIME_set_string_X509(X509_getm_notAfter(made.get()), not_after);
  X509_set_pubkey(made.get(), key.get());
  X509_sign(made.get(), key.get(), EVP_sha256());
  return made;
}
inline std::string certificate_pem(const Certificate& made) {
  return written([&](BIO* bio) { PEM_write_bio_X509(bio, made.get()); });
}
inline std::string certificate_der(const Certificate& made) {
  return written([&](BIO* bio) { i2d_X509_bio(bio, made.get()); });
}

}  // namespace fleet_provision::fixture

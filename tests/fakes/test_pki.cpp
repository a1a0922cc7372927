#include "tests/fakes/test_pki.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>

namespace fleet_provision::test {
namespace {

template <auto free>
struct With {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, With<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, With<X509_free>>;
using Bio = std::unique_ptr<BIO, With<BIO_free_all>>;

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("test PKI: ") + what);
}

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

Bio memory() {
  return Bio(BIO_new(BIO_s_mem()));
}
Bio memory(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Key read_key(const std::string& pem) {
  return Key(PEM_read_bio_PrivateKey(memory(pem).get(), nullptr, nullptr, nullptr));
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, With<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& each : names) text += (text.empty() ? "" : ",") + each;
  return text;
}

Key key_for(const CertificateWish& wish, const std::string& csr_pem) {
  if (csr_pem.empty()) return Key(wish.rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
  const std::unique_ptr<X509_REQ, With<X509_REQ_free>> csr(
      PEM_read_bio_X509_REQ(memory(csr_pem).get(), nullptr, nullptr, nullptr));
  require(csr != nullptr, "CSR");
  return Key(X509_REQ_get_pubkey(csr.get()));
}

/// Signs a certificate for the key of the CSR if there is one, else for a new key.
IssuedCertificate sign(const CertificateWish& wish, const IssuedCertificate* issuer, const std::string& csr_pem = {}) {
  const Key key = key_for(wish, csr_pem);
  const Certificate certificate(X509_new());
  require(key && certificate, "out of memory");
  std::random_device random;
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), random());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), wish.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wish.valid_to);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0);
  const Certificate owner(issuer ? PEM_read_bio_X509(memory(issuer->certificate).get(), nullptr, nullptr, nullptr)
                                 : nullptr);
  X509* parent = owner ? owner.get() : certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(parent));
  add_extension(certificate.get(), parent, NID_basic_constraints,
                wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!wish.names.empty()) add_extension(certificate.get(), parent, NID_subject_alt_name, joined(wish.names));
  const Key signer = issuer ? read_key(issuer->key) : read_key([&] {
    const Bio bio = memory();
    PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(bio.get());
  }());
  require(X509_sign(certificate.get(), signer.get(), EVP_sha256()) > 0, "X509_sign");

  IssuedCertificate issued;
  const Bio certificate_pem = memory();
  PEM_write_bio_X509(certificate_pem.get(), certificate.get());
  issued.certificate = text_of(certificate_pem.get());
  if (!csr_pem.empty()) return issued;
  const Bio key_pem = memory();
  PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  issued.key = text_of(key_pem.get());
  return issued;
}

}  // namespace

TestPki::TestPki(const std::string& common_name) {
  CertificateWish wish;
  wish.common_name = common_name;
  wish.authority = true;
  wish.valid_from = -10L * 86'400;
  wish.valid_to = 10L * 86'400;
  root_ = sign(wish, nullptr);
}

IssuedCertificate TestPki::issue(const CertificateWish& wish) const {
  return sign(wish, &root_);
}

std::string TestPki::certify(const std::string& csr_pem, const CertificateWish& wish) const {
  return sign(wish, &root_, csr_pem).certificate;
}

IssuedCertificate TestPki::server() const {
  CertificateWish wish;
  wish.common_name = "test server";
  wish.names = {"DNS:localhost", "IP:127.0.0.1"};
  return issue(wish);
}

IssuedCertificate TestPki::claim() const {
  CertificateWish wish;
  wish.common_name = "test claim";
  return issue(wish);
}

std::string encrypted(const std::string& key_pem, const std::string& passphrase) {
  const Bio bio = memory();
  std::string copy = passphrase;
  PEM_write_bio_PKCS8PrivateKey(bio.get(), read_key(key_pem).get(), EVP_aes_256_cbc(), copy.data(),
                                static_cast<int>(copy.size()), nullptr, nullptr);
  return text_of(bio.get());
}

std::string der_of(const std::string& pem) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* bytes = nullptr;
  long size = 0;
  require(PEM_read_bio(memory(pem).get(), &name, &header, &bytes, &size) == 1, "PEM_read_bio");
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(bytes);
  return der;
}

}  // namespace fleet_provision::test

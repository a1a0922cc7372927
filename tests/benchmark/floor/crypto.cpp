#include "tests/benchmark/floor/crypto.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>
#include <memory>
#include <vector>

#include "tests/benchmark/floor/failure.hpp"

namespace fleet_provision::floor {
namespace {

template <class T, auto kFree>
struct Freed {
  void operator()(T* each) const { kFree(each); }
};
template <class T, auto kFree>
using Owned = std::unique_ptr<T, Freed<T, kFree>>;

using Bio = Owned<BIO, BIO_free_all>;

std::string taken(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += {kDigits[bytes[i] >> 4], kDigits[bytes[i] & 15]};
  return text;
}

}  // namespace

KeyAndCsr make_key_and_csr() {
  const Owned<EVP_PKEY, EVP_PKEY_free> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const Owned<X509_REQ, X509_REQ_free> csr(X509_REQ_new());
  require(key && csr, "key");
  X509_NAME* subject = X509_REQ_get_subject_name(csr.get());
  const auto* name = reinterpret_cast<const unsigned char*>("fleet-provision");
  require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1 &&
              X509_REQ_set_pubkey(csr.get(), key.get()) == 1 && X509_REQ_sign(csr.get(), key.get(), EVP_sha256()) > 0,
          "CSR");
  const Bio key_text(BIO_new(BIO_s_mem()));
  const Bio csr_text(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
              PEM_write_bio_X509_REQ(csr_text.get(), csr.get()) == 1,
          "PEM");
  return {taken(key_text.get()), taken(csr_text.get())};
}

CertificateFacts facts_of(const std::string& certificate_pem) {
  const Bio text(BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())));
  const Owned<X509, X509_free> certificate(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
  require(certificate != nullptr, "the certificate does not parse");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  std::tm time{};
  require(X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) == 1 &&
              ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &time) == 1,
          "certificate");
  std::array<char, 32> date{};
  date[std::strftime(date.data(), date.size() - 1, "%Y-%m-%dT%H:%M:%SZ", &time)] = '\0';
  return {hex(digest.data(), size), date.data()};
}

std::string sha256_hex(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t size = 0;
  require(EVP_Q_digest(nullptr, "SHA256", nullptr, bytes.data(), bytes.size(), digest.data(), &size) == 1, "SHA-256");
  return hex(digest.data(), size);
}

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> drawn(bytes);
  require(RAND_bytes(drawn.data(), static_cast<int>(bytes)) == 1, "random bytes");
  return hex(drawn.data(), bytes);
}

}  // namespace fleet_provision::floor

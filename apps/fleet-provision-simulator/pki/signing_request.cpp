#include "pki/signing_request.hpp"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <string>

namespace fleet_provision::simulator {

namespace {

constexpr int kRsaBitsMin = 2048;

tl::unexpected<Rejection> bad_csr(const std::string& message) {
  return reject(400, "InvalidCertificateSigningRequest", message);
}

// RSA from 2048 bits, or P-256, P-384, P-521 (docs/service.md, "Limits").
Accepted<void> check_key(EVP_PKEY* key) {
  const int type = EVP_PKEY_get_base_id(key);
  if (type == EVP_PKEY_RSA) {
    if (EVP_PKEY_get_bits(key) < kRsaBitsMin) return bad_csr("The RSA key of the CSR has fewer than 2048 bits.");
    return {};
  }
  if (type != EVP_PKEY_EC) return bad_csr("The key of the CSR is neither RSA nor EC.");
  std::array<char, 64> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return bad_csr("The curve is not named.");
  const int curve = OBJ_txt2nid(group.data());
  if (curve == NID_X9_62_prime256v1 || curve == NID_secp384r1 || curve == NID_secp521r1) return {};
  return bad_csr("The key of the CSR is on a curve other than P-256, P-384 and P-521.");
}

// SHA-256, SHA-384 or SHA-512. A scheme whose identifier names no digest (PSS) is accepted.
bool is_digest_accepted(const X509_REQ* request) {
  int digest = NID_undef;
  if (OBJ_find_sigid_algs(X509_REQ_get_signature_nid(request), &digest, nullptr) != 1) return false;
  return digest == NID_undef || digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512;
}

// May leave errors in OpenSSL's queue.
Accepted<SigningRequest> parse_and_check(std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                      &BIO_free);
  SigningRequest csr(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (!csr) return bad_csr("The CSR cannot be parsed.");
  EVP_PKEY* key = X509_REQ_get0_pubkey(csr.get());
  if (key == nullptr) return bad_csr("The CSR has no usable key.");
  FP_ACCEPT(check_key(key));
  if (X509_REQ_verify(csr.get(), key) != 1) return bad_csr("The signature of the CSR is wrong.");
  if (!is_digest_accepted(csr.get())) return bad_csr("The CSR is not signed with SHA-256, SHA-384 or SHA-512.");
  return csr;
}

}  // namespace

Accepted<SigningRequest> read_signing_request(std::string_view pem) {
  Accepted<SigningRequest> csr = parse_and_check(pem);
  // The broker's TLS uses the same queue.
  ERR_clear_error();
  return csr;
}

}  // namespace fleet_provision::simulator

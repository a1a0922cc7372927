#include "adapters/keys/openssl_handles.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace fleet_provision {

// One line for each type of handle.
// clang-format off
void OpensslFree::operator()(asn1_object_st* object) const noexcept { ASN1_OBJECT_free(object); }
void OpensslFree::operator()(bio_st* object) const noexcept { BIO_free_all(object); }
void OpensslFree::operator()(evp_md_ctx_st* object) const noexcept { EVP_MD_CTX_free(object); }
void OpensslFree::operator()(evp_pkey_ctx_st* object) const noexcept { EVP_PKEY_CTX_free(object); }
void OpensslFree::operator()(evp_pkey_st* object) const noexcept { EVP_PKEY_free(object); }
void OpensslFree::operator()(pkcs8_priv_key_info_st* object) const noexcept { PKCS8_PRIV_KEY_INFO_free(object); }
void OpensslFree::operator()(ssl_ctx_st* object) const noexcept { SSL_CTX_free(object); }
void OpensslFree::operator()(ssl_st* object) const noexcept { SSL_free(object); }
void OpensslFree::operator()(X509_name_st* object) const noexcept { X509_NAME_free(object); }
void OpensslFree::operator()(X509_pubkey_st* object) const noexcept { X509_PUBKEY_free(object); }
void OpensslFree::operator()(X509_req_st* object) const noexcept { X509_REQ_free(object); }
void OpensslFree::operator()(x509_st* object) const noexcept { X509_free(object); }
// clang-format on

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  if (const char* reason = ERR_reason_error_string(code)) return reason;
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  return text;
}

Failure openssl_failure(const std::string& failed) {
  return fail(ErrorKind::kInternal, failed + ": " + openssl_reason());
}

CleanErrorQueue::~CleanErrorQueue() {
  ERR_clear_error();
}

}  // namespace fleet_provision

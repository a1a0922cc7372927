// Reads certificates (RFC 5280) from PEM (RFC 7468) for OpensslKeysmith.
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>

#include "adapters/keys/certificate_facts.hpp"
#include "adapters/keys/key.hpp"
#include "adapters/keys/openssl_handles.hpp"
#include "adapters/keys/openssl_keysmith.hpp"
#include "core/file_advice.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

using Bio = OpensslHandle<BIO>;
using Certificate = OpensslHandle<X509>;

struct FreeAllocated {
  void operator()(void* memory) const noexcept { OPENSSL_free(memory); }
};
template <class T>
using Allocated = std::unique_ptr<T, FreeAllocated>;

tl::unexpected<Error> unusable(const std::string& why) {
  return fail(ErrorKind::kIssuedCertificateUnusable, "the certificate " + why);
}

struct PemBlock {
  std::string label;
  std::string header;
  std::string der;
};

/// The next PEM block; nothing at the end of the text.
Result<std::optional<PemBlock>> next_block(BIO* bio) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(bio, &name, &header, &data, &size) != 1) {
    if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) return std::optional<PemBlock>{};
    return unusable("is damaged PEM: " + openssl_reason());
  }
  const Allocated<char> owned_name(name);
  const Allocated<char> owned_header(header);
  const Allocated<unsigned char> owned_data(data);
  return std::optional{PemBlock{name, header, {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)}}};
}

Result<std::string> to_pem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) {
    return openssl_failure("cannot write a certificate as PEM");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

Result<CertificateFacts> parse_certificate(std::string_view pem) {
  const CleanErrorQueue clean;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return openssl_failure("cannot read a certificate");
  FP_TRY_ASSIGN(const auto block, next_block(bio.get()));
  if (!block) return unusable(describe_not_pem(pem));
  if (block->label != PEM_STRING_X509 || !block->header.empty()) {
    return unusable("is a PEM block of the kind " + printable(block->label, 40));
  }
  FP_TRY_ASSIGN(const auto second, next_block(bio.get()));
  if (second) return unusable("is followed by another PEM block");

  const auto* der = reinterpret_cast<const unsigned char*>(block->der.data());
  const auto* at = der;
  const Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(block->der.size())));
  if (!certificate) return unusable("does not parse: " + openssl_reason());
  if (at != der + block->der.size()) return unusable("has extra bytes at its end");
  if (X509_get0_pubkey(certificate.get()) == nullptr) {
    return unusable("holds a key that cannot be used: " + openssl_reason());
  }

  // facts_of cannot report an invalid date.
  if (ASN1_TIME_check(X509_get0_notBefore(certificate.get())) != 1 ||
      ASN1_TIME_check(X509_get0_notAfter(certificate.get())) != 1) {
    return unusable("has a date that cannot be read");
  }
  CertificateFacts facts = facts_of(*certificate);
  FP_TRY_ASSIGN(facts.pem, to_pem(certificate.get()));
  return facts;
}

}  // namespace

Result<CertificateFacts> OpensslKeysmith::read_certificate(std::string_view pem) {
  {
    const Lock lock(mutex_);
    if (!pem.empty() && last_certificate_.pem == pem) return last_certificate_;
  }
  FP_TRY_ASSIGN(CertificateFacts facts, parse_certificate(pem));
  const Lock lock(mutex_);
  // The program stores the certificate in this form, and reads it again from there.
  last_certificate_ = facts;
  return facts;
}

}  // namespace fleet_provision

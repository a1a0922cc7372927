// The part of the keysmith that reads certificates (RFC 5280) out of PEM (RFC 7468).
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "adapters/freed_by.hpp"
#include "adapters/openssl_key.hpp"
#include "adapters/openssl_keysmith.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

using Bio = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;

void free_allocated(void* memory) { OPENSSL_free(memory); }
template <class T>
using Allocated = std::unique_ptr<T, FreedBy<free_allocated>>;

tl::unexpected<Error> unusable(const std::string& why) {
  return fail(ErrorKind::kIssuedCertificateUnusable, "the certificate " + why);
}

struct PemBlock {
  std::string label;
  std::string header;
  std::string der;
};

/// The next block; nothing at the end of the text.
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
  return std::optional{
      PemBlock{name, header, {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)}}};
}

/// As -nameopt RFC2253, with everything that is not ASCII escaped.
std::string name_text(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return printable({text, static_cast<std::size_t>(size)});
}

std::optional<WallTime> wall_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  const std::int64_t since_1970 = ::timegm(&parts);
  // WallTime counts in nanoseconds and ends in 2262; "99991231235959Z" (RFC 5280 section 4.1.2.5) lies behind that.
  using std::chrono::seconds;
  constexpr std::int64_t kLast = std::chrono::floor<seconds>(WallTime::max()).time_since_epoch().count();
  return WallTime{seconds{std::clamp(since_1970, -kLast, kLast)}};
}

}  // namespace

Result<CertificateFacts> OpensslKeysmith::read_certificate(std::string_view pem) {
  const CleanErrorQueue clean;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return fail(ErrorKind::kInternal, "cannot read a certificate: " + openssl_reason());
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
  if (at != der + block->der.size()) return unusable("has bytes behind its end");
  EVP_PKEY* key = X509_get0_pubkey(certificate.get());
  if (key == nullptr) return unusable("holds a key that cannot be used: " + openssl_reason());

  CertificateFacts facts;
  facts.fingerprint = sha256_of(block->der);
  FP_TRY_ASSIGN(facts.public_key_sha256, public_key_sha256(key));
  facts.subject = name_text(X509_get_subject_name(certificate.get()));
  facts.issuer = name_text(X509_get_issuer_name(certificate.get()));
  const auto not_before = wall_time(X509_get0_notBefore(certificate.get()));
  const auto not_after = wall_time(X509_get0_notAfter(certificate.get()));
  if (!not_before || !not_after) return unusable("has a date that cannot be read");
  facts.not_before = *not_before;
  facts.not_after = *not_after;
  return facts;
}

}  // namespace fleet_provision

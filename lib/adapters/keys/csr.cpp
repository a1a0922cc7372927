// Creates and reads certificate signing requests (PKCS#10, RFC 2986) for OpensslKeysmith.
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <string>
#include <utility>

#include "adapters/keys/certificate_facts.hpp"
#include "adapters/keys/distinguished_name.hpp"
#include "adapters/keys/ec_encoding.hpp"
#include "adapters/keys/key.hpp"
#include "adapters/keys/openssl_keysmith.hpp"
#include "adapters/system/named_file.hpp"
#include "core/file_advice.hpp"
#include "core/file_format.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

using Bio = OpensslHandle<BIO>;
using Request = OpensslHandle<X509_REQ>;
using Name = OpensslHandle<X509_NAME>;
using Object = OpensslHandle<ASN1_OBJECT>;

/// The type for a short or long name or an OID. Names are case-sensitive in OpenSSL but not in RFC 4514, so a second
/// attempt uses capital letters, as the usual abbreviations do.
Object attribute_type(const std::string& text) {
  Object type(OBJ_txt2obj(text.c_str(), 0));
  if (type) return type;
  return Object(OBJ_txt2obj(in_capitals(text).c_str(), 0));
}

Result<Name> subject_name(const std::string& subject) {
  FP_TRY_ASSIGN(auto parts, parse_distinguished_name(subject));
  // RFC 4514 section 2.1: the text form lists the parts in the reverse order of the encoding.
  std::reverse(parts.begin(), parts.end());
  Name name(X509_NAME_new());
  if (!name) return openssl_failure("cannot encode the CSR subject");
  for (const RelativeName& part : parts) {
    constexpr int kAtEnd = -1;
    int set = 0;
    for (const auto& [type, value] : part) {
      const Object object = attribute_type(type);
      if (!object) {
        return fail(ErrorKind::kUsage, "the CSR subject has an unknown attribute: " + printable(type),
                    "use CN, O, OU, C, ST, L, serialNumber, DC, … or an OID");
      }
      if (X509_NAME_add_entry_by_OBJ(name.get(), object.get(), MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(value.data()),
                                     static_cast<int>(value.size()), kAtEnd, set) != 1) {
        return fail(ErrorKind::kUsage,
                    "the CSR subject cannot hold " + printable(type) + "=" + printable(value) + ": " + openssl_reason(),
                    "give at most 64 characters for CN, exactly 2 for C");
      }
      // -1 adds the next attribute, which follows a `+`, to the same part.
      set = -1;
    }
  }
  return name;
}

bool put_public_key(X509_REQ* request, EVP_PKEY* key) {
  return put_ec_public_key(*key, X509_REQ_get_X509_PUBKEY(request)) || X509_REQ_set_pubkey(request, key) == 1;
}

Result<Csr> to_csr(X509_REQ* request) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509_REQ(bio.get(), request) != 1) return openssl_failure("cannot write a CSR as PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  Csr csr;
  csr.pem.assign(text, static_cast<std::size_t>(size));
  csr.public_key_sha256 = public_key_sha256(*request);
  return csr;
}

/// The service accepts only SHA-2 (docs/service.md, "Limits").
bool is_signed_with_an_old_digest(const X509_REQ* request) {
  int digest = NID_undef;
  OBJ_find_sigid_algs(X509_REQ_get_signature_nid(request), &digest, nullptr);
  return digest == NID_md5 || digest == NID_sha1;
}

}  // namespace

Result<Csr> OpensslKeysmith::make_csr(const DeviceKey& key, const std::string& subject) {
  const CleanErrorQueue clean;
  FP_TRY_ASSIGN(const Name name, subject_name(subject));
  FP_TRY_ASSIGN(const LoadedKey pair, load(key));
  const OpensslKey public_half = pair.failure ? copy_public_half(*pair.key) : share(pair).key;
  const Request request(X509_REQ_new());
  constexpr long kVersion1 = 0;
  if (!request || !public_half || X509_REQ_set_version(request.get(), kVersion1) != 1 ||
      X509_REQ_set_subject_name(request.get(), name.get()) != 1 || !put_public_key(request.get(), public_half.get())) {
    return openssl_failure("cannot encode a CSR");
  }
  if (X509_REQ_sign(request.get(), pair.key.get(), EVP_sha256()) <= 0) {
    if (auto error = pair.failure ? pair.failure->take() : std::nullopt) return fail(std::move(*error));
    return openssl_failure("cannot sign a CSR");
  }
  if (pair.failure) {
    // The proof that the device has the private half of the key.
    if (X509_REQ_verify(request.get(), public_half.get()) != 1) {
      return fail(ErrorKind::kKeyUnsuitable,
                  "the device key " + printable(text_of(key.location)) + " does not verify its own signature",
                  "make the key again; its public and private parts do not belong together");
    }
    devices_->note_proved(pair);
  }
  return to_csr(request.get());
}

Result<Csr> OpensslKeysmith::open_csr(const std::string& file) {
  const CleanErrorQueue clean;
  FP_TRY_ASSIGN(const Secret pem, read_named_file(file, "CSR", ErrorKind::kCsrUnusable));
  const std::string what = "the CSR " + printable(file);
  const std::string_view text = without_byte_order_mark(pem.reveal());
  if (auto objection = objection_to(text, FileRole::kCsr, file)) {
    return fail(ErrorKind::kCsrUnusable, what + " " + objection->what, std::move(objection->hint));
  }
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) return openssl_failure("cannot read a CSR");
  const Request request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (!request) {
    const std::string reason = openssl_reason();
    return fail(ErrorKind::kCsrUnusable, what + " does not parse: " + reason + where_damaged(text, FileRole::kCsr),
                "copy the CSR again; the file may be damaged");
  }
  if (const Request second(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr)); second) {
    return fail(ErrorKind::kCsrUnusable, what + " holds more than one request");
  }
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr) return fail(ErrorKind::kCsrUnusable, what + " holds a key of an unknown type");
  FP_TRY(key_type(key, ErrorKind::kCsrUnusable, "the key of " + what));
  FP_TRY(refuse_explicit_curve(
      key, ErrorKind::kCsrUnusable, "the key of " + what,
      "create the CSR again with a key on a named curve: openssl ecparam -name prime256v1 -genkey "
      "-noout -out KEY"));
  if (X509_REQ_verify(request.get(), key) != 1) {
    return fail(ErrorKind::kCsrUnusable, what + " has a wrong signature", "create it again with the right key");
  }
  if (is_signed_with_an_old_digest(request.get())) {
    return fail(ErrorKind::kCsrUnusable, what + " is signed with SHA-1 or MD5",
                "create it again with SHA-256: openssl req -new -sha256");
  }
  return to_csr(request.get());
}

}  // namespace fleet_provision

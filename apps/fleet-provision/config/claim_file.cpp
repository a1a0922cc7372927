#include "config/claim_file.hpp"

#include <chrono>
#include <utility>

#include "adapters/system/named_file.hpp"
#include "codec/claim_document.hpp"
#include "config/input_file.hpp"
#include "core/file_advice.hpp"
#include "core/file_format.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr ErrorKind kUnusable = ErrorKind::kClaimCertificateUnusable;

Result<Secret> read_bytes(const std::string& path, std::vector<ClaimFile>* read) {
  if (path != "-") return read_named_file(path, "claim", kUnusable, kNamedFileBytesMax, read);
  FP_TRY_ASSIGN(std::string bytes, read_standard_input(kNamedFileBytesMax, kUnusable));
  if (bytes.empty()) {
    return fail(kUnusable, "the claim on stdin is empty", "check the error output of the command before the pipe");
  }
  const WipedAtEnd wiped(bytes);
  return Secret(bytes);
}

Result<LoadedClaim> from_json(std::string_view text, const std::string& name) {
  auto document = decode_claim(text);
  if (!document) {
    Error error = std::move(document).error();
    error.message = name + " " + error.message;
    return fail(std::move(error));
  }
  LoadedClaim claim;
  claim.pem.certificate_pem = std::move(document->certificate_pem);
  claim.pem.key_pem = std::move(document->private_key);
  claim.expiration = document->expiration;
  return claim;
}

/// The first block of this kind, a view into `text`; empty without one.
std::string_view first_block(std::string_view text, FileObject object) {
  for (const PemBlock& each : read_pem(text).blocks) {
    if (object_of_label(each.label) == object) return each.text;
  }
  return {};
}

/// The key that a TPM wrapped, if it is the key of the certificate in the same text.
std::string_view wrapped_key(std::string_view text) {
  const bool has_other_key = !wanted_block(text, FileRole::kClaim).text.empty();
  if (has_other_key || first_block(text, FileObject::kCertificate).empty()) return {};
  return first_block(text, FileObject::kTpmKey);
}

Result<LoadedClaim> from_pem(std::string_view text, const std::string& name, const std::string& path) {
  const std::string_view wrapped = wrapped_key(text);
  if (auto objection = objection_to(text, FileRole::kClaim, path); objection && wrapped.empty()) {
    const bool lacks_key = !objection_to(text, FileRole::kClaimCertificate, path);
    return fail(lacks_key ? ErrorKind::kClaimKeyUnusable : kUnusable, name + " " + objection->what,
                std::move(objection->hint));
  }
  LoadedClaim claim;
  // Without the key, which stands in the same text.
  for (const PemBlock& each : read_pem(text).blocks) {
    if (object_of_label(each.label) == FileObject::kCertificate) {
      claim.pem.certificate_pem.append(each.text).append("\n");
    }
  }
  claim.pem.key_pem = Secret(wrapped.empty() ? wanted_block(text, FileRole::kClaim).text : wrapped);
  return claim;
}

std::string name_of(const std::string& path) {
  return path == "-" ? "the claim on stdin" : "the claim " + printable(path, 300);
}

}  // namespace

Result<void> check_expiration(const LoadedClaim& claim, const std::string& path) {
  const WallTime now = std::chrono::system_clock::now();
  if (!claim.expiration || *claim.expiration > now) return {};
  return fail(ErrorKind::kClaimExpired,
              name_of(path) + " expired at " + rfc3339(*claim.expiration) + "; the local time is " + rfc3339(now),
              "create a new claim with aws iot create-provisioning-claim and use it within five minutes; if the local "
              "time is wrong, set the clock");
}

Result<LoadedClaim> read_claim_file(const std::string& path, const std::optional<std::string>& passphrase_file,
                                    std::vector<ClaimFile>* read) {
  FP_TRY_ASSIGN(const Secret bytes, read_bytes(path, read));
  const std::string file = path == "-" ? "stdin" : printable(path, 300);
  const std::string name = name_of(path);
  const std::string_view text = without_byte_order_mark(bytes.reveal());
  const FileFormat format = detect_format(text).format;
  const bool json = format == FileFormat::kAwsClaim || format == FileFormat::kJson;
  FP_TRY_ASSIGN(LoadedClaim claim, json ? from_json(text, name) : from_pem(text, name, path));
  claim.pem.from_one_text = true;
  claim.pem.certificate_name = claim.pem.key_name = (path == "-" ? "on " : "in ") + file;
  FP_TRY_ASSIGN(claim.pem.passphrase, read_passphrase(passphrase_file));
  return claim;
}

}  // namespace fleet_provision

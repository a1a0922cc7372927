#include "pki/claim.hpp"

#include <exception>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/file_advice.hpp"
#include "core/text.hpp"
#include "core/wall_time.hpp"
#include "pki/signing_request.hpp"
#include "service/encode.hpp"
#include "system/files.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr const char* kPermanentClaim = "fleet-provision-simulator claim";
constexpr const char* kTemporaryClaim = "fleet-provision-simulator temporary claim";

struct Claim {
  Certificate certificate;
  /// PEM; empty when the key is that of a CSR.
  std::string key;
};

Result<void> remove_file(const std::string& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) return fail(ErrorKind::kStateNotWritable, "cannot remove " + path + ": " + error.message());
  return {};
}

// The PEM in `file` if it is the private key of the certificate; empty if not. A damaged key counts as missing.
std::string key_of(X509* certificate, const std::string& file) {
  try {
    const std::string pem = exists(file) ? read_file(file).value_or("") : "";
    const bool fits = !pem.empty() && X509_check_private_key(certificate, key_from_pem(pem).get()) == 1;
    return fits ? pem : std::string();
  } catch (const std::exception&) {
    return {};
  }
}

// The certificate in `file` if it is a permanent claim that this root has signed; nullptr if not.
Certificate permanent_claim(const std::string& file, const CertifiedKey& root) {
  try {
    const std::string pem = exists(file) ? read_file(file).value_or("") : "";
    if (pem.empty()) return nullptr;
    Certificate certificate = certificate_from_pem(pem);
    const bool fits = common_name(certificate.get()) == kPermanentClaim &&
                      X509_verify(certificate.get(), root.key.get()) == 1 &&
                      X509_cmp_current_time(X509_get0_notAfter(certificate.get())) > 0;
    return fits ? std::move(certificate) : nullptr;
  } catch (const std::exception&) {
    return nullptr;
  }
}

// The claim of an earlier run if it fits; without a certificate if not.
Claim kept_claim(const Pki& pki, const CertifiedKey& root, const ClaimSettings& settings, const X509_REQ* csr) {
  if (settings.lifetime) return {};
  Claim claim{permanent_claim(pki.claim_certificate, root), {}};
  if (!claim.certificate) return {};
  if (csr != nullptr) {
    const X509_PUBKEY* wanted = X509_REQ_get_X509_PUBKEY(const_cast<X509_REQ*>(csr));
    const bool fits = X509_PUBKEY_eq(X509_get_X509_PUBKEY(claim.certificate.get()), wanted) == 1;
    return fits ? std::move(claim) : Claim{};
  }
  claim.key = key_of(claim.certificate.get(), pki.claim_key);
  return claim.key.empty() ? Claim{} : std::move(claim);
}

Claim new_claim(const CertifiedKey& root, const ClaimSettings& settings, X509_REQ* csr) {
  const CertificateRequest request = leaf_request(settings.lifetime ? kTemporaryClaim : kPermanentClaim, "clientAuth");
  const auto certify = [&](const X509_PUBKEY* key) {
    return make_certificate(request, key, root.certificate.get(), root.key.get());
  };
  if (csr != nullptr) return {certify(X509_REQ_get_X509_PUBKEY(csr)), {}};
  const Key key = make_ec_key();
  return {certify(public_key_of(key.get()).get()), pem_of(key.get())};
}

Result<void> save_claim(const Pki& pki, const Claim& claim) {
  FP_TRY(remove_file(pki.claim_document));
  FP_TRY(remove_file(pki.claim_certificate));
  if (!claim.key.empty()) {
    FP_TRY(write_file(pki.claim_key, claim.key, 0600));
  } else if (key_of(claim.certificate.get(), pki.claim_key).empty()) {
    FP_TRY(remove_file(pki.claim_key));
  }
  return write_file(pki.claim_certificate, pem_of(claim.certificate.get()), 0644);
}

// API_CreateProvisioningClaim, as the AWS CLI 2 prints it where the local time is UTC. A permanent claim has no
// `expiration`, a claim for the key of a CSR no `PrivateKey`.
std::string document_of(const Pki& pki, const Claim& claim) {
  Members keys{{"PublicKey", text_value(public_key_pem_of(claim.certificate.get()))}};
  if (!claim.key.empty()) keys.emplace_back("PrivateKey", text_value(claim.key));
  Members document{{"certificateId", text_value(pki.claim_certificate_id)},
                   {"certificatePem", text_value(pem_of(claim.certificate.get()))},
                   {"keyPair", Value{std::move(keys)}}};
  if (pki.claim_expires) {
    std::string expiration = rfc3339(*pki.claim_expires);
    expiration.pop_back();  // the Z
    document.emplace_back("expiration", text_value(expiration + "+00:00"));
  }
  return indented_json_text(Value{std::move(document)}) + "\n";
}

// The message of a rejection as a part of a sentence.
std::string in_sentence(std::string message) {
  if (message.starts_with("The ")) message[0] = 't';
  if (message.ends_with('.')) message.pop_back();
  return message;
}

Error csr_error(const std::string& file, std::string what, std::string hint) {
  const std::string name = file.empty() ? "--claim-csr" : "--claim-csr: " + printable(file, 300);
  return fail(ErrorKind::kCsrUnusable, name + std::move(what), std::move(hint)).value();
}

}  // namespace

Result<void> check_claim_csr(const std::string& file, std::string_view text) {
  if (auto objection = objection_to(text, FileRole::kCsr, file)) {
    // The advice for a device's key names an option that the simulator does not have.
    const bool of_device = objection->hint.find("--key") != std::string::npos;
    return fail(csr_error(file, " " + objection->what,
                          of_device ? "create a CSR with this key: openssl req -new -key KEY -subj /CN=claim"
                                    : std::move(objection->hint)));
  }
  const auto csr = read_signing_request(text);
  if (csr) return {};
  return fail(csr_error(file, ": " + in_sentence(csr.error().error_message),
                        "create a CSR as for a device: a key of RSA from 2048 bits, or EC P-256, P-384 or P-521, "
                        "signed with SHA-256"));
}

Result<void> prepare_claim(Pki& pki, const CertifiedKey& root, const ClaimSettings& settings) {
  SigningRequest csr;
  if (!settings.csr.empty()) {
    FP_TRY(check_claim_csr({}, settings.csr));
    csr = std::move(*read_signing_request(settings.csr));
  }
  Claim claim = kept_claim(pki, root, settings, csr.get());
  if (!claim.certificate) {
    claim = new_claim(root, settings, csr.get());
    FP_TRY(save_claim(pki, claim));
  }
  if (csr) pki.claim_key.clear();
  if (settings.lifetime) {
    pki.claim_expires = std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now() + *settings.lifetime);
  }
  pki.claim_certificate_id = fingerprint(claim.certificate.get());
  return write_file(pki.claim_document, document_of(pki, claim), 0600);
}

}  // namespace fleet_provision::simulator

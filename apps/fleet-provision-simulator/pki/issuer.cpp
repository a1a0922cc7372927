#include "pki/issuer.hpp"

#include <openssl/objects.h>
#include <openssl/rand.h>

#include <array>
#include <exception>

#include "core/text.hpp"
#include "pki/certificate_variables.hpp"
#include "pki/rsa_key_pool.hpp"
#include "pki/signing_request.hpp"
#include "pki/x509.hpp"
#include "system/files.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr const char* kSubject = "AWS IoT Certificate";
constexpr const char* kNotAfter = "20491231235959Z";

class OpenSslIssuer final : public Issuer {
 public:
  OpenSslIssuer(Certificate certificate, Key key) : certificate_(std::move(certificate)), key_(std::move(key)) {}

  Accepted<IssuedCertificate> issue_for_csr(std::string_view csr_pem, const IssueFaults& faults) override;
  bool keys_ready() override { return key_pool_.ready(); }
  Accepted<IssuedKeys> issue_with_keys(const IssueFaults& faults) override;
  std::string sha256_hex(std::string_view bytes) override;
  std::string random_hex(std::size_t digits) override;

 private:
  IssuedCertificate issue(const X509_PUBKEY* subject_key, const IssueFaults& faults);

  Certificate certificate_;
  Key key_;
  RsaKeyPool key_pool_;
};

IssuedCertificate OpenSslIssuer::issue(const X509_PUBKEY* subject_key, const IssueFaults& faults) {
  CertificateRequest request;
  request.subject_nid = NID_commonName;
  request.subject = kSubject;
  request.not_before = faults.expired ? -30 * kSecondsPerDay : faults.not_yet_valid ? kSecondsPerDay : -120;
  request.not_after = -kSecondsPerDay;
  if (!faults.expired) request.not_after_time = kNotAfter;
  request.extensions = {{NID_authority_key_identifier, "keyid"},
                        {NID_subject_key_identifier, "hash"},
                        {NID_basic_constraints, "critical,CA:FALSE"},
                        {NID_key_usage, "critical,digitalSignature"}};
  const PublicKey other = faults.other_key ? public_key_of(make_ec_key().get()) : nullptr;
  const Certificate certificate =
      make_certificate(request, other ? other.get() : subject_key, certificate_.get(), key_.get());
  return {fingerprint(certificate.get()), pem_of(certificate.get())};
}

Accepted<IssuedCertificate> OpenSslIssuer::issue_for_csr(std::string_view csr_pem, const IssueFaults& faults) {
  FP_ACCEPT_ASSIGN(const SigningRequest csr, read_signing_request(csr_pem));
  try {
    return issue(X509_REQ_get_X509_PUBKEY(csr.get()), faults);
  } catch (const std::exception& error) {
    return reject(500, "InternalFailure", error.what());
  }
}

Accepted<IssuedKeys> OpenSslIssuer::issue_with_keys(const IssueFaults& faults) {
  try {
    const Key key = key_pool_.take();
    return IssuedKeys{issue(public_key_of(key.get()).get(), faults), traditional_pem_of(key.get())};
  } catch (const std::exception& error) {
    return reject(500, "InternalFailure", error.what());
  }
}

std::string OpenSslIssuer::sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

std::string OpenSslIssuer::random_hex(std::size_t digits) {
  std::string bytes((digits + 1) / 2, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  return to_hex(bytes).substr(0, digits);
}

}  // namespace

Result<std::unique_ptr<Issuer>> open_issuer(const std::string& certificate_file, const std::string& key_file) {
  FP_TRY_ASSIGN(const std::string certificate, read_file(certificate_file));
  FP_TRY_ASSIGN(const std::string key, read_file(key_file));
  try {
    return std::unique_ptr<Issuer>(
        std::make_unique<OpenSslIssuer>(certificate_from_pem(certificate), key_from_pem(key)));
  } catch (const std::exception& error) {
    return fail(ErrorKind::kFileUnreadable, certificate_file + ", " + key_file + ": " + error.what());
  }
}

PeerCertificate take_peer_certificate(void* x509) {
  const Certificate certificate(static_cast<X509*>(x509));
  if (!certificate) return {};
  try {
    return {fingerprint(certificate.get()), certificate_variables(certificate.get())};
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace fleet_provision::simulator

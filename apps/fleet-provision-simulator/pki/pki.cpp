#include "pki/pki.hpp"

#include <arpa/inet.h>
#include <openssl/objects.h>

#include <array>
#include <exception>
#include <utility>

#include "pki/claim.hpp"
#include "pki/x509.hpp"
#include "system/files.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr const char* kDeviceIssuer = "Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US";

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

// Valid from yesterday, as what it signs.
CertificateRequest ca_request(int nid, const char* subject) {
  CertificateRequest request;
  request.subject_nid = nid;
  request.subject = subject;
  request.not_before = -kSecondsPerDay;
  request.not_after = 3650 * kSecondsPerDay;
  request.extensions = {{NID_subject_key_identifier, "hash"},
                        {NID_basic_constraints, "critical,CA:TRUE"},
                        {NID_key_usage, "critical,keyCertSign,cRLSign"}};
  return request;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names)
    list += (list.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  return list;
}

// Loads a pair, or makes and saves it. The key is written first, because a pair counts as complete once its certificate
// exists.
template <class Make>
Result<CertifiedKey> load_or_make(const std::string& certificate_file, const std::string& key_file, const Make& make) {
  if (exists(certificate_file) && exists(key_file)) {
    FP_TRY_ASSIGN(const auto certificate, read_file(certificate_file));
    FP_TRY_ASSIGN(const auto key, read_file(key_file));
    return CertifiedKey{certificate_from_pem(certificate), key_from_pem(key)};
  }
  CertifiedKey pair = make();
  FP_TRY(write_file(key_file, pem_of(pair.key.get()), 0600));
  FP_TRY(write_file(certificate_file, pem_of(pair.certificate.get()), 0644));
  return pair;
}

CertifiedKey self_signed(Key key, const CertificateRequest& request) {
  Certificate certificate = make_certificate(request, public_key_of(key.get()).get(), nullptr, key.get());
  return {std::move(certificate), std::move(key)};
}

CertifiedKey signed_by(const CertifiedKey& issuer, const CertificateRequest& request) {
  Key key = make_ec_key();
  Certificate certificate =
      make_certificate(request, public_key_of(key.get()).get(), issuer.certificate.get(), issuer.key.get());
  return {std::move(certificate), std::move(key)};
}

Result<Pki> prepare(const std::string& directory, const std::vector<std::string>& names, const ClaimSettings& claim) {
  FP_TRY(make_own_directory(directory, 0755));
  const auto at = [&](const char* name) { return directory + "/" + name; };
  Pki pki;
  pki.root_certificate = at("ca.pem");
  pki.server_certificate = at("server.pem");
  pki.server_key = at("server.key");
  pki.claim_certificate = at("claim.pem");
  pki.claim_key = at("claim.key");
  pki.claim_document = at("claim.json");
  pki.device_issuer_certificate = at("device-issuer.pem");
  pki.device_issuer_key = at("device-issuer.key");
  pki.client_trust = at("client-trust.pem");
  FP_TRY_ASSIGN(const CertifiedKey root, load_or_make(pki.root_certificate, at("ca.key"), [] {
                  return self_signed(make_ec_key(), ca_request(NID_commonName, "fleet-provision-simulator root"));
                }));
  FP_TRY_ASSIGN(const CertifiedKey issuer, load_or_make(pki.device_issuer_certificate, pki.device_issuer_key, [] {
                  return self_signed(make_rsa_issuer_key(), ca_request(NID_organizationalUnitName, kDeviceIssuer));
                }));
  FP_TRY(prepare_claim(pki, root, claim));
  CertificateRequest request = leaf_request("fleet-provision-simulator", "serverAuth");
  request.extensions.emplace_back(NID_subject_alt_name, alternative_names(names));
  const CertifiedKey server = signed_by(root, request);
  FP_TRY(write_file(pki.server_key, pem_of(server.key.get()), 0600));
  FP_TRY(write_file(pki.server_certificate, pem_of(server.certificate.get()), 0644));
  FP_TRY(write_file(pki.client_trust, pem_of(root.certificate.get()) + pem_of(issuer.certificate.get()), 0644));
  return pki;
}

}  // namespace

Result<Pki> prepare_pki(const std::string& directory, const std::vector<std::string>& names,
                        const ClaimSettings& claim) {
  try {
    return prepare(directory, names, claim);
  } catch (const std::exception& error) {
    return fail(ErrorKind::kInternal, "the PKI in " + directory + ": " + error.what());
  }
}

}  // namespace fleet_provision::simulator

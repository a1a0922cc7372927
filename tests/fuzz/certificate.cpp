// A certificate from the service or from a disk. The first byte of the input says whether the rest is the DER of one
// certificate or a PEM text. Refused by value, or facts that can be shown and that are the same when the certificate is
// read again from the PEM in which this program stores it.
#include <openssl/err.h>
#include <openssl/x509.h>

#include "adapters/keys/certificate_facts.hpp"
#include "adapters/keys/openssl_keysmith.hpp"
#include "adapters/keys/pem_credentials.hpp"
#include "tests/fuzz/pem_block.hpp"
#include "tests/fuzz/refusal.hpp"

#ifdef WITH_SIMULATOR
#include "pki/issuer.hpp"
#endif

using namespace fleet_provision;

namespace {

void check_facts(const CertificateFacts& facts) {
  must_hold(facts.fingerprint.size() == 64 && is_lower_hex(facts.fingerprint), "a fingerprint is hex");
  must_hold(facts.public_key_sha256.empty() || is_lower_hex(facts.public_key_sha256), "a digest is hex");
  must_hold(printable(facts.subject, 2 * facts.subject.size() + 8) == facts.subject, "a subject can be shown");
  must_hold(printable(facts.issuer, 2 * facts.issuer.size() + 8) == facts.issuer, "an issuer can be shown");
}

void read_issued(const std::string& pem) {
  static const Interrupt interrupt;
  // A keysmith remembers the last certificate; two of them make sure that each text is read.
  OpensslKeysmith first(interrupt, nullptr);
  const auto facts = first.read_certificate(pem);
  must_hold(ERR_peek_error() == 0, "OpenSSL's error queue is empty");
  if (!facts) return refused_as(facts.error(), ErrorKind::kIssuedCertificateUnusable);
  check_facts(*facts);
  OpensslKeysmith second(interrupt, nullptr);
  const auto again = second.read_certificate(facts->pem);
  must_hold(again.has_value(), "what is stored can be read");
  must_hold(again->fingerprint == facts->fingerprint && again->public_key_sha256 == facts->public_key_sha256 &&
                again->not_before == facts->not_before && again->not_after == facts->not_after &&
                again->pem == facts->pem,
            "a certificate survives being stored");
}

#ifdef WITH_SIMULATOR
/// What the simulator's policies get of the certificate of a client.
void read_variables(const X509* certificate) {
  const auto peer = simulator::take_peer_certificate(X509_dup(const_cast<X509*>(certificate)));
  must_hold(is_lower_hex(peer.id) && peer.id.size() == 64, "the id of a certificate is hex");
  for (const auto& [name, value] : peer.variables) {
    must_hold(name.starts_with("iot:Certificate."), "a variable of certificates");
    must_hold(!value.empty() && is_utf8(value) && value.find_first_of("*?") == std::string::npos,
              "a value without wildcards");
    must_hold(characters(value) <= 1024, "a value of bounded length");
  }
}
#endif

void read_chain_of(const std::string& pem) {
  PemCredentials credentials;
  credentials.certificate_name = "/etc/claim.pem";
  credentials.certificate_pem = pem;
  const auto chain = read_chain(credentials);
  must_hold(ERR_peek_error() == 0, "OpenSSL's error queue is empty");
  if (!chain) return refused_as(chain.error(), ErrorKind::kClaimCertificateUnusable);
  must_hold(!chain->empty(), "a chain has a certificate");
  for (const auto& each : *chain) {
    check_facts(facts_of(*each));
    for (const std::string& name : names_of(*each)) {
      must_hold(printable(name, 2 * name.size() + 8) == name, "a name can be shown");
    }
#ifdef WITH_SIMULATOR
    read_variables(each.get());
#endif
  }
  ERR_clear_error();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = as_text(data + 1, size - 1);
  const std::string pem = (data[0] & 1) != 0 ? std::string(rest) : pem_block("CERTIFICATE", rest);
  read_issued(pem);
  read_chain_of(pem);
  return 0;
}

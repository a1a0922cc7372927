// Certificates for tests, created in this process: one root and the certificates that it signs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision::test {

struct CertificateWish {
  std::string common_name = "test";
  /// `DNS:localhost`, `IP:127.0.0.1`.
  std::vector<std::string> names;
  /// Seconds from now.
  long valid_from = -3600;
  long valid_to = 86'400;
  bool authority = false;
  /// The key is RSA; otherwise EC P-256.
  bool rsa = false;
};

/// PEM.
struct IssuedCertificate {
  std::string certificate;
  std::string key;
};

class TestPki {
 public:
  explicit TestPki(const std::string& common_name = "test root");

  /// The root's certificate, PEM.
  [[nodiscard]] const std::string& root() const { return root_.certificate; }
  [[nodiscard]] IssuedCertificate issue(const CertificateWish& wish) const;
  /// A certificate (PEM) for the key of a CSR.
  [[nodiscard]] std::string certify(const std::string& csr_pem, const CertificateWish& wish = {}) const;
  /// For localhost and 127.0.0.1.
  [[nodiscard]] IssuedCertificate server() const;
  [[nodiscard]] IssuedCertificate claim() const;

 private:
  IssuedCertificate root_;
};

/// The same key as PKCS#8 PEM, encrypted.
[[nodiscard]] std::string encrypted(const std::string& key_pem, const std::string& passphrase);
/// The DER inside the first PEM block.
[[nodiscard]] std::string der_of(const std::string& pem);

}  // namespace fleet_provision::test

// A P-256 key, its CSR, and what identity.json says of a certificate.
#pragma once

#include <cstddef>
#include <string>

namespace fleet_provision::floor {

struct KeyAndCsr {
  std::string key_pem;
  std::string csr_pem;
};

KeyAndCsr make_key_and_csr();

struct CertificateFacts {
  std::string fingerprint;
  std::string not_after;
};

CertificateFacts facts_of(const std::string& certificate_pem);

std::string sha256_hex(const std::string& bytes);
std::string random_hex(std::size_t bytes);

}  // namespace fleet_provision::floor

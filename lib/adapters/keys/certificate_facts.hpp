// Reads the facts of certificates and public keys with OpenSSL.
#pragma once

#include <string>
#include <vector>

#include "core/identity.hpp"

struct evp_pkey_st;
struct X509_req_st;
struct x509_st;

namespace fleet_provision {

/// Subject and issuer are printable text in the form of RFC 2253; dates outside the range of WallTime become its
/// limits.
[[nodiscard]] CertificateFacts facts_of(const x509_st& certificate);
/// 64 lower-case hex digits: SHA-256 over the DER of the SubjectPublicKeyInfo, an EC point uncompressed; empty if the
/// key cannot be encoded.
[[nodiscard]] std::string public_key_sha256(const evp_pkey_st& key);
/// The same digest for the key in a certificate signing request.
[[nodiscard]] std::string public_key_sha256(X509_req_st& request);
/// The DNS names and IP addresses of the subjectAltName, printable.
[[nodiscard]] std::vector<std::string> names_of(const x509_st& certificate);

}  // namespace fleet_provision

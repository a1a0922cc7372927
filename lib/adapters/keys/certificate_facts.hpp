// What a certificate says, read with OpenSSL.
#pragma once

#include <string>
#include <vector>

#include "core/identity.hpp"

struct evp_pkey_st;
struct X509_req_st;
struct x509_st;

namespace fleet_provision {

/// Subject and issuer are RFC 2253 and printable; dates that no clock can hold become its ends.
[[nodiscard]] CertificateFacts facts_of(const x509_st& certificate);
/// 64 lower-case hex digits: SHA-256 over the DER of the SubjectPublicKeyInfo, an EC point uncompressed; empty when the
/// key has no such form.
[[nodiscard]] std::string public_key_sha256(const evp_pkey_st& key);
/// The same of the key in a certificate signing request.
[[nodiscard]] std::string public_key_sha256(X509_req_st& request);
/// The DNS names and IP addresses it is good for, printable.
[[nodiscard]] std::vector<std::string> names_of(const x509_st& certificate);

}  // namespace fleet_provision

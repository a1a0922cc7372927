// Encodes keys on named curves as OpenSSL does, without its encoders.
//
// OpenSSL 3 searches all encoders of all providers for each key that it encodes, and decodes the public key of a CSR
// again after it has encoded it. For the one key that a run makes, that was a seventh of all instructions of the run.
// DER of an EC key is a few bytes around two numbers (RFC 5915, RFC 5480).
#pragma once

#include "adapters/keys/openssl_handles.hpp"

struct X509_pubkey_st;
struct evp_pkey_st;
struct pkcs8_priv_key_info_st;

namespace fleet_provision {

/// Puts the public key into `info`, which has none yet. False, with `info` unchanged, unless it is a key on P-256,
/// P-384 or P-521 that names its curve and has an uncompressed point; OpenSSL's own encoder is for all others.
[[nodiscard]] bool put_ec_public_key(const evp_pkey_st& key, X509_pubkey_st* info);
/// PKCS#8 with the public key, without attributes; null in the same cases, and for a key without a private half.
[[nodiscard]] OpensslHandle<pkcs8_priv_key_info_st> ec_private_key_info(const evp_pkey_st& key);

}  // namespace fleet_provision

// The low-level functions, which OpenSSL 3 calls deprecated and keeps: EVP_Digest would first read openssl.cnf and
// start the providers, which is more work than everything else that a boot of a provisioned gateway asks of this
// program.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "adapters/keys/sha256.hpp"

#include <openssl/sha.h>

#include "core/secret.hpp"
#include "core/text.hpp"

namespace fleet_provision {

std::string sha256_of(std::string_view bytes) {
  SHA256_CTX state;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256_Init(&state);
  SHA256_Update(&state, bytes.data(), bytes.size());
  SHA256_Final(digest, &state);
  // The last block may hold a part of a private key.
  wipe(&state, sizeof state);
  return to_hex({reinterpret_cast<const char*>(digest), sizeof digest});
}

}  // namespace fleet_provision

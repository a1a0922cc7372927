// Uses the low-level functions, which OpenSSL 3 deprecates but keeps: EVP_Digest would first read openssl.cnf and load
// the providers, which takes longer than everything else this program does on a boot of a provisioned gateway.
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

#include "adapters/keys/emsa_pss.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <string_view>

namespace fleet_provision {
namespace {

const EVP_MD* message_digest(HashAlgorithm hash) {
  switch (hash) {
    case HashAlgorithm::kSha256: return EVP_sha256();
    case HashAlgorithm::kSha384: return EVP_sha384();
    case HashAlgorithm::kSha512: return EVP_sha512();
  }
  return nullptr;
}

std::string hashed(const EVP_MD* hash, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, hash, nullptr) != 1) return {};
  return {reinterpret_cast<const char*>(digest.data()), size};
}

/// RFC 8017 appendix B.2.1.
std::string mgf1(const EVP_MD* hash, const std::string& seed, std::size_t length) {
  std::string mask;
  for (std::uint32_t counter = 0; mask.size() < length; ++counter) {
    std::string block = seed;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) block += static_cast<char>(counter >> shift & 0xFFU);
    const std::string part = hashed(hash, block);
    if (part.empty()) return {};
    mask += part;
  }
  mask.resize(length);
  return mask;
}

}  // namespace

Result<std::string> emsa_pss(const SignatureRequest& request, std::size_t bits) {
  const CleanErrorQueue clean;
  const EVP_MD* hash = message_digest(request.hash);
  const std::size_t digest_size = request.digest.size();
  const std::size_t encoded_bits = bits - 1;
  const std::size_t size = (encoded_bits + 7) / 8;
  std::string salt(digest_size, '\0');
  if (hash == nullptr || digest_size != static_cast<std::size_t>(EVP_MD_get_size(hash)) || size < 2 * digest_size + 2 ||
      RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), static_cast<int>(salt.size())) != 1) {
    return fail(ErrorKind::kInternal, "cannot pad a digest for RSASSA-PSS");
  }
  const std::string digest(reinterpret_cast<const char*>(request.digest.data()), digest_size);
  const std::string h = hashed(hash, std::string(8, '\0') + digest + salt);
  std::string block(size - 2 * digest_size - 2, '\0');
  block.append(1, '\x01').append(salt);
  const std::string mask = mgf1(hash, h, block.size());
  if (h.empty() || mask.size() != block.size()) return fail(ErrorKind::kInternal, "cannot compute a hash");
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>(block[i] ^ mask[i]);
  block[0] = static_cast<char>(static_cast<unsigned char>(block[0]) & 0xFFU >> (8 * size - encoded_bits));
  block.append(h).append(1, '\xBC');
  return std::string((bits + 7) / 8 - size, '\0') + block;
}

}  // namespace fleet_provision

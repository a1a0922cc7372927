#include "adapters/keys/device/rsa_padding.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <string_view>

#include "adapters/keys/openssl_handles.hpp"

namespace fleet_provision {
namespace {

const EVP_MD* evp_of(HashAlgorithm hash) {
  switch (hash) {
    case HashAlgorithm::kSha256: return EVP_sha256();
    case HashAlgorithm::kSha384: return EVP_sha384();
    case HashAlgorithm::kSha512: return EVP_sha512();
  }
  return nullptr;
}

/// Nothing if OpenSSL fails.
std::string hashed(HashAlgorithm hash, std::string_view bytes) {
  std::string digest(size_of(hash), '\0');
  unsigned int size = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
                              evp_of(hash), nullptr);
  return done == 1 && size == digest.size() ? digest : std::string();
}

/// MGF1 (RFC 8017 appendix B.2.1).
std::string mask(HashAlgorithm hash, std::string_view seed, std::size_t size) {
  std::string bytes;
  for (unsigned counter = 0; bytes.size() < size; ++counter) {
    const std::string four{'\0', '\0', '\0', static_cast<char>(counter)};
    const std::string block = hashed(hash, std::string(seed) + four);
    if (block.empty()) return {};
    bytes += block;
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

std::size_t size_of(HashAlgorithm hash) {
  switch (hash) {
    case HashAlgorithm::kSha256: return 32;
    case HashAlgorithm::kSha384: return 48;
    case HashAlgorithm::kSha512: return 64;
  }
  return 0;
}

std::string digest_info(HashAlgorithm hash, std::span<const unsigned char> digest) {
  // SEQUENCE { SEQUENCE { OID 2.16.840.1.101.3.4.2.x, NULL }, OCTET STRING }: the lengths depend on the digest's.
  const auto size = static_cast<char>(size_of(hash));
  char last = 1;
  if (hash == HashAlgorithm::kSha384) last = 2;
  if (hash == HashAlgorithm::kSha512) last = 3;
  std::string der{0x30, static_cast<char>(17 + size),
                  0x30, 0x0d,
                  0x06, 0x09,
                  0x60, static_cast<char>(0x86),
                  0x48, 0x01,
                  0x65, 0x03,
                  0x04, 0x02,
                  last, 0x05,
                  0x00, 0x04,
                  size};
  der.append(digest.begin(), digest.end());
  return der;
}

Result<std::string> emsa_pss(HashAlgorithm hash, std::span<const unsigned char> digest, std::size_t modulus_bits) {
  const CleanErrorQueue clean;
  const std::size_t salt_size = size_of(hash);
  const std::size_t encoded_bits = modulus_bits - 1;
  const std::size_t encoded_size = (encoded_bits + 7) / 8;
  if (encoded_size < digest.size() + salt_size + 2) {
    return fail(ErrorKind::kKeyUnsuitable, "the RSA key is too short for a PSS signature with this hash",
                "use an RSA key with 2048 bits or more, or EC P-256");
  }
  std::string salt(salt_size, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), static_cast<int>(salt.size())) != 1) {
    return openssl_failure("no random numbers for a PSS signature");
  }
  const std::string digest_bytes(digest.begin(), digest.end());
  const std::string inner = hashed(hash, std::string(8, '\0') + digest_bytes + salt);
  const std::size_t block_size = encoded_size - inner.size() - 1;
  std::string block = std::string(block_size - salt_size - 1, '\0') + '\x01' + salt;
  const std::string masking = mask(hash, inner, block_size);
  if (inner.empty() || masking.empty()) {
    return openssl_failure("OpenSSL cannot compute a hash");
  }
  for (std::size_t at = 0; at < block_size; ++at) block[at] = static_cast<char>(block[at] ^ masking[at]);
  const std::size_t unused_bits = 8 * encoded_size - encoded_bits;
  block.front() = static_cast<char>(static_cast<unsigned char>(block.front()) & (0xffU >> unused_bits));
  // The encoding is a byte shorter than the modulus if the modulus has one bit more than whole bytes.
  const std::size_t modulus_size = (modulus_bits + 7) / 8;
  return std::string(modulus_size - encoded_size, '\0') + block + inner + '\xbc';
}

}  // namespace fleet_provision

#include "workflow/state/salted_digest.hpp"

#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::string_view kPrefix = "sha256:";

void append_part(std::string& bytes, std::string_view part) {
  bytes += std::to_string(part.size());
  bytes += ':';
  bytes += part;
}

std::string digest_with(const std::string& salt, const std::vector<std::string>& parts, Keysmith& keysmith) {
  std::string bytes;
  append_part(bytes, salt);
  for (const std::string& each : parts) append_part(bytes, each);
  return std::string(kPrefix) + salt + ":" + keysmith.sha256_hex(bytes);
}

}  // namespace

std::string make_salted_digest(const std::vector<std::string>& parts, Keysmith& keysmith) {
  return digest_with(to_hex(keysmith.random_bytes(kSaltBytes)), parts, keysmith);
}

bool is_digest_of(std::string_view digest, const std::vector<std::string>& parts, Keysmith& keysmith) {
  if (digest.substr(0, kPrefix.size()) != kPrefix) return false;
  const std::string_view rest = digest.substr(kPrefix.size());
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return false;
  return digest == digest_with(std::string(rest.substr(0, colon)), parts, keysmith);
}

}  // namespace fleet_provision

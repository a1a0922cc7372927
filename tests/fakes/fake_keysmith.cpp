#include "tests/fakes/fake_keysmith.hpp"

#include <cstdint>
#include <cstdio>
#include <sstream>
#include <vector>

namespace fleet_provision::fakes {
namespace {

std::uint64_t fnv(std::string_view bytes, std::uint64_t hash) {
  for (const char each : bytes) hash = (hash ^ static_cast<unsigned char>(each)) * 0x100000001B3ULL;
  return hash;
}

/// The words of one line with the right beginning and end; empty for any other text.
std::vector<std::string> words_of(std::string_view text, const std::string& kind) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  if (words.size() < 3 || words.front() != "BEGIN-" + kind || words.back() != "END-" + kind) return {};
  return {words.begin() + 1, words.end() - 1};
}

}  // namespace

std::string fake_digest(std::string_view bytes) {
  std::string digest;
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (int part = 0; part < 4; ++part) {
    hash = fnv(bytes, hash + static_cast<std::uint64_t>(part));
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    digest += text;
  }
  return digest;
}

std::string fake_key_pem(const std::string& name) {
  return "BEGIN-KEY " + name + " END-KEY\n";
}

std::string fake_certificate(const std::string& public_key_sha256, const std::string& serial, WallTime not_before,
                             WallTime not_after) {
  return "BEGIN-CERTIFICATE " + public_key_sha256 + " " + serial + " " + rfc3339(not_before) + " " +
         rfc3339(not_after) + " END-CERTIFICATE\n";
}

std::string fake_csr_key(std::string_view csr_pem) {
  const auto words = words_of(csr_pem, "CSR");
  return words.empty() ? "" : words.front();
}

Result<DeviceKey> FakeKeysmith::make_key(const MakeKey& wanted) {
  DeviceKey key;
  const std::string pem = fake_key_pem("made-" + std::to_string(++keys_made));
  key.pem = Secret(pem);
  key.public_key_sha256 = fake_digest(pem);
  key.type = std::string(word(wanted.type));
  return key;
}

Result<DeviceKey> FakeKeysmith::read_key(const Secret& pem) {
  ++parsed;
  if (words_of(pem.reveal(), "KEY").empty()) return fail(ErrorKind::kDeviceKeyUnusable, "it is not a private key");
  DeviceKey key;
  key.pem = pem.duplicate();
  key.public_key_sha256 = fake_digest(pem.reveal());
  key.type = "ec-p256";
  return key;
}

Result<DeviceKey> FakeKeysmith::open_key(const std::string& reference) {
  FP_TRY_ASSIGN(const KeyLocation location, parse_key_location(reference));
  if (is_in_hardware(location)) {
    DeviceKey key;
    key.location = location;
    key.public_key_sha256 = fake_digest(fake_key_pem(reference));
    key.type = "ec-p256";
    return key;
  }
  const auto found = files.find(reference);
  if (found == files.end()) return fail(ErrorKind::kFileNotFound, reference + " does not exist");
  return read_key(Secret(found->second));
}

Result<Csr> FakeKeysmith::open_csr(const std::string& file) {
  const auto found = files.find(file);
  if (found == files.end()) return fail(ErrorKind::kFileNotFound, file + " does not exist");
  return Csr{found->second, fake_csr_key(found->second)};
}

Result<Csr> FakeKeysmith::make_csr(const DeviceKey& key, const std::string& subject) {
  return Csr{"BEGIN-CSR " + key.public_key_sha256 + " " + subject + " END-CSR\n", key.public_key_sha256};
}

Result<CertificateFacts> FakeKeysmith::read_certificate(std::string_view pem) {
  ++parsed;
  const auto words = words_of(pem, "CERTIFICATE");
  if (words.size() != 4) return fail(ErrorKind::kIssuedCertificateUnusable, "it is not a certificate");
  CertificateFacts facts;
  facts.fingerprint = fake_digest(pem);
  facts.public_key_sha256 = words[0];
  facts.subject = "CN=AWS IoT Certificate";
  facts.not_before = *parse_rfc3339(words[2]);
  facts.not_after = *parse_rfc3339(words[3]);
  facts.pem = fake_certificate(words[0], words[1], facts.not_before, facts.not_after);
  return facts;
}

std::string FakeKeysmith::random_bytes(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    random_ = random_ * 6364136223846793005ULL + 1442695040888963407ULL;
    bytes += static_cast<char>(random_ >> 56);
  }
  return bytes;
}

}  // namespace fleet_provision::fakes

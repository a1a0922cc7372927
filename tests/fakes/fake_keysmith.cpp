#include "tests/fakes/fake_keysmith.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <set>
#include <sstream>
#include <vector>

#include "core/pkcs11_uri.hpp"

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

/// How the name of a key begins that the TPM wrapped.
const std::string kWrapped = "tpm-";

/// CKA_ID; empty for a key that is in no token.
std::string id_of(const KeyLocation& location) {
  const auto* at = std::get_if<Pkcs11Uri>(&location);
  const auto attributes = at == nullptr ? Result<Pkcs11Attributes>(Pkcs11Attributes{}) : parse_pkcs11_uri(at->uri);
  return attributes ? attributes->id.value_or("") : "";
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

Result<void> FakeKeyDevices::use() {
  ++uses;
  return error ? Result<void>(fail(*error)) : Result<void>();
}

bool FakeKeyDevices::holds(const std::string& public_key_sha256) const {
  const auto in_token = [&](const auto& each) { return each.second.public_key_sha256 == public_key_sha256; };
  const auto at_handle = [&](const auto& each) { return each.second == public_key_sha256; };
  return std::any_of(token.begin(), token.end(), in_token) || std::any_of(handles.begin(), handles.end(), at_handle);
}

Result<DeviceKey> FakeKeysmith::make_key(const MakeKey& wanted) {
  DeviceKey key;
  const auto* tpm = std::get_if<TpmStore>(&wanted.store);
  if (std::holds_alternative<TokenStore>(wanted.store))
    return fail(ErrorKind::kInternal, "a key of a token is planned");
  if (tpm != nullptr) {
    FP_TRY(devices.use());
    if (tpm->handle && devices.handles.count(*tpm->handle) != 0) {
      return fail(ErrorKind::kTpmHandleOccupied, "the handle holds another key");
    }
    key.location = TpmWrappedPem{kPrivateKeyFile};
    if (tpm->handle) key.location = TpmHandle{*tpm->handle};
  }
  const std::string pem = fake_key_pem((tpm != nullptr ? kWrapped : "") + "made-" + std::to_string(++keys_made));
  key.pem = Secret(pem);
  key.public_key_sha256 = fake_digest(pem);
  key.type = std::string(word(wanted.type));
  made.push_back({key.public_key_sha256, pem});
  return key;
}

Result<KeyLocation> FakeKeysmith::plan_key(const MakeKey& wanted, const std::vector<KeyLocation>& own) {
  FP_TRY(devices.use());
  FP_TRY_ASSIGN(Pkcs11Attributes attributes, parse_pkcs11_uri(std::get<TokenStore>(wanted.store).uri));
  std::set<std::string> own_ids;
  for (const KeyLocation& each : own) own_ids.insert(id_of(each));
  const std::string name = *attributes.object;
  for (unsigned n = 1;; ++n) {
    const std::string label = n == 1 ? name : name + "-" + std::to_string(n);
    const auto taken = std::find_if(devices.token.begin(), devices.token.end(),
                                    [&](const auto& each) { return each.second.label == label; });
    if (taken != devices.token.end() && own_ids.count(taken->first) == 0) {
      return fail(ErrorKind::kKeyExists, "the token has another key " + label);
    }
    if (taken != devices.token.end()) continue;
    attributes.object = label;
    attributes.id = random_bytes(16);
    return KeyLocation{Pkcs11Uri{to_uri(attributes)}};
  }
}

Result<DeviceKey> FakeKeysmith::make_planned_key(const KeyLocation& planned, KeyType type) {
  FP_TRY(devices.use());
  FP_TRY_ASSIGN(const Pkcs11Attributes attributes, parse_pkcs11_uri(std::get<Pkcs11Uri>(planned).uri));
  DeviceKey key;
  key.location = planned;
  key.type = std::string(word(type));
  const auto found = devices.token.find(*attributes.id);
  if (found != devices.token.end()) {
    key.public_key_sha256 = found->second.public_key_sha256;
    return key;
  }
  if (devices.around) devices.around();
  key.public_key_sha256 = fake_digest(fake_key_pem("token-made-" + std::to_string(++keys_made)));
  devices.token[*attributes.id] = {*attributes.object, key.public_key_sha256};
  made.push_back({key.public_key_sha256, ""});
  if (devices.around) devices.around();
  return key;
}

Result<void> FakeKeysmith::settle_key(const DeviceKey& key) {
  const auto* at = std::get_if<TpmHandle>(&key.location);
  if (at == nullptr || key.pem.empty()) return {};
  FP_TRY(devices.use());
  const auto found = devices.handles.find(at->handle);
  if (found != devices.handles.end()) {
    if (found->second == key.public_key_sha256) return {};
    return fail(ErrorKind::kTpmHandleOccupied, "the handle holds another key");
  }
  if (devices.around) devices.around();
  devices.handles[at->handle] = key.public_key_sha256;
  if (devices.around) devices.around();
  return {};
}

Result<void> FakeKeysmith::destroy_key(const KeyLocation& location, const std::string& public_key_sha256) {
  if (!is_in_hardware(location)) return {};
  FP_TRY(devices.use());
  const auto is_meant = [&](const std::string& found) {
    return public_key_sha256.empty() || found == public_key_sha256;
  };
  if (devices.around) devices.around();
  if (const auto* at = std::get_if<TpmHandle>(&location)) {
    const auto found = devices.handles.find(at->handle);
    if (found != devices.handles.end() && is_meant(found->second)) devices.handles.erase(found);
  } else {
    const auto found = devices.token.find(id_of(location));
    if (found != devices.token.end() && is_meant(found->second.public_key_sha256)) devices.token.erase(found);
  }
  if (devices.around) devices.around();
  return {};
}

std::vector<KeyStoreFinding> FakeKeysmith::examine_store(const MakeKey& wanted,
                                                         const std::vector<KeyLocation>& /*own*/) {
  return std::holds_alternative<FileStore>(wanted.store) ? std::vector<KeyStoreFinding>() : findings;
}

Result<DeviceKey> FakeKeysmith::read_key(const Secret& pem) {
  ++parsed;
  const auto words = words_of(pem.reveal(), "KEY");
  if (words.empty()) return fail(ErrorKind::kDeviceKeyUnusable, "it is not a private key");
  DeviceKey key;
  if (words.front().starts_with(kWrapped)) key.location = TpmWrappedPem{kPrivateKeyFile};
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
    if (const auto found = devices.token.find(id_of(location)); found != devices.token.end()) {
      key.public_key_sha256 = found->second.public_key_sha256;
    }
    if (const auto* at = std::get_if<TpmHandle>(&location); at != nullptr && devices.handles.count(at->handle) != 0) {
      key.public_key_sha256 = devices.handles.at(at->handle);
    }
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

#include "core/key_location.hpp"

#include <array>
#include <cstdio>

#include "core/number.hpp"
#include "core/pkcs11_uri.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kHandleScheme = "handle:";
constexpr std::string_view kTpmStore = "tpm2";
constexpr std::uint32_t kPersistentFirst = 0x8100'0000;
constexpr std::uint32_t kPersistentLast = 0x81FF'FFFF;

/// `0x81000001`.
Result<std::uint32_t> parse_handle(std::string_view text) {
  std::optional<std::uint32_t> handle;
  if (text.starts_with("0x") || text.starts_with("0X")) handle = parse_number<std::uint32_t>(text.substr(2), 16);
  if (handle && *handle >= kPersistentFirst && *handle <= kPersistentLast) return *handle;
  return fail(ErrorKind::kKeyUri, in_quotes(text) + " is not the handle of a persistent TPM key",
              "give 0x81000000 to 0x81FFFFFF, for example handle:0x81000001");
}

std::string hexadecimal(std::uint32_t handle) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%08x", static_cast<unsigned>(handle));
  return text.data();
}

Result<KeyStore> parse_token_store(std::string_view text) {
  FP_TRY_ASSIGN(const Pkcs11Attributes attributes, parse_pkcs11_uri(text));
  if (!attributes.names_token() || !attributes.object || attributes.object->empty()) {
    return fail(ErrorKind::kKeyUri,
                "the key store " + printable(text) + " names no " + (attributes.names_token() ? "object" : "token"),
                "give --key-store 'pkcs11:token=LABEL;object=NAME'; the new key gets the label NAME");
  }
  if (attributes.id || attributes.type) {
    return fail(ErrorKind::kKeyUri,
                "the key store " + printable(text) + " has the attribute " + (attributes.id ? "id" : "type") +
                    ", which a new key gets from this program",
                "remove the attribute, or use an existing key with --key");
  }
  return KeyStore{TokenStore{std::string(text)}};
}

}  // namespace

Result<KeyLocation> parse_key_location(std::string_view text) {
  if (text.empty()) return KeyLocation{ExternalKey{}};
  if (text.starts_with(kHandleScheme)) {
    FP_TRY_ASSIGN(const std::uint32_t handle, parse_handle(text.substr(kHandleScheme.size())));
    return KeyLocation{TpmHandle{handle}};
  }
  if (text.starts_with(kPkcs11Scheme)) {
    FP_TRY(parse_pkcs11_uri(text));
    return KeyLocation{Pkcs11Uri{std::string(text)}};
  }
  if (text.starts_with("tpm2:")) {
    return fail(ErrorKind::kKeyUri, in_quotes(text) + " is a key store, not a key",
                "name an existing TPM key as handle:0x81000001");
  }
  return KeyLocation{PemFile{std::string(text)}};
}

std::string text_of(const KeyLocation& location) {
  struct Text {
    std::string operator()(const ExternalKey&) const { return {}; }
    std::string operator()(const PemFile& at) const { return at.path; }
    std::string operator()(const TpmWrappedPem& at) const { return at.path; }
    std::string operator()(const TpmHandle& at) const { return std::string(kHandleScheme) + hexadecimal(at.handle); }
    std::string operator()(const Pkcs11Uri& at) const { return at.uri; }
  };
  return std::visit(Text{}, location);
}

bool is_file(const KeyLocation& location) {
  return std::holds_alternative<PemFile>(location) || std::holds_alternative<TpmWrappedPem>(location);
}

bool is_in_hardware(const KeyLocation& location) {
  return std::holds_alternative<TpmHandle>(location) || std::holds_alternative<Pkcs11Uri>(location);
}

std::optional<std::string> key_store_word(const KeyLocation& location) {
  struct Word {
    std::optional<std::string> operator()(const ExternalKey&) const { return std::nullopt; }
    std::optional<std::string> operator()(const PemFile&) const { return "file"; }
    std::optional<std::string> operator()(const TpmWrappedPem&) const { return "tpm2"; }
    std::optional<std::string> operator()(const TpmHandle&) const { return "tpm2"; }
    std::optional<std::string> operator()(const Pkcs11Uri&) const { return "pkcs11"; }
  };
  return std::visit(Word{}, location);
}

Result<KeyStore> parse_key_store(std::string_view text) {
  if (text == "file") return KeyStore{FileStore{}};
  if (text == kTpmStore) return KeyStore{TpmStore{}};
  if (text.starts_with("tpm2:")) {
    FP_TRY_ASSIGN(const std::uint32_t handle, parse_handle(text.substr(kTpmStore.size() + 1)));
    return KeyStore{TpmStore{handle}};
  }
  if (text.starts_with(kPkcs11Scheme)) return parse_token_store(text);
  return fail(ErrorKind::kUsage, in_quotes(text) + " is not a key store",
              "give file, tpm2, tpm2:0x81000001 or pkcs11:token=LABEL;object=NAME");
}

std::string text_of(const KeyStore& store) {
  struct Text {
    std::string operator()(const FileStore&) const { return "file"; }
    std::string operator()(const TpmStore& at) const {
      return std::string(kTpmStore) + (at.handle ? ":" + hexadecimal(*at.handle) : "");
    }
    std::string operator()(const TokenStore& at) const { return at.uri; }
  };
  return std::visit(Text{}, store);
}

}  // namespace fleet_provision

#include "config/key_options.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "config/option_values.hpp"
#include "core/pkcs11_uri.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// NAME of a label NAME or NAME-2, NAME-3 …, which the keysmith gives to a new key beside one with the label NAME.
std::string without_number(const std::string& label) {
  const std::size_t dash = label.rfind('-');
  if (dash == std::string::npos || dash == 0) return label;
  const std::string number = label.substr(dash + 1);
  const bool digits =
      !number.empty() && std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && number.front() != '0' && number != "1" ? label.substr(0, dash) : label;
}

std::optional<KeyStore> token_store_beside(const std::string& uri, bool made_here) {
  auto attributes = parse_pkcs11_uri(uri);
  if (!attributes || !attributes->object || attributes->object->empty()) return std::nullopt;
  attributes->id.reset();
  attributes->type.reset();
  // Another slot may hold the token after a restart, so the slot counts only if nothing else names the token.
  const auto slot = std::exchange(attributes->slot_id, std::nullopt);
  if (!attributes->names_token()) attributes->slot_id = slot;
  if (!attributes->names_token()) return std::nullopt;
  if (made_here) attributes->object = without_number(*attributes->object);
  return TokenStore{to_uri(*attributes)};
}

Result<KeyType> key_type_of(const Options& options) {
  return parsed(options, OptionId::kKeyType, parse_key_type);
}

/// --csr or --key; nullopt if a new key is made.
Result<std::optional<KeySource>> existing_key_source(const Options& options) {
  FP_TRY_ASSIGN(auto key, key_reference(options, OptionId::kKey));
  FP_TRY_ASSIGN(auto csr, path(options, OptionId::kCsr));
  if (csr) return std::optional<KeySource>(ExistingCsr{std::move(*csr), std::move(key)});
  if (key) return std::optional<KeySource>(ExistingKey{std::move(*key)});
  return std::optional<KeySource>();
}

/// `path` from the working directory.
std::string absolute_from_here(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path absolute = std::filesystem::absolute(path, ignored);
  return ignored ? path : absolute.string();
}

/// Adds the files that the options name, also in URIs.
void note_named_files(const Options& options, KeyDeviceSettings& settings) {
  if (settings.pkcs11_module) settings.named_modules.push_back(*settings.pkcs11_module);
  if (settings.pin_file) settings.named_pin_files.push_back(*settings.pin_file);
  for (const OptionId id : {OptionId::kKey, OptionId::kClaimKey, OptionId::kKeyStore}) {
    const auto text = options.text(id);
    const auto uri = parse_pkcs11_uri(text.value_or(""));
    if (!uri) continue;
    if (uri->module_path) settings.named_modules.push_back(*uri->module_path);
    if (uri->pin_source) settings.named_pin_files.push_back(*uri->pin_source);
  }
}

}  // namespace

Result<std::optional<std::string>> key_reference(const Options& options, OptionId id) {
  FP_TRY_ASSIGN(auto text, path(options, id));
  if (text) FP_TRY(parsed(options, id, parse_key_location));
  return text;
}

Result<KeySource> key_source_from_options(const Options& options) {
  FP_TRY_ASSIGN(const KeyType type, key_type_of(options));
  FP_TRY_ASSIGN(KeyStore store, parsed(options, OptionId::kKeyStore, parse_key_store));
  FP_TRY_ASSIGN(auto existing, existing_key_source(options));
  return existing ? std::move(*existing) : KeySource{MakeKey{type, std::move(store)}};
}

Result<KeySource> rotation_key_source(const Options& options, const Identity& identity) {
  FP_TRY_ASSIGN(KeySource source, key_source_from_options(options));
  auto* make = std::get_if<MakeKey>(&source);
  const bool by_service = options.text(OptionId::kMethod) == word(Method::kKeys);
  if (make == nullptr || by_service || options.given(OptionId::kKeyStore) != nullptr) return source;
  auto store = store_beside(identity.key, identity.key_made_here);
  if (store) {
    make->store = std::move(*store);
    return source;
  }
  const bool in_tpm = std::holds_alternative<TpmHandle>(identity.key);
  const std::string key = "the current key " + printable(text_of(identity.key), 300);
  if (in_tpm) {
    return fail(ErrorKind::kUsage, key + " stays at its handle, so the new key needs another one",
                "give --key-store tpm2:HANDLE with a free handle, or --key-store tpm2 for a wrapped key in a file");
  }
  return fail(ErrorKind::kUsage, key + " names no token and label for a new key",
              "give --key-store 'pkcs11:token=LABEL;object=NAME', or another key store");
}

std::optional<KeyStore> store_beside(const KeyLocation& current, bool made_here) {
  struct Beside {
    bool made_here;
    std::optional<KeyStore> operator()(const ExternalKey&) const { return FileStore{}; }
    std::optional<KeyStore> operator()(const PemFile&) const { return FileStore{}; }
    std::optional<KeyStore> operator()(const TpmWrappedPem&) const { return TpmStore{}; }
    std::optional<KeyStore> operator()(const TpmHandle&) const { return std::nullopt; }
    std::optional<KeyStore> operator()(const Pkcs11Uri& at) const { return token_store_beside(at.uri, made_here); }
  };
  return std::visit(Beside{made_here}, current);
}

Result<KeyDeviceSettings> device_settings_from(const Options& options, const Environment& environment) {
  KeyDeviceSettings settings;
  FP_TRY_ASSIGN(settings.pin_file, path(options, OptionId::kPinFile));
  FP_TRY_ASSIGN(settings.pkcs11_module, path(options, OptionId::kPkcs11Module));
  if (settings.pkcs11_module) settings.pkcs11_module = absolute_from_here(*settings.pkcs11_module);
  FP_TRY_ASSIGN(settings.tpm_owner_password_file, path(options, OptionId::kTpmOwnerPasswordFile));
  note_named_files(options, settings);
  for (const char* name : {"TPM2OPENSSL_TCTI", "TCTI"}) {
    const auto found = environment.find(name);
    if (found == environment.end() || found->second.empty()) continue;
    settings.tcti = found->second;
    break;
  }
  return settings;
}

}  // namespace fleet_provision

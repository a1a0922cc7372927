// Keys in a TPM or in a token for OpensslKeysmith: what is made where, in which order, and what `check` says of a
// store.
#include <openssl/evp.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <variant>

#include "adapters/keys/certificate_facts.hpp"
#include "adapters/keys/key.hpp"
#include "adapters/keys/openssl_keysmith.hpp"
#include "adapters/keys/tpm2/tss2_pem.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// CKA_ID of a new key: long enough that no two gateways that share a token choose the same.
constexpr std::size_t kKeyIdBytes = 16;

Result<const TokenStore*> token_of(const MakeKey& wanted) {
  const auto* token = std::get_if<TokenStore>(&wanted.store);
  if (token == nullptr) return fail(ErrorKind::kInternal, "only a key in a token is planned");
  return token;
}

std::string device_key_at(const KeyLocation& location) {
  return "the device key " + printable(text_of(location));
}

/// Adds findings until one is a failure.
class Findings {
 public:
  /// True if the next subject is worth examining.
  bool add(std::string name, const std::function<Result<std::string>()>& examine) {
    const auto began = std::chrono::steady_clock::now();
    auto result = examine();
    const bool good = result.has_value();
    list_.push_back({std::move(name), std::move(result), std::chrono::steady_clock::now() - began});
    return good;
  }
  std::vector<KeyStoreFinding> take() { return std::move(list_); }

 private:
  std::vector<KeyStoreFinding> list_;
};

std::vector<KeyStoreFinding> examine_tpm(Tpm2& tpm, const TpmStore& store, KeyType type) {
  Findings findings;
  if (!findings.add("key-device", [&] { return tpm.connect(); })) return findings.take();
  const auto room = [&]() -> Result<std::string> {
    FP_TRY(tpm.require_free(*store.handle));
    return printable(text_of(KeyLocation(TpmHandle{*store.handle}))) + " is free";
  };
  if (store.handle && !findings.add("key-room", room)) return findings.take();
  findings.add("key-type", [&]() -> Result<std::string> {
    FP_TRY(tpm.require_type(type));
    return std::string(word(type));
  });
  return findings.take();
}

std::vector<KeyStoreFinding> examine_token(Pkcs11& tokens, const std::string& uri, KeyType type,
                                           const std::vector<KeyLocation>& own) {
  Findings findings;
  const auto room = [&]() -> Result<std::string> {
    FP_TRY(tokens.plan(uri, std::string(kKeyIdBytes, '\0'), own));
    FP_TRY(tokens.require_room(uri));
    return std::string("the token reports room for a key");
  };
  if (findings.add("key-device", [&] { return tokens.find_token(uri); }) &&
      findings.add("key-pin", [&] { return tokens.log_in(uri); }) && findings.add("key-room", room)) {
    findings.add("key-type", [&]() -> Result<std::string> {
      FP_TRY(tokens.require_type(uri, type));
      return std::string(word(type));
    });
  }
  return findings.take();
}

}  // namespace

Result<DeviceKey> OpensslKeysmith::remember_external(LoadedKey key, DeviceKey facts, const std::string& name) {
  FP_TRY_ASSIGN(facts.type, key_type(key.key.get(), ErrorKind::kKeyUnsuitable, name));
  const OpensslKey public_half = copy_public_half(*key.key);
  if (!public_half) return openssl_failure("OpenSSL cannot copy the public half of " + name);
  facts.public_key_sha256 = public_key_sha256(*public_half);
  cache(std::move(key), facts);
  return facts;
}

Result<DeviceKey> OpensslKeysmith::read_wrapped(const Secret& pem) {
  const CleanErrorQueue clean;
  FP_TRY_ASSIGN(const Tss2Key wrapped, parse_tss2_pem(pem.reveal()));
  FP_TRY_ASSIGN(const OpensslKey public_half, public_half_of(wrapped));
  DeviceKey key;
  key.location = TpmWrappedPem{kPrivateKeyFile};
  key.pem = pem.duplicate();
  FP_TRY_ASSIGN(key.type, key_type(public_half.get(), ErrorKind::kKeyUnsuitable, "the private key"));
  key.public_key_sha256 = public_key_sha256(*public_half);
  return key;
}

Result<DeviceKey> OpensslKeysmith::make_in_tpm(KeyType type, std::optional<std::uint32_t> handle) {
  Tpm2& tpm = devices_->tpm();
  // Before the key is made, so that no key is made in vain.
  if (handle) FP_TRY(tpm.require_free(*handle));
  FP_TRY_ASSIGN(const Secret pem, tpm.make_key(type));
  FP_TRY_ASSIGN(DeviceKey key, read_wrapped(pem));
  if (handle) key.location = TpmHandle{*handle};
  return key;
}

Result<KeyLocation> OpensslKeysmith::plan_key(const MakeKey& wanted, const std::vector<KeyLocation>& own) {
  const CleanErrorQueue clean;
  FP_TRY(interrupt_.check());
  FP_TRY_ASSIGN(const TokenStore* store, token_of(wanted));
  Pkcs11& tokens = devices_->tokens();
  FP_TRY(tokens.log_in(store->uri));
  FP_TRY(tokens.require_type(store->uri, wanted.type));
  FP_TRY_ASSIGN(std::string uri, tokens.plan(store->uri, random_bytes(kKeyIdBytes), own));
  return KeyLocation(Pkcs11Uri{std::move(uri)});
}

Result<DeviceKey> OpensslKeysmith::make_planned_key(const KeyLocation& planned, KeyType type) {
  const CleanErrorQueue clean;
  FP_TRY(interrupt_.check());
  const auto* at = std::get_if<Pkcs11Uri>(&planned);
  if (at == nullptr) return fail(ErrorKind::kInternal, "only a key in a token is planned");
  FP_TRY_ASSIGN(const DeviceSigner made, devices_->tokens().find_or_make(at->uri, type));
  FP_TRY_ASSIGN(LoadedKey key, devices_->take_over(planned, made));
  DeviceKey facts;
  facts.location = planned;
  return remember_external(std::move(key), std::move(facts), device_key_at(planned));
}

Result<void> OpensslKeysmith::settle_key(const DeviceKey& key) {
  const CleanErrorQueue clean;
  const auto* at = std::get_if<TpmHandle>(&key.location);
  if (at == nullptr || key.pem.empty()) return {};
  return devices_->tpm().persist(key.pem.reveal(), at->handle);
}

Result<void> OpensslKeysmith::destroy_key(const KeyLocation& location, const std::string& public_key_sha256) {
  const CleanErrorQueue clean;
  if (!is_in_hardware(location)) return {};
  // A key that is opened again afterwards must be looked for in the device.
  forget_keys();
  const auto* at = std::get_if<TpmHandle>(&location);
  if (at != nullptr && !public_key_sha256.empty()) return devices_->tpm().evict(at->handle, public_key_sha256);
  std::string digest = public_key_sha256;
  if (at != nullptr || !digest.empty()) {
    auto found = open_key(text_of(location));
    forget_keys();
    if (!found) {
      const bool absent =
          found.error().kind == ErrorKind::kKeyNotFound || found.error().kind == ErrorKind::kTpmHandleEmpty;
      return absent ? Result<void>() : Result<void>(fail(std::move(found).error()));
    }
    if (digest.empty()) digest = found->public_key_sha256;
    if (digest != found->public_key_sha256) return {};
  }
  if (at != nullptr) return devices_->tpm().evict(at->handle, digest);
  return devices_->tokens().destroy(std::get<Pkcs11Uri>(location).uri);
}

std::vector<KeyStoreFinding> OpensslKeysmith::examine_store(const MakeKey& wanted,
                                                            const std::vector<KeyLocation>& own) {
  const CleanErrorQueue clean;
  if (const auto* store = std::get_if<TpmStore>(&wanted.store))
    return examine_tpm(devices_->tpm(), *store, wanted.type);
  if (const auto* store = std::get_if<TokenStore>(&wanted.store)) {
    return examine_token(devices_->tokens(), store->uri, wanted.type, own);
  }
  return {};
}

}  // namespace fleet_provision

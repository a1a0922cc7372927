#include "adapters/keys/openssl_keysmith.hpp"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <utility>
#include <variant>

#include "adapters/keys/certificate_facts.hpp"
#include "adapters/keys/key.hpp"
#include "adapters/keys/sha256.hpp"
#include "adapters/keys/tpm2/tss2_pem.hpp"
#include "adapters/system/named_file.hpp"
#include "core/file_format.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

using KeyContext = OpensslHandle<EVP_PKEY_CTX>;

/// OpenSSL calls this function between the steps of generating a key; 0 aborts the generation.
int go_on(EVP_PKEY_CTX* context) {
  const auto* interrupt = static_cast<const Interrupt*>(EVP_PKEY_CTX_get_app_data(context));
  return interrupt->raised() ? 0 : 1;
}

KeyContext ec_context(const char* group) {
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1) return nullptr;
  if (EVP_PKEY_CTX_set_group_name(context.get(), group) != 1) return nullptr;
  return context;
}

KeyContext rsa_context(int bits) {
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1) return nullptr;
  if (EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) != 1) return nullptr;
  return context;
}

KeyContext context_for(KeyType type) {
  switch (type) {
    case KeyType::kEcP256: return ec_context("P-256");
    case KeyType::kEcP384: return ec_context("P-384");
    case KeyType::kRsa2048: return rsa_context(2048);
    case KeyType::kRsa3072: return rsa_context(3072);
    case KeyType::kRsa4096: return rsa_context(4096);
  }
  return nullptr;
}

DeviceKey copy_of(const DeviceKey& key) {
  return {key.location, key.pem.duplicate(), key.public_key_sha256, key.type};
}

}  // namespace

void OpensslKeysmith::cache(LoadedKey key, const DeviceKey& facts) {
  const Lock lock(mutex_);
  last_key_ = ReadKey{std::move(key), copy_of(facts)};
}

Result<DeviceKey> OpensslKeysmith::remember(OpensslKey key) {
  DeviceKey facts;
  FP_TRY_ASSIGN(facts.type, key_type(key.get(), ErrorKind::kDeviceKeyUnusable, "the device key"));
  facts.public_key_sha256 = public_key_sha256(*key);
  FP_TRY_ASSIGN(facts.pem, private_key_pem(key.get()));
  cache({std::move(key)}, facts);
  return facts;
}

Result<LoadedKey> OpensslKeysmith::load(const DeviceKey& key) {
  {
    const Lock lock(mutex_);
    const DeviceKey& last = last_key_.facts;
    if (last_key_.key.key && !key.public_key_sha256.empty() && last.public_key_sha256 == key.public_key_sha256) {
      return share(last_key_.key);
    }
  }
  const std::string name = "the device key " + printable(text_of(key.location));
  if (is_tss2_pem(key.pem.reveal())) return devices_->open_wrapped(key.pem.reveal(), name);
  if (key.pem.empty()) return devices_->open(key.location, name);
  FP_TRY_ASSIGN(OpensslKey parsed, parse_private_key(key.pem.reveal(), "the device key"));
  return LoadedKey{std::move(parsed)};
}

Result<DeviceKey> OpensslKeysmith::make_key(const MakeKey& wanted) {
  const CleanErrorQueue clean;
  FP_TRY(interrupt_.check());
  if (const auto* tpm = std::get_if<TpmStore>(&wanted.store)) return make_in_tpm(wanted.type, tpm->handle);
  if (std::holds_alternative<FileStore>(wanted.store)) return make_in_software(wanted.type);
  return fail(ErrorKind::kInternal, "a key in a token is planned before it is made");
}

Result<DeviceKey> OpensslKeysmith::make_in_software(KeyType type) {
  const KeyContext context = context_for(type);
  if (!context) return openssl_failure("cannot generate a key");
  // OpenSSL takes a pointer that is not const; go_on only reads it.
  EVP_PKEY_CTX_set_app_data(context.get(), const_cast<Interrupt*>(&interrupt_));
  EVP_PKEY_CTX_set_cb(context.get(), go_on);
  EVP_PKEY* made = nullptr;
  const bool is_made = EVP_PKEY_generate(context.get(), &made) == 1;
  OpensslKey key(made);
  if (!is_made) {
    FP_TRY(interrupt_.check());
    return openssl_failure("cannot generate a key");
  }
  return remember(std::move(key));
}

Result<DeviceKey> OpensslKeysmith::read_key(const Secret& pem) {
  {
    const Lock lock(mutex_);
    const bool is_file = std::holds_alternative<PemFile>(last_key_.facts.location);
    if (last_key_.key.key && is_file && last_key_.facts.pem.reveal() == pem.reveal()) return copy_of(last_key_.facts);
  }
  if (is_tss2_pem(pem.reveal())) return read_wrapped(pem);
  FP_TRY_ASSIGN(OpensslKey key, parse_private_key(pem.reveal(), "the private key"));
  return remember(std::move(key));
}

Result<DeviceKey> OpensslKeysmith::open_key(const std::string& reference) {
  const CleanErrorQueue clean;
  FP_TRY_ASSIGN(const KeyLocation location, parse_key_location(reference));
  const std::string what = "the device key " + printable(reference);
  DeviceKey facts;
  if (is_in_hardware(location)) {
    facts.location = location;
    FP_TRY_ASSIGN(LoadedKey found, devices_->open(location, what));
    return remember_external(std::move(found), std::move(facts), what);
  }
  FP_TRY_ASSIGN(Secret pem, read_named_file(reference, "device key", ErrorKind::kDeviceKeyUnusable));
  if (is_tss2_pem(pem.reveal())) {
    if (auto parsed = parse_tss2_pem(pem.reveal()); !parsed) return fail(std::move(parsed).error().within(what));
    FP_TRY_ASSIGN(LoadedKey found, devices_->open_wrapped(pem.reveal(), what));
    facts.location = TpmWrappedPem{kPrivateKeyFile};
    facts.pem = std::move(pem);
    return remember_external(std::move(found), std::move(facts), what);
  }
  FP_TRY_ASSIGN(OpensslKey key, parse_private_key(pem.reveal(), what, reference));
  FP_TRY(refuse_explicit_curve(key.get(), ErrorKind::kDeviceKeyUnusable, what,
                               "convert it: openssl pkey -ec_param_enc named_curve -in " + shell_word(reference) +
                                   " -out " + new_file_word(reference, ".pem")));
  return remember(std::move(key));
}

void OpensslKeysmith::forget_keys() {
  const Lock lock(mutex_);
  last_key_ = {};
  devices_->forget();
}

std::string OpensslKeysmith::sha256_hex(std::string_view bytes) {
  return sha256_of(bytes);
}

std::string OpensslKeysmith::random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t size = ::getrandom(bytes.data() + filled, count - filled, 0);
    if (size > 0) filled += static_cast<std::size_t>(size);
    // Without random numbers the program must not continue; getrandom fails only on a kernel without this call.
    if (size < 0 && errno != EINTR) std::abort();
  }
  return bytes;
}

}  // namespace fleet_provision

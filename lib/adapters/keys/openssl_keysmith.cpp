#include "adapters/keys/openssl_keysmith.hpp"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "adapters/keys/certificate_facts.hpp"
#include "adapters/keys/key.hpp"
#include "adapters/keys/sha256.hpp"
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

Result<DeviceKey> OpensslKeysmith::remember(OpensslKey key) {
  DeviceKey facts;
  FP_TRY_ASSIGN(facts.type, key_type(key.get(), ErrorKind::kDeviceKeyUnusable, "the device key"));
  facts.public_key_sha256 = public_key_sha256(*key);
  FP_TRY_ASSIGN(facts.pem, private_key_pem(key.get()));
  const Lock lock(mutex_);
  last_key_ = ReadKey{std::move(key), copy_of(facts)};
  return facts;
}

Result<OpensslKey> OpensslKeysmith::private_half_of(const DeviceKey& key) {
  {
    const Lock lock(mutex_);
    if (last_key_.key && last_key_.facts.pem.reveal() == key.pem.reveal()) {
      EVP_PKEY_up_ref(last_key_.key.get());
      return OpensslKey(last_key_.key.get());
    }
  }
  return parse_private_key(key.pem.reveal(), "the device key");
}

Result<DeviceKey> OpensslKeysmith::make_key(const MakeKey& wanted) {
  const CleanErrorQueue clean;
  FP_TRY(interrupt_.check());
  const KeyContext context = context_for(wanted.type);
  if (!context) return fail(ErrorKind::kInternal, "cannot generate a key: " + openssl_reason());
  // OpenSSL takes a pointer that is not const; go_on only reads it.
  EVP_PKEY_CTX_set_app_data(context.get(), const_cast<Interrupt*>(&interrupt_));
  EVP_PKEY_CTX_set_cb(context.get(), go_on);
  EVP_PKEY* made = nullptr;
  const bool is_made = EVP_PKEY_generate(context.get(), &made) == 1;
  OpensslKey key(made);
  if (!is_made) {
    FP_TRY(interrupt_.check());
    return fail(ErrorKind::kInternal, "cannot generate a key: " + openssl_reason());
  }
  return remember(std::move(key));
}

Result<DeviceKey> OpensslKeysmith::read_key(const Secret& pem) {
  {
    const Lock lock(mutex_);
    if (last_key_.key && last_key_.facts.pem.reveal() == pem.reveal()) return copy_of(last_key_.facts);
  }
  FP_TRY_ASSIGN(OpensslKey key, parse_private_key(pem.reveal(), "the private key"));
  return remember(std::move(key));
}

Result<DeviceKey> OpensslKeysmith::open_key(const std::string& reference) {
  FP_TRY_ASSIGN(const KeyLocation location, parse_key_location(reference));
  if (is_in_hardware(location)) {
    return fail(ErrorKind::kUsage, "keys in a TPM or a token (" + printable(reference, 20) + ") are not supported yet",
                "give a PEM file");
  }
  FP_TRY_ASSIGN(const Secret pem, read_named_file(reference, "device key", ErrorKind::kDeviceKeyUnusable));
  const std::string what = "the device key " + printable(reference);
  FP_TRY_ASSIGN(OpensslKey key, parse_private_key(pem.reveal(), what, reference));
  FP_TRY(refuse_explicit_curve(key.get(), ErrorKind::kDeviceKeyUnusable, what,
                               "convert it: openssl pkey -ec_param_enc named_curve -in " + shell_word(reference) +
                                   " -out " + new_file_word(reference, ".pem")));
  return remember(std::move(key));
}

void OpensslKeysmith::forget_keys() {
  const Lock lock(mutex_);
  last_key_ = {};
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

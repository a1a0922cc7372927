#include "adapters/keys/key.hpp"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <utility>
#include <vector>

#include "adapters/keys/ec_encoding.hpp"
#include "core/file_advice.hpp"
#include "core/file_format.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kAcceptedKeys =
    "use a key that AWS IoT accepts: RSA with 2048 bits or more, or EC P-256, P-384 or P-521";
constexpr int kRsaBitsMin = 2048;

/// Replaces OpenSSL's own callback, which would prompt on the terminal.
int refuse_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

/// Whether the public key verifies a signature of the private key.
bool halves_belong_together(EVP_PKEY* key) {
  constexpr std::array<unsigned char, 4> kText{'p', 'a', 'i', 'r'};
  const OpensslHandle<EVP_MD_CTX> signing(EVP_MD_CTX_new());
  const OpensslHandle<EVP_MD_CTX> verifying(EVP_MD_CTX_new());
  std::vector<unsigned char> signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  std::size_t size = signature.size();
  return signing && verifying && EVP_DigestSignInit(signing.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestSign(signing.get(), signature.data(), &size, kText.data(), kText.size()) == 1 &&
         EVP_DigestVerifyInit(verifying.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(verifying.get(), signature.data(), size, kText.data(), kText.size()) == 1;
}

}  // namespace

Result<OpensslKey> parse_private_key(std::string_view pem, const std::string& what, const std::string& path) {
  const CleanErrorQueue clean;
  if (auto objection = objection_to(pem, FileRole::kDeviceKey, path)) {
    return fail(ErrorKind::kDeviceKeyUnusable, what + " " + objection->what, std::move(objection->hint));
  }
  // OpenSSL gets only the key's block, not the parameters, certificates and text around it.
  const std::string_view block = wanted_block(pem, FileRole::kDeviceKey).text;
  const OpensslHandle<BIO> bio(BIO_new_mem_buf(block.data(), static_cast<int>(block.size())));
  if (!bio) return openssl_failure("cannot read a key");
  bool was_asked = false;
  OpensslKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_passphrase, &was_asked));
  if (was_asked) {
    return fail(ErrorKind::kDeviceKeyUnusable, what + " is encrypted",
                "decrypt it: openssl pkey -in " + shell_word(path) + " -out " + new_file_word(path, ".pem"));
  }
  if (!key) {
    const std::string reason = openssl_reason();
    return fail(ErrorKind::kDeviceKeyUnusable,
                what + " does not parse: " + reason + where_damaged(pem, FileRole::kDeviceKey),
                "copy the key again; the file may be damaged");
  }
  FP_TRY(key_type(key.get(), ErrorKind::kDeviceKeyUnusable, what));
  if (!halves_belong_together(key.get())) {
    return fail(ErrorKind::kDeviceKeyUnusable, what + " is damaged: its private and public parts do not match");
  }
  return key;
}

Result<Secret> private_key_pem(evp_pkey_st* key) {
  const CleanErrorQueue clean;
  // A BIO of this type wipes its memory when it grows and when it is freed.
  const OpensslHandle<BIO> bio(BIO_new(BIO_s_secmem()));
  const auto info = ec_private_key_info(*key);
  const int written = !bio   ? 0
                      : info ? PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio.get(), info.get())
                             : PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  if (written != 1) {
    return openssl_failure("cannot write a key as PEM");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return Secret({text, static_cast<std::size_t>(size)});
}

Result<void> refuse_explicit_curve(evp_pkey_st* key, ErrorKind kind, const std::string& what, const std::string& hint) {
  const CleanErrorQueue clean;
  std::array<char, 32> encoding{};
  std::size_t size = 0;
  if (EVP_PKEY_is_a(key, "EC") != 1 ||
      EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding.data(), encoding.size(), &size) != 1 ||
      std::string_view(encoding.data(), size) != OSSL_PKEY_EC_ENCODING_EXPLICIT) {
    return {};
  }
  return fail(kind, what + " has explicit curve parameters; AWS IoT accepts named curves only", hint);
}

Result<std::string> key_type(evp_pkey_st* key, ErrorKind kind, const std::string& what) {
  const CleanErrorQueue clean;
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    const int bits = EVP_PKEY_get_bits(key);
    if (bits >= kRsaBitsMin) return "rsa-" + std::to_string(bits);
    return fail(kind, what + " is RSA with " + std::to_string(bits) + " bits", std::string(kAcceptedKeys));
  }
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    std::array<char, 64> group{};
    std::size_t size = 0;
    EVP_PKEY_get_group_name(key, group.data(), group.size(), &size);
    const std::string_view name(group.data(), size);
    if (name == "prime256v1") return std::string("ec-p256");
    if (name == "secp384r1") return std::string("ec-p384");
    if (name == "secp521r1") return std::string("ec-p521");
    return fail(kind, what + " is on the curve " + (name.empty() ? "without a name" : printable(name)),
                std::string(kAcceptedKeys));
  }
  const char* name = EVP_PKEY_get0_type_name(key);
  return fail(kind, what + " is of the type " + (name == nullptr ? "unknown" : printable(name)),
              std::string(kAcceptedKeys));
}

}  // namespace fleet_provision

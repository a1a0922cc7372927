#include "adapters/keys/pem_credentials.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "adapters/keys/device/secret_file.hpp"
#include "adapters/keys/tpm2/tss2_pem.hpp"
#include "core/file_advice.hpp"
#include "core/file_format.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

using enum ErrorKind;

OpensslHandle<BIO> memory(std::string_view bytes) {
  return OpensslHandle<BIO>(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

/// The file name for the command of a hint; `-` for text that was not read from a file.
std::string path_of(const std::string& name, const PemCredentials& pem) {
  return pem.from_one_text ? "-" : name;
}

/// Answers OpenSSL's request for a passphrase, so that OpenSSL does not prompt on the terminal, and records that it was
/// made.
struct PassphraseRequest {
  const std::optional<Secret>* passphrase;
  bool asked = false;
};

int give_passphrase(char* buffer, int size, int /*writing*/, void* context) {
  auto& request = *static_cast<PassphraseRequest*>(context);
  request.asked = true;
  if (!request.passphrase->has_value()) return -1;
  const std::string_view text = (*request.passphrase)->reveal();
  if (text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

Result<OpensslHandle<EVP_PKEY>> parse_key(const PemCredentials& pem, OSSL_LIB_CTX* library) {
  const std::string name = describe_key(pem);
  const std::string_view bytes = pem.key_pem.reveal();
  if (auto objection = objection_to(bytes, FileRole::kClaimKey, path_of(pem.key_name, pem))) {
    return fail(kClaimKeyUnusable, name + " " + objection->what, std::move(objection->hint));
  }
  // OpenSSL gets only the key's block, not the parameters, certificates and text around it.
  PassphraseRequest request{&pem.passphrase};
  const OpensslHandle<BIO> bio = memory(wanted_block(bytes, FileRole::kClaimKey).text);
  ERR_clear_error();
  OpensslHandle<EVP_PKEY> key(
      PEM_read_bio_PrivateKey_ex(bio.get(), nullptr, give_passphrase, &request, library, nullptr));
  const std::string reason = openssl_reason();
  if (key) return key;
  if (request.asked && !pem.passphrase) {
    return fail(kClaimKeyPassphrase, name + " is encrypted and no passphrase was given",
                "give it in a file with --claim-key-passphrase-file");
  }
  if (request.asked) {
    return fail(
        kClaimKeyPassphrase, "the passphrase does not decrypt " + name,
        "check --claim-key-passphrase-file: the file must hold the passphrase and nothing else but a final newline");
  }
  return fail(kClaimKeyUnusable, name + " cannot be parsed: " + reason + where_damaged(bytes, FileRole::kClaimKey),
              "copy the key again; the file may be damaged");
}

Result<Tss2Key> parse_wrapped(const PemCredentials& pem) {
  auto wrapped = parse_tss2_pem(pem.key_pem.reveal());
  if (wrapped) return wrapped;
  Error error = std::move(wrapped).error().within(describe_key(pem));
  if (error.kind == kDeviceKeyUnusable) error.kind = kClaimKeyUnusable;
  return fail(std::move(error));
}

}  // namespace

std::string describe_certificate(const PemCredentials& pem) {
  if (pem.principal == Principal::kIdentity) return "the identity's certificate";
  return "claim certificate " + printable(pem.certificate_name);
}

std::string describe_key(const PemCredentials& pem) {
  if (pem.principal == Principal::kIdentity) return "the identity's key";
  return "claim key " + printable(pem.key_name);
}

Result<std::vector<OpensslHandle<X509>>> read_chain(const PemCredentials& pem) {
  const std::string name = describe_certificate(pem);
  const std::string_view bytes = without_byte_order_mark(pem.certificate_pem);
  if (auto objection = objection_to(bytes, FileRole::kClaimCertificate, path_of(pem.certificate_name, pem))) {
    return fail(kClaimCertificateUnusable, name + " " + objection->what, std::move(objection->hint));
  }
  const OpensslHandle<BIO> bio = memory(bytes);
  std::vector<OpensslHandle<X509>> chain;
  ERR_clear_error();
  while (OpensslHandle<X509> each{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    chain.push_back(std::move(each));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = openssl_reason();
  if (at_end && !chain.empty()) return chain;
  return fail(kClaimCertificateUnusable,
              name + " cannot be parsed: " + reason + where_damaged(bytes, FileRole::kClaimCertificate),
              "copy the certificate again; the file may be damaged");
}

Result<LoadedKey> read_key(const PemCredentials& pem, KeyDevices& devices, OSSL_LIB_CTX* library) {
  if (is_tss2_pem(pem.key_pem.reveal())) {
    FP_TRY(parse_wrapped(pem));
    return devices.open_wrapped(pem.key_pem.reveal(), describe_key(pem));
  }
  if (is_in_hardware(pem.key_location)) return devices.open(pem.key_location, describe_key(pem));
  FP_TRY_ASSIGN(OpensslHandle<EVP_PKEY> key, parse_key(pem, library));
  return LoadedKey{std::move(key)};
}

Result<OpensslHandle<EVP_PKEY>> read_key_offline(const PemCredentials& pem) {
  if (!is_tss2_pem(pem.key_pem.reveal())) return parse_key(pem, nullptr);
  FP_TRY_ASSIGN(const Tss2Key wrapped, parse_wrapped(pem));
  return public_half_of(wrapped);
}

Result<std::optional<Secret>> read_passphrase(const std::optional<std::string>& file) {
  if (!file) return std::optional<Secret>{};
  FP_TRY_ASSIGN(Secret passphrase, read_secret_file(*file, "passphrase file", kClaimKeyPassphrase));
  return std::optional<Secret>(std::move(passphrase));
}

bool is_key_of(const X509& certificate, const EVP_PKEY* key) {
  const bool fits = X509_check_private_key(&certificate, key) == 1;
  ERR_clear_error();
  return fits;
}

void put_own_first(std::vector<OpensslHandle<X509>>& chain, EVP_PKEY* key) {
  const auto own = std::find_if(chain.begin(), chain.end(),
                                [key](const OpensslHandle<X509>& each) { return is_key_of(*each, key); });
  if (own != chain.end()) std::rotate(chain.begin(), own, own + 1);
}

}  // namespace fleet_provision

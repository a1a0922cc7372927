#include "adapters/keys/tpm2/tss2_pem.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <optional>

#include "adapters/keys/device/der.hpp"
#include "adapters/keys/tpm2/tpm_public_area.hpp"
#include "core/pem_text.hpp"

namespace fleet_provision {
namespace {

// 2.23.133.10.1.3, .4 and .5 (draft-bottomley-tpm2-keys section 3.1).
constexpr std::string_view kLoadableKey = "\x67\x81\x05\x0A\x01\x03";
constexpr std::string_view kImportableKey = "\x67\x81\x05\x0A\x01\x04";
constexpr std::string_view kSealedData = "\x67\x81\x05\x0A\x01\x05";

constexpr unsigned kEmptyAuth = 0;
constexpr unsigned kPolicy = 1;
constexpr unsigned kSecret = 2;
constexpr unsigned kAuthPolicy = 3;
constexpr unsigned kDescription = 4;
constexpr unsigned kRsaParent = 5;

Failure damaged_key_file(const std::string& how) {
  return fail(ErrorKind::kDeviceKeyUnusable, "the " + std::string(kTss2PemLabel) + " is damaged: " + how,
              "copy the key again; the file may be damaged");
}
Failure unsuitable(const std::string& what, const std::string& hint) {
  return fail(ErrorKind::kKeyUnsuitable, "the " + std::string(kTss2PemLabel) + " " + what, hint);
}

struct OpensslMemoryFree {
  template <class Item>
  void operator()(Item* memory) const noexcept {
    OPENSSL_free(memory);
  }
};
template <class Item>
using OpensslMemory = std::unique_ptr<Item, OpensslMemoryFree>;

Result<std::string> decoded(std::string_view block) {
  const CleanErrorQueue clean;
  const OpensslHandle<BIO> bio(BIO_new_mem_buf(block.data(), static_cast<int>(block.size())));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  const bool read = bio && PEM_read_bio(bio.get(), &name, &header, &data, &size) == 1;
  const OpensslMemory<char> own_name(name);
  const OpensslMemory<char> own_header(header);
  const OpensslMemory<unsigned char> own_data(data);
  if (!read) return damaged_key_file(openssl_reason());
  if (header != nullptr && *header != '\0') return damaged_key_file("it has a PEM header");
  return std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
}

Result<void> require_loadable(std::optional<std::string_view> type) {
  if (!type) return damaged_key_file("it has no type");
  if (*type == kLoadableKey) return {};
  if (*type == kImportableKey) {
    return unsuitable("is a key that must be imported first",
                      "import it with tpm2_import, and give the key that it writes, or its handle");
  }
  if (*type == kSealedData) return unsuitable("holds sealed data, not a key", "give a signing key");
  return unsuitable("is of an unknown type", "give a key of tpm2-openssl, tpm2-tools or this program");
}

/// An EXPLICIT BOOLEAN; absent means false.
std::optional<bool> take_flag(der::Reader& reader, unsigned number) {
  if (reader.next_tag() != der::explicit_tag(number)) return false;
  const auto outer = reader.take(der::explicit_tag(number));
  if (!outer) return std::nullopt;
  der::Reader inner(*outer);
  const auto value = inner.take(der::kBoolean);
  if (!value || value->size() != 1 || !inner.at_end()) return std::nullopt;
  return value->front() != '\0';
}

/// The optional fields between the type and the parent; returns whether the key has no authorization value.
Result<bool> read_options(der::Reader& reader) {
  const auto empty_auth = take_flag(reader, kEmptyAuth);
  if (!empty_auth) return damaged_key_file("emptyAuth is not a BOOLEAN");
  for (const unsigned number : {kPolicy, kSecret, kAuthPolicy}) {
    if (reader.next_tag() != der::explicit_tag(number)) continue;
    return number == kSecret ? unsuitable("holds a secret for an import", "give a key that can be loaded directly")
                             : unsuitable("can be used only with a policy", "give a key without a policy");
  }
  if (reader.next_tag() == der::explicit_tag(kDescription) && !reader.take(der::explicit_tag(kDescription))) {
    return damaged_key_file("its description ends early");
  }
  const auto rsa_parent = take_flag(reader, kRsaParent);
  if (!rsa_parent) return damaged_key_file("rsaParent is not a BOOLEAN");
  if (*rsa_parent) return unsuitable("has an RSA storage key as its parent", "make a key under the ECC storage key");
  return *empty_auth;
}

/// TPM handles are unsigned, but some programs write the four bytes of one as a negative INTEGER. Nothing for a first
/// byte of zero: it is the type of a PCR (TPM_HT of TPM 2.0 part 2), which is no parent.
std::optional<std::uint32_t> handle_from(std::string_view integer) {
  if (integer.size() == 5 && integer.front() == '\0') integer.remove_prefix(1);
  if (integer.size() != 4 || integer.front() == '\0') return std::nullopt;
  std::uint32_t handle = 0;
  for (const char each : integer) handle = handle << 8U | static_cast<unsigned char>(each);
  return handle;
}

/// Whether the bytes are as long as the number before them says.
bool is_sized(std::string_view bytes) {
  if (bytes.size() <= 2) return false;
  const std::size_t high = static_cast<unsigned char>(bytes[0]);
  const std::size_t low = static_cast<unsigned char>(bytes[1]);
  return (high << 8U | low) == bytes.size() - 2;
}

}  // namespace

bool is_tss2_pem(std::string_view pem) {
  for (const PemBlock& block : read_pem(pem).blocks) {
    if (block.label == kTss2PemLabel) return true;
  }
  return false;
}

Result<Tss2Key> parse_tss2_pem(std::string_view pem) {
  const PemText text = read_pem(pem);
  const PemBlock* block = nullptr;
  for (const PemBlock& each : text.blocks) {
    if (each.label == kTss2PemLabel && block == nullptr) block = &each;
  }
  if (block == nullptr) return damaged_key_file("the file has no such block");
  FP_TRY_ASSIGN(const std::string bytes, decoded(block->text));
  der::Reader outer(bytes);
  const auto sequence = outer.take(der::kSequence);
  if (!sequence || !outer.at_end()) return damaged_key_file("it is not one SEQUENCE");
  der::Reader reader(*sequence);
  FP_TRY(require_loadable(reader.take(der::kObjectIdentifier)));
  Tss2Key key;
  FP_TRY_ASSIGN(key.empty_auth, read_options(reader));
  const auto parent = reader.take(der::kInteger);
  const auto handle = parent ? handle_from(*parent) : std::nullopt;
  if (!handle) return damaged_key_file("its parent is not a handle");
  const auto public_area = reader.take(der::kOctetString);
  const auto private_area = reader.take(der::kOctetString);
  if (!public_area || !private_area || !reader.at_end()) return damaged_key_file("a part of the key is missing");
  if (!is_sized(*public_area) || !is_sized(*private_area)) return damaged_key_file("the length of a part is wrong");
  key.parent = *handle;
  key.public_area = *public_area;
  key.private_area = *private_area;
  return key;
}

Secret to_tss2_pem(const Tss2Key& key) {
  const std::array<char, 4> parent{static_cast<char>(key.parent >> 24U), static_cast<char>(key.parent >> 16U),
                                   static_cast<char>(key.parent >> 8U), static_cast<char>(key.parent)};
  const std::string empty_auth = der::element(der::kBoolean, key.empty_auth ? "\xFF" : std::string_view("\0", 1));
  const std::string bytes = der::element(der::kSequence, der::element(der::kObjectIdentifier, kLoadableKey) +
                                                             der::element(der::explicit_tag(kEmptyAuth), empty_auth) +
                                                             der::unsigned_integer({parent.data(), parent.size()}) +
                                                             der::element(der::kOctetString, key.public_area) +
                                                             der::element(der::kOctetString, key.private_area));
  const CleanErrorQueue clean;
  const OpensslHandle<BIO> bio(BIO_new(BIO_s_mem()));
  if (!bio ||
      PEM_write_bio(bio.get(), std::string(kTss2PemLabel).c_str(), "",
                    reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<long>(bytes.size())) <= 0) {
    return {};
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return Secret({text, static_cast<std::size_t>(size)});
}

Result<OpensslHandle<EVP_PKEY>> public_half_of(const Tss2Key& key) {
  FP_TRY_ASSIGN(const TpmPublicArea area, parse_signing_key(key.public_area));
  return public_key_of(area);
}

}  // namespace fleet_provision

#include "adapters/keys/tpm2/tpm_public_area.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include <cstddef>
#include <memory>

namespace fleet_provision {
namespace {

// TPM 2.0 Library, Part 2, section 6.3: TPM_ALG_ID.
constexpr std::uint16_t kAlgRsa = 0x0001;
constexpr std::uint16_t kAlgNull = 0x0010;
constexpr std::uint16_t kAlgRsaEncryption = 0x0015;
constexpr std::uint16_t kAlgEcdaa = 0x001A;
constexpr std::uint16_t kAlgEcc = 0x0023;
// Section 6.4: TPM_ECC_CURVE.
constexpr std::uint16_t kCurveP256 = 0x0003;
constexpr std::uint16_t kCurveP384 = 0x0004;
// Section 8.3: TPMA_OBJECT.
constexpr std::uint32_t kUserWithAuth = 1U << 6U;
constexpr std::uint32_t kNoDa = 1U << 10U;
constexpr std::uint32_t kRestricted = 1U << 16U;
constexpr std::uint32_t kDecrypt = 1U << 17U;
constexpr std::uint32_t kSign = 1U << 18U;

constexpr std::uint32_t kRsaExponentDefault = 65537;
constexpr std::uint16_t kRsaBitsMin = 2048;

/// Reads numbers and sized buffers; after the first that is not complete, everything is empty and `failed`.
class Unmarshaller {
 public:
  explicit Unmarshaller(std::string_view bytes) : rest_(bytes) {}

  std::string_view bytes(std::size_t count) {
    if (count > rest_.size()) failed_ = true;
    if (failed_) return {};
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::uint32_t number(std::size_t count) {
    std::uint32_t value = 0;
    for (const char each : bytes(count)) value = value << 8U | static_cast<unsigned char>(each);
    return value;
  }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return number(4); }
  std::string_view sized() { return bytes(u16()); }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

Failure damaged(const std::string& how) {
  return fail(ErrorKind::kDeviceKeyUnusable, "the public part of the TPM key is damaged: " + how,
              "copy the key again; the file may be damaged");
}

void read_scheme(Unmarshaller& from, TpmPublicArea& area) {
  area.scheme = from.u16();
  if (area.scheme == kAlgNull || area.scheme == kAlgRsaEncryption) return;
  area.scheme_hash = from.u16();
  if (area.scheme == kAlgEcdaa) from.u16();
}

void read_rsa(Unmarshaller& from, TpmPublicArea& area) {
  read_scheme(from, area);
  area.bits = from.u16();
  area.exponent = from.u32();
  if (area.exponent == 0) area.exponent = kRsaExponentDefault;
  area.modulus = from.sized();
}

void read_ecc(Unmarshaller& from, TpmPublicArea& area) {
  read_scheme(from, area);
  area.curve = from.u16();
  if (from.u16() != kAlgNull) from.u16();  // the key derivation scheme
  area.x = from.sized();
  area.y = from.sized();
}

Result<void> require_signing(const TpmPublicArea& area) {
  const auto unsuitable = [](const std::string& message) {
    return fail(ErrorKind::kKeyUnsuitable, message,
                "use a TPM key that has the attributes sign and userwithauth, and not restricted");
  };
  if ((area.attributes & kRestricted) != 0) {
    return unsuitable((area.attributes & kDecrypt) != 0
                          ? "the TPM key is a storage key (restricted, decrypt), which cannot sign"
                          : "the TPM key is restricted and signs only what the TPM itself made");
  }
  if ((area.attributes & kSign) == 0) return unsuitable("the TPM key may not sign (it lacks the attribute sign)");
  if ((area.attributes & kUserWithAuth) == 0) {
    return unsuitable("the TPM key can be used only with a policy (it lacks the attribute userwithauth)");
  }
  return {};
}

struct ParametersFree {
  void operator()(OSSL_PARAM_BLD* builder) const noexcept { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* parameters) const noexcept { OSSL_PARAM_free(parameters); }
  void operator()(BIGNUM* number) const noexcept { BN_free(number); }
};
template <class Object>
using Owned = std::unique_ptr<Object, ParametersFree>;

/// The key that these parameters describe; null if they describe none.
OpensslHandle<EVP_PKEY> public_key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
  const OpensslHandle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return OpensslHandle<EVP_PKEY>(key);
}

OpensslHandle<EVP_PKEY> rsa_key_from(const TpmPublicArea& area) {
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  const Owned<BIGNUM> modulus(BN_bin2bn(reinterpret_cast<const unsigned char*>(area.modulus.data()),
                                        static_cast<int>(area.modulus.size()), nullptr));
  const Owned<BIGNUM> exponent(BN_new());
  if (!builder || !modulus || !exponent || BN_set_word(exponent.get(), area.exponent) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  return public_key_from("RSA", builder.get());
}

OpensslHandle<EVP_PKEY> ec_key_from(const TpmPublicArea& area, const char* group, std::size_t size) {
  // SEC 1 section 2.3.3, uncompressed. A TPM may leave out leading zeros.
  std::string point = "\x04";
  point.append(size - area.x.size(), '\0').append(area.x).append(size - area.y.size(), '\0').append(area.y);
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return nullptr;
  }
  return public_key_from("EC", builder.get());
}

}  // namespace

bool TpmPublicArea::may_decrypt() const {
  return (attributes & kDecrypt) != 0;
}

bool TpmPublicArea::never_locked() const {
  return (attributes & kNoDa) != 0;
}

Result<TpmPublicArea> parse_signing_key(std::string_view tpm2b_public) {
  Unmarshaller outer(tpm2b_public);
  Unmarshaller from(outer.sized());
  if (outer.failed() || !outer.at_end()) return damaged("its length is wrong");
  TpmPublicArea area;
  const std::uint16_t type = from.u16();
  from.u16();  // the hash of its name
  area.attributes = from.u32();
  from.sized();  // the policy
  if (from.failed()) return damaged("it ends early");
  if (type != kAlgRsa && type != kAlgEcc) {
    return fail(ErrorKind::kKeyUnsuitable, "the TPM object is neither an RSA nor an EC key", "use a signing key");
  }
  area.rsa = type == kAlgRsa;
  // Before the rest, because only storage keys have a symmetric algorithm.
  FP_TRY(require_signing(area));
  if (from.u16() != kAlgNull) return damaged("a signing key has a symmetric algorithm");
  area.rsa ? read_rsa(from, area) : read_ecc(from, area);
  if (from.failed()) return damaged("it ends early");
  if (!from.at_end()) return damaged("something follows the key");
  return area;
}

Result<OpensslHandle<EVP_PKEY>> public_key_of(const TpmPublicArea& area) {
  const CleanErrorQueue clean;
  OpensslHandle<EVP_PKEY> key;
  if (area.rsa) {
    if (area.bits < kRsaBitsMin) {
      return fail(ErrorKind::kKeyUnsuitable, "the TPM key is RSA with " + std::to_string(area.bits) + " bits",
                  "use RSA with 2048 bits or more, or EC P-256 or P-384");
    }
    if (area.modulus.size() * 8 != area.bits || (static_cast<unsigned char>(area.modulus.front()) & 0x80U) == 0) {
      return damaged("the modulus has another size than the key");
    }
    key = rsa_key_from(area);
  } else if (area.curve == kCurveP256 || area.curve == kCurveP384) {
    const std::size_t size = area.curve == kCurveP256 ? 32 : 48;
    if (area.x.size() > size || area.y.size() > size) return damaged("a coordinate is too long");
    key = ec_key_from(area, area.curve == kCurveP256 ? "prime256v1" : "secp384r1", size);
  } else {
    return fail(ErrorKind::kKeyUnsuitable,
                "the TPM key is on an unsupported curve (TPM_ECC_CURVE " + std::to_string(area.curve) + ")",
                "use EC P-256 or P-384, or RSA with 2048 bits or more");
  }
  if (!key) return damaged("it is not a public key: " + openssl_reason());
  return key;
}

}  // namespace fleet_provision

#include "adapters/keys/pkcs11/pkcs11_public_key.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kUsableKeys = "use an RSA key with 2048 bits or more, or an EC key on P-256 or P-384";

struct CurveRow {
  std::size_t bits;
  const char* group;
  /// The DER of the curve's OID (RFC 5480 section 2.1.1.1).
  std::string_view parameters;
};
constexpr std::array kCurves{
    CurveRow{256, "P-256", std::string_view("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10)},
    CurveRow{384, "P-384", std::string_view("\x06\x05\x2b\x81\x04\x00\x22", 7)},
    CurveRow{521, "P-521", std::string_view("\x06\x05\x2b\x81\x04\x00\x23", 7)},
};

struct FreeParameters {
  void operator()(OSSL_PARAM_BLD* object) const noexcept { OSSL_PARAM_BLD_free(object); }
  void operator()(OSSL_PARAM* object) const noexcept { OSSL_PARAM_free(object); }
  void operator()(BIGNUM* object) const noexcept { BN_free(object); }
};
template <class Object>
using ParameterHandle = std::unique_ptr<Object, FreeParameters>;

/// Null if OpenSSL does not accept them.
OpensslKey from_parameters(const char* algorithm, OSSL_PARAM_BLD* builder) {
  const ParameterHandle<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
  const OpensslHandle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return {};
  }
  return OpensslKey(key);
}

OpensslKey rsa_key_of(const std::string& modulus, const std::string& exponent) {
  const auto number = [](const std::string& bytes) {
    return ParameterHandle<BIGNUM>(
        BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr));
  };
  const auto n = number(modulus);
  const auto e = number(exponent);
  const ParameterHandle<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return {};
  }
  return from_parameters("RSA", builder.get());
}

/// CKA_EC_POINT is the DER of an OCTET STRING (PKCS #11 v2.40 section 2.3.3); some modules return the point alone.
std::string_view bare_point(std::string_view point, std::size_t field_size) {
  const auto is_point = [field_size](std::string_view bytes) {
    return bytes.size() == 1 + 2 * field_size || bytes.size() == 1 + field_size;
  };
  if (is_point(point)) return point;
  for (const std::size_t header : {2U, 3U}) {
    if (point.size() > header && is_point(point.substr(header))) return point.substr(header);
  }
  return {};
}

OpensslKey ec_key_of(const CurveRow& curve, std::string_view encoded_point) {
  const std::string_view point = bare_point(encoded_point, (curve.bits + 7) / 8);
  const ParameterHandle<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (point.empty() || !builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return {};
  }
  OpensslKey key = from_parameters("EC", builder.get());
  // A compressed point would make all encodings of the key compressed, and its digest another one.
  if (key) {
    EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                   OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED);
  }
  return key;
}

OpensslKey key_of_certificate(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const OpensslHandle<X509> certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
  return OpensslKey(certificate ? X509_get_pubkey(certificate.get()) : nullptr);
}

/// Finds the objects that belong to one private key.
class PublicHalf {
 public:
  PublicHalf(const Pkcs11Token& token, CK_OBJECT_HANDLE key, CK_KEY_TYPE type)
      : token_(token), key_(key), type_(type) {}

  /// Null if the token has none.
  Result<OpensslKey> find() {
    FP_TRY_ASSIGN(OpensslKey own, from_object(key_));
    if (own) return own;
    for (const CK_OBJECT_CLASS kind : {CK_OBJECT_CLASS{CKO_PUBLIC_KEY}, CK_OBJECT_CLASS{CKO_CERTIFICATE}}) {
      for (const CK_ATTRIBUTE_TYPE link : {CK_ATTRIBUTE_TYPE{CKA_ID}, CK_ATTRIBUTE_TYPE{CKA_LABEL}}) {
        FP_TRY_ASSIGN(OpensslKey found, linked(kind, link));
        if (found) return found;
      }
    }
    return OpensslKey();
  }

 private:
  /// From objects of a class that have the same value of `link`.
  Result<OpensslKey> linked(CK_OBJECT_CLASS kind, CK_ATTRIBUTE_TYPE link) {
    FP_TRY_ASSIGN(const auto value, read_attribute(token_, key_, link));
    if (!value || value->empty()) return OpensslKey();
    Pkcs11Template wanted;
    wanted.number(CKA_CLASS, kind).bytes(link, *value);
    if (kind == CKO_PUBLIC_KEY) wanted.number(CKA_KEY_TYPE, type_);
    FP_TRY_ASSIGN(const auto objects, find_objects(token_, std::move(wanted)));
    for (const CK_OBJECT_HANDLE object : objects) {
      FP_TRY_ASSIGN(OpensslKey found, kind == CKO_CERTIFICATE ? from_certificate(object) : from_object(object));
      if (found) return found;
    }
    return OpensslKey();
  }

  Result<OpensslKey> from_certificate(CK_OBJECT_HANDLE object) {
    FP_TRY_ASSIGN(const auto der, read_attribute(token_, object, CKA_VALUE));
    return der ? key_of_certificate(*der) : OpensslKey();
  }

  Result<OpensslKey> from_object(CK_OBJECT_HANDLE object) {
    if (type_ == CKK_RSA) {
      FP_TRY_ASSIGN(const auto modulus, read_attribute(token_, object, CKA_MODULUS));
      FP_TRY_ASSIGN(const auto exponent, read_attribute(token_, object, CKA_PUBLIC_EXPONENT));
      if (!modulus || !exponent || modulus->empty() || exponent->empty()) return OpensslKey();
      return rsa_key_of(*modulus, *exponent);
    }
    FP_TRY_ASSIGN(const auto parameters, read_attribute(token_, object, CKA_EC_PARAMS));
    FP_TRY_ASSIGN(const auto point, read_attribute(token_, object, CKA_EC_POINT));
    if (!parameters || !point) return OpensslKey();
    const auto* const curve = std::find_if(kCurves.begin(), kCurves.end(),
                                           [&](const CurveRow& each) { return each.parameters == *parameters; });
    return curve == kCurves.end() ? OpensslKey() : ec_key_of(*curve, *point);
  }

  const Pkcs11Token& token_;
  CK_OBJECT_HANDLE key_;
  CK_KEY_TYPE type_;
};

/// Of a private EC key.
Result<void> require_known_curve(const Pkcs11Token& token, CK_OBJECT_HANDLE key, const std::string& what) {
  FP_TRY_ASSIGN(const auto parameters, read_attribute(token, key, CKA_EC_PARAMS));
  const bool known =
      !parameters || parameters->empty() ||
      std::any_of(kCurves.begin(), kCurves.end(), [&](const CurveRow& each) { return each.parameters == *parameters; });
  if (known) return {};
  return fail(ErrorKind::kKeyUnsuitable,
              what + " is not on a supported named curve (CKA_EC_PARAMS " + to_hex(*parameters).substr(0, 64) + ")",
              std::string(kUsableKeys));
}

Failure without_public_half(const Pkcs11Token& token, const std::string& what) {
  return fail(ErrorKind::kKeyUnsuitable,
              what + " has no public key: there is no public key object and no certificate with its CKA_ID or label",
              token.hint("import the public key with the id of the private key: pkcs11-tool {module} --login "
                         "--write-object FILE --type pubkey --id ID"));
}

}  // namespace

Result<Pkcs11Key> read_key(const Pkcs11Token& token, CK_OBJECT_HANDLE private_key) {
  const CleanErrorQueue clean;
  FP_TRY_ASSIGN(const auto label, read_attribute(token, private_key, CKA_LABEL));
  const std::string what = "the key " + in_quotes(label.value_or("")) + " in " + token.name();
  FP_TRY_ASSIGN(const auto may_sign, read_flag(token, private_key, CKA_SIGN));
  if (may_sign && !*may_sign) {
    return fail(ErrorKind::kKeyUnsuitable, what + " may not sign (CKA_SIGN is false)",
                "use a key that may sign, or make one with --key-store");
  }
  FP_TRY_ASSIGN(const auto type, read_number(token, private_key, CKA_KEY_TYPE));
  if (!type || (*type != CKK_RSA && *type != CKK_EC)) {
    return fail(ErrorKind::kKeyUnsuitable, what + " is neither an RSA nor an EC key", std::string(kUsableKeys));
  }
  if (*type == CKK_EC) FP_TRY(require_known_curve(token, private_key, what));
  Pkcs11Key key;
  key.handle = private_key;
  key.is_rsa = *type == CKK_RSA;
  FP_TRY_ASSIGN(key.public_half, PublicHalf(token, private_key, *type).find());
  if (!key.public_half) return without_public_half(token, what);
  if ((EVP_PKEY_is_a(key.public_half.get(), "RSA") == 1) != key.is_rsa) return without_public_half(token, what);
  key.bits = static_cast<std::size_t>(EVP_PKEY_get_bits(key.public_half.get()));
  FP_TRY_ASSIGN(const auto always, read_flag(token, private_key, CKA_ALWAYS_AUTHENTICATE));
  key.always_authenticate = always.value_or(false);
  return key;
}

std::string ec_parameters(std::size_t bits) {
  const auto* const curve =
      std::find_if(kCurves.begin(), kCurves.end(), [bits](const CurveRow& each) { return each.bits == bits; });
  return curve == kCurves.end() ? std::string() : std::string(curve->parameters);
}

}  // namespace fleet_provision

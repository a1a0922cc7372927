#include "adapters/keys/pkcs11/pkcs11_signature.hpp"

#include <openssl/ecdsa.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "adapters/keys/device/rsa_padding.hpp"
#include "adapters/keys/pkcs11/pkcs11_error.hpp"

namespace fleet_provision {
namespace {

/// RSA with 16384 bits.
constexpr std::size_t kSignatureBytesMax = 2048;

/// The result of one operation: the signature, or the code of the call that failed.
struct Signed {
  CK_RV code = CKR_OK;
  const char* function = "";
  std::string signature;
  /// The error of a login between C_SignInit and C_Sign.
  std::optional<Error> login_failed;
};

Signed sign_once(Pkcs11Token& token, const Pkcs11SigningKey& key, CK_MECHANISM mechanism, std::string data) {
  const Pkcs11Module& module = token.module();
  Signed result;
  result.function = "C_SignInit";
  result.code = module.call("C_SignInit", &CK_FUNCTION_LIST::C_SignInit, token.session(), &mechanism, key.handle);
  if (result.code != CKR_OK) return result;
  if (key.always_authenticate) {
    if (auto done = token.log_in_for_signature(); !done) {
      result.login_failed = std::move(done).error();
      return result;
    }
  }
  result.function = "C_Sign";
  result.signature.resize(kSignatureBytesMax);
  CK_ULONG size = result.signature.size();
  result.code =
      module.call("C_Sign", &CK_FUNCTION_LIST::C_Sign, token.session(), reinterpret_cast<CK_BYTE*>(data.data()),
                  CK_ULONG{data.size()}, reinterpret_cast<CK_BYTE*>(result.signature.data()), &size);
  result.signature.resize(result.code == CKR_OK ? std::min<std::size_t>(size, kSignatureBytesMax) : 0);
  return result;
}

Result<std::string> bytes_of(const Pkcs11Token& token, Signed result) {
  if (result.login_failed) return fail(std::move(*result.login_failed));
  if (result.code != CKR_OK) return token.failed(result.function, result.code);
  return std::move(result.signature);
}

/// Two numbers of the curve's size (PKCS #11 v2.40 section 2.3.1) as DER of ECDSA-Sig-Value.
Result<std::string> ecdsa_der(const Pkcs11Token& token, const std::string& raw, std::size_t bits) {
  const CleanErrorQueue clean;
  const std::size_t half = (bits + 7) / 8;
  const auto number = [&raw, half](std::size_t at) {
    return BN_bin2bn(reinterpret_cast<const unsigned char*>(raw.data() + at), static_cast<int>(half), nullptr);
  };
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(ECDSA_SIG_new(), ECDSA_SIG_free);
  if (raw.size() != 2 * half || !signature) {
    return fail(ErrorKind::kKeyDeviceFailed,
                token.name() + ": C_Sign returned " + std::to_string(raw.size()) + " bytes instead of " +
                    std::to_string(2 * half),
                "update the PKCS#11 module");
  }
  // The signature takes both numbers over.
  if (ECDSA_SIG_set0(signature.get(), number(0), number(half)) != 1) {
    return fail(ErrorKind::kInternal, "out of memory for a signature");
  }
  std::string der(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)), '\0');
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(signature.get(), &to);
  return der;
}

CK_RSA_PKCS_PSS_PARAMS pss_parameters(HashAlgorithm hash) {
  const CK_ULONG salt = size_of(hash);
  switch (hash) {
    case HashAlgorithm::kSha256: return {CKM_SHA256, CKG_MGF1_SHA256, salt};
    case HashAlgorithm::kSha384: return {CKM_SHA384, CKG_MGF1_SHA384, salt};
    case HashAlgorithm::kSha512: return {CKM_SHA512, CKG_MGF1_SHA512, salt};
  }
  return {};
}

bool has_mechanism(const Pkcs11Token& token, CK_MECHANISM_TYPE type) {
  CK_MECHANISM_INFO info{};
  const CK_RV code =
      token.module().call("C_GetMechanismInfo", &CK_FUNCTION_LIST::C_GetMechanismInfo, token.slot(), type, &info);
  return code == CKR_OK && (info.flags & CKF_SIGN) != 0;
}

bool is_unsupported(const Signed& result) {
  return result.code == CKR_MECHANISM_INVALID || result.code == CKR_MECHANISM_PARAM_INVALID ||
         result.code == CKR_FUNCTION_NOT_SUPPORTED;
}

Result<std::string> sign_pss(Pkcs11Token& token, const Pkcs11SigningKey& key, const SignatureRequest& request) {
  CK_RV refusal = CKR_MECHANISM_INVALID;
  if (has_mechanism(token, CKM_RSA_PKCS_PSS)) {
    CK_RSA_PKCS_PSS_PARAMS parameters = pss_parameters(request.hash);
    Signed result = sign_once(token, key, {CKM_RSA_PKCS_PSS, &parameters, sizeof parameters},
                              std::string(request.digest.begin(), request.digest.end()));
    if (!is_unsupported(result)) return bytes_of(token, std::move(result));
    refusal = result.code;
  }
  if (has_mechanism(token, CKM_RSA_X_509)) {
    FP_TRY_ASSIGN(std::string encoded, emsa_pss(request.hash, request.digest, key.bits));
    Signed result = sign_once(token, key, {CKM_RSA_X_509, nullptr, 0}, std::move(encoded));
    if (!is_unsupported(result)) return bytes_of(token, std::move(result));
    refusal = result.code;
  }
  return fail(ErrorKind::kKeyUnsuitable,
              token.name() + " makes no RSA-PSS signatures, which TLS 1.3 requires of RSA keys (CKM_RSA_PKCS_PSS, " +
                  "CKM_RSA_X_509: " + pkcs11_code_text(refusal) + ")",
              "use an EC key in this token, or a token with CKM_RSA_PKCS_PSS");
}

}  // namespace

Result<std::string> sign_in_token(Pkcs11Token& token, const Pkcs11SigningKey& key, const SignatureRequest& request) {
  if (key.is_rsa == (request.scheme == SignatureScheme::kEcdsa)) {
    return fail(ErrorKind::kInternal, "a signature of the wrong type was asked of " + token.name());
  }
  switch (request.scheme) {
    case SignatureScheme::kEcdsa: {
      // FIPS 186-4 section 6.4: the leftmost bits of a digest that is longer than the curve's order.
      const std::size_t size = std::min(request.digest.size(), (key.bits + 7) / 8);
      std::string digest(request.digest.begin(), request.digest.begin() + static_cast<std::ptrdiff_t>(size));
      FP_TRY_ASSIGN(const std::string raw,
                    bytes_of(token, sign_once(token, key, {CKM_ECDSA, nullptr, 0}, std::move(digest))));
      return ecdsa_der(token, raw, key.bits);
    }
    case SignatureScheme::kRsaPkcs1:
      return bytes_of(token,
                      sign_once(token, key, {CKM_RSA_PKCS, nullptr, 0}, digest_info(request.hash, request.digest)));
    case SignatureScheme::kRsaPss: return sign_pss(token, key, request);
  }
  return fail(ErrorKind::kInternal, "an unknown signature scheme");
}

}  // namespace fleet_provision

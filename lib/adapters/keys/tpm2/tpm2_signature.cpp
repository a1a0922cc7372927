// Signatures of TPM keys: TPM2_Sign, and TPM2_RSA_Decrypt for RSASSA-PSS.
#include <algorithm>

#include "adapters/keys/device/der.hpp"
#include "adapters/keys/device/rsa_padding.hpp"
#include "adapters/keys/tpm2/tpm2_keys.hpp"

namespace fleet_provision {
namespace {

TPMI_ALG_HASH tpm_hash(HashAlgorithm hash) {
  switch (hash) {
    case HashAlgorithm::kSha256: return TPM2_ALG_SHA256;
    case HashAlgorithm::kSha384: return TPM2_ALG_SHA384;
    case HashAlgorithm::kSha512: return TPM2_ALG_SHA512;
  }
  return TPM2_ALG_NULL;
}

template <class Sized>
std::string text_of_buffer(const Sized& structure) {
  return {reinterpret_cast<const char*>(structure.buffer), structure.size};
}

/// A signature that is shorter than the modulus gets its leading zeros back.
std::string as_long_as(std::size_t size, const std::string& number) {
  return std::string(size - std::min(size, number.size()), '\0') + number;
}

std::string signature_text(const TPMT_SIGNATURE& made, const TpmPublicArea& area) {
  if (made.sigAlg == TPM2_ALG_ECDSA) {
    return der::element(der::kSequence, der::unsigned_integer(text_of_buffer(made.signature.ecdsa.signatureR)) +
                                            der::unsigned_integer(text_of_buffer(made.signature.ecdsa.signatureS)));
  }
  const TPM2B_PUBLIC_KEY_RSA& number =
      made.sigAlg == TPM2_ALG_RSAPSS ? made.signature.rsapss.sig : made.signature.rsassa.sig;
  return as_long_as(area.modulus.size(), text_of_buffer(number));
}

/// What TPM2_Sign is asked for.
struct Wanted {
  TPMT_SIG_SCHEME scheme{};
  TPM2B_DIGEST digest{};
};

Wanted wanted_of(const SignatureRequest& request, const TpmPublicArea& area) {
  Wanted wanted;
  HashAlgorithm hash = request.hash;
  std::size_t size = request.digest.size();
  // ECDSA uses only as many bits of the digest as the curve has, and not every TPM has the longer hashes.
  const std::size_t curve_bytes = area.curve == TPM2_ECC_NIST_P256 ? 32 : 48;
  if (request.scheme == SignatureScheme::kEcdsa && area.scheme == TPM2_ALG_NULL && size > curve_bytes) {
    size = curve_bytes;
    hash = size == 32 ? HashAlgorithm::kSha256 : HashAlgorithm::kSha384;
  }
  wanted.digest.size = static_cast<UINT16>(std::min(size, sizeof wanted.digest.buffer));
  std::copy_n(request.digest.begin(), wanted.digest.size, wanted.digest.buffer);
  wanted.scheme.scheme = request.scheme == SignatureScheme::kEcdsa    ? TPM2_ALG_ECDSA
                         : request.scheme == SignatureScheme::kRsaPss ? TPM2_ALG_RSAPSS
                                                                      : TPM2_ALG_RSASSA;
  wanted.scheme.details.any.hashAlg = tpm_hash(hash);
  return wanted;
}

TSS2_RC sign_digest(TpmConnection& tpm, ESYS_TR key, const TpmPublicArea& area, const SignatureRequest& request,
                    std::string& signature) {
  const Wanted wanted = wanted_of(request, area);
  TPMT_TK_HASHCHECK no_ticket{};
  no_ticket.tag = TPM2_ST_HASHCHECK;
  no_ticket.hierarchy = TPM2_RH_NULL;
  TPMT_SIGNATURE* made = nullptr;
  const TSS2_RC code = tpm.library().sign(tpm.esys(), key, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &wanted.digest,
                                          &wanted.scheme, &no_ticket, &made);
  if (code != TSS2_RC_SUCCESS) return code;
  signature = signature_text(*tpm.own(made), area);
  return code;
}

TSS2_RC sign_padded(TpmConnection& tpm, ESYS_TR key, const TpmPublicArea& area, const std::string& padded,
                    std::string& signature) {
  TPM2B_PUBLIC_KEY_RSA input{};
  input.size = static_cast<UINT16>(std::min(padded.size(), sizeof input.buffer));
  std::copy_n(padded.begin(), input.size, input.buffer);
  TPMT_RSA_DECRYPT plain{};
  plain.scheme = TPM2_ALG_NULL;
  const TPM2B_DATA label{};
  TPM2B_PUBLIC_KEY_RSA* output = nullptr;
  const TSS2_RC code = tpm.library().rsa_decrypt(tpm.esys(), key, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &input,
                                                 &plain, &label, &output);
  if (code != TSS2_RC_SUCCESS) return code;
  signature = as_long_as(area.modulus.size(), text_of_buffer(*tpm.own(output)));
  return code;
}

}  // namespace

TSS2_RC sign_with(TpmConnection& tpm, ESYS_TR key, const TpmPublicArea& area, const SignatureRequest& request,
                  const Secret& pin, std::string& signature) {
  TPM2B_AUTH value{};
  value.size = static_cast<UINT16>(std::min(pin.size(), sizeof value.buffer));
  std::copy_n(pin.reveal().begin(), value.size, value.buffer);
  TSS2_RC code = tpm.library().tr_set_auth(tpm.esys(), key, &value);
  wipe(&value, sizeof value);
  if (code != TSS2_RC_SUCCESS) return code;
  if (request.scheme == SignatureScheme::kRsaPss && area.may_decrypt() && area.scheme == TPM2_ALG_NULL) {
    const auto padded = emsa_pss(request.hash, request.digest, area.bits);
    if (!padded) return TSS2_ESYS_RC_BAD_VALUE;
    return sign_padded(tpm, key, area, *padded, signature);
  }
  return sign_digest(tpm, key, area, request, signature);
}

}  // namespace fleet_provision

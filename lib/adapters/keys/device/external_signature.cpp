// The signature functions of the provider: they hash in software, and the device signs the hash.
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/keys/device/external_provider.hpp"
#include "adapters/system/resources.hpp"

namespace fleet_provision {
namespace {

struct HashRow {
  HashAlgorithm algorithm;
  const EVP_MD* (*implementation)();
  int nid;
  /// OpenSSL's names; a TLS session uses the second.
  std::array<std::string_view, 3> names;
};

constexpr auto kHashes = std::to_array<HashRow>({
    {HashAlgorithm::kSha256, EVP_sha256, NID_sha256, {"SHA256", "SHA2-256", "SHA-256"}},
    {HashAlgorithm::kSha384, EVP_sha384, NID_sha384, {"SHA384", "SHA2-384", "SHA-384"}},
    {HashAlgorithm::kSha512, EVP_sha512, NID_sha512, {"SHA512", "SHA2-512", "SHA-512"}},
});

struct SignatureContext {
  bool is_rsa = false;
  SignatureScheme scheme = SignatureScheme::kEcdsa;
  const HashRow* hash = kHashes.data();
  OpensslHandle<EVP_MD_CTX> hashing;
  std::shared_ptr<ExternalSigner> signer;
  std::shared_ptr<SignatureFailure> failure;
  std::size_t size_max = 0;
};

SignatureContext& context_of(void* context) {
  return *static_cast<SignatureContext*>(context);
}

template <bool kIsRsa>
void* new_context(void* /*provider*/, const char* /*properties*/) {
  auto* context = new (std::nothrow) SignatureContext;
  if (context == nullptr) return nullptr;
  context->is_rsa = kIsRsa;
  context->scheme = kIsRsa ? SignatureScheme::kRsaPkcs1 : SignatureScheme::kEcdsa;
  return context;
}

void free_context(void* context) {
  delete static_cast<SignatureContext*>(context);
}

/// EVP_DigestSignFinal works on a copy, so that the caller may go on with the original.
void* copy_context(void* context) {
  const SignatureContext& source = context_of(context);
  auto copy = std::unique_ptr<SignatureContext>(new (std::nothrow) SignatureContext);
  if (!copy) return nullptr;
  copy->is_rsa = source.is_rsa;
  copy->scheme = source.scheme;
  copy->hash = source.hash;
  copy->signer = source.signer;
  copy->failure = source.failure;
  copy->size_max = source.size_max;
  if (source.hashing) {
    copy->hashing.reset(EVP_MD_CTX_new());
    if (!copy->hashing || EVP_MD_CTX_copy_ex(copy->hashing.get(), source.hashing.get()) != 1) return nullptr;
  }
  return copy.release();
}

bool equals_ignoring_case(std::string_view one, std::string_view other) {
  if (one.size() != other.size()) return false;
  for (std::size_t i = 0; i < one.size(); ++i) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    if (lower(one[i]) != lower(other[i])) return false;
  }
  return true;
}

const HashRow* find_hash(std::string_view name) {
  for (const HashRow& row : kHashes) {
    for (const std::string_view each : row.names) {
      if (equals_ignoring_case(each, name)) return &row;
    }
  }
  return nullptr;
}

/// The text of a parameter, or nothing if it is none.
std::optional<std::string_view> text_in(const OSSL_PARAM& parameter) {
  if (parameter.data_type != OSSL_PARAM_UTF8_STRING || parameter.data == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(parameter.data), parameter.data_size);
}

bool set_hash(SignatureContext& context, const OSSL_PARAM& parameter) {
  const auto name = text_in(parameter);
  return name && find_hash(*name) == context.hash;
}

bool set_padding(SignatureContext& context, const OSSL_PARAM& parameter) {
  if (!context.is_rsa) return false;
  int mode = 0;
  if (const auto name = text_in(parameter)) {
    if (*name == OSSL_PKEY_RSA_PAD_MODE_PKCSV15) mode = RSA_PKCS1_PADDING;
    if (*name == OSSL_PKEY_RSA_PAD_MODE_PSS) mode = RSA_PKCS1_PSS_PADDING;
  } else if (OSSL_PARAM_get_int(&parameter, &mode) != 1) {
    return false;
  }
  if (mode != RSA_PKCS1_PADDING && mode != RSA_PKCS1_PSS_PADDING) return false;
  context.scheme = mode == RSA_PKCS1_PADDING ? SignatureScheme::kRsaPkcs1 : SignatureScheme::kRsaPss;
  return true;
}

/// The salt is as long as the hash; no other length is supported.
bool set_salt_length(const SignatureContext& context, const OSSL_PARAM& parameter) {
  const int size = EVP_MD_get_size(context.hash->implementation());
  if (const auto text = text_in(parameter)) {
    return *text == OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST || *text == std::to_string(size);
  }
  int length = 0;
  return OSSL_PARAM_get_int(&parameter, &length) == 1 && (length == RSA_PSS_SALTLEN_DIGEST || length == size);
}

int set_parameters(void* context_pointer, const OSSL_PARAM parameters[]) {
  SignatureContext& context = context_of(context_pointer);
  if (parameters == nullptr) return 1;
  // The order does not depend on that of the caller: the salt length is meant for PSS.
  const OSSL_PARAM* padding = OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_PAD_MODE);
  if (padding != nullptr && !set_padding(context, *padding)) return 0;
  const OSSL_PARAM* hash = OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_DIGEST);
  if (hash != nullptr && !set_hash(context, *hash)) return 0;
  const OSSL_PARAM* hash_of_mask = OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
  if (hash_of_mask != nullptr && !set_hash(context, *hash_of_mask)) return 0;
  const OSSL_PARAM* salt = OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
  return salt == nullptr || set_salt_length(context, *salt) ? 1 : 0;
}

const OSSL_PARAM* settable_parameters(void* context, void* /*provider*/) {
  static const auto rsa = std::to_array<OSSL_PARAM>({
      OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, nullptr, 0),
      OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, nullptr, 0),
      OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, nullptr, 0),
      OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, nullptr, 0),
      OSSL_PARAM_END,
  });
  static const auto ec = std::to_array<OSSL_PARAM>({
      OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, nullptr, 0),
      OSSL_PARAM_END,
  });
  return context != nullptr && context_of(context).is_rsa ? rsa.data() : ec.data();
}

/// The AlgorithmIdentifier of a certificate request: RFC 5758 section 3.2, RFC 4055 section 5. None for PSS.
bool get_algorithm(const SignatureContext& context, OSSL_PARAM& parameter) {
  if (context.scheme == SignatureScheme::kRsaPss) return false;
  int nid = NID_undef;
  const int key = context.is_rsa ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey;
  const std::unique_ptr<X509_ALGOR, decltype(&X509_ALGOR_free)> algorithm(X509_ALGOR_new(), &X509_ALGOR_free);
  if (!algorithm || OBJ_find_sigid_by_algs(&nid, context.hash->nid, key) != 1 ||
      X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(nid), context.is_rsa ? V_ASN1_NULL : V_ASN1_UNDEF, nullptr) != 1) {
    return false;
  }
  unsigned char* der = nullptr;
  const int size = i2d_X509_ALGOR(algorithm.get(), &der);
  if (size <= 0) return false;
  const bool is_set = OSSL_PARAM_set_octet_string(&parameter, der, static_cast<std::size_t>(size)) == 1;
  OPENSSL_free(der);
  return is_set;
}

bool get_padding(const SignatureContext& context, OSSL_PARAM& parameter) {
  const bool is_pss = context.scheme == SignatureScheme::kRsaPss;
  if (parameter.data_type == OSSL_PARAM_UTF8_STRING) {
    return OSSL_PARAM_set_utf8_string(&parameter,
                                      is_pss ? OSSL_PKEY_RSA_PAD_MODE_PSS : OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 1;
  }
  return OSSL_PARAM_set_int(&parameter, is_pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1;
}

bool get_salt_length(OSSL_PARAM& parameter) {
  if (parameter.data_type == OSSL_PARAM_UTF8_STRING) {
    return OSSL_PARAM_set_utf8_string(&parameter, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) == 1;
  }
  return OSSL_PARAM_set_int(&parameter, RSA_PSS_SALTLEN_DIGEST) == 1;
}

int get_parameters(void* context_pointer, OSSL_PARAM parameters[]) {
  const SignatureContext& context = context_of(context_pointer);
  OSSL_PARAM* algorithm = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
  if (algorithm != nullptr && !get_algorithm(context, *algorithm)) return 0;
  OSSL_PARAM* hash = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_DIGEST);
  if (hash != nullptr && OSSL_PARAM_set_utf8_string(hash, context.hash->names.front().data()) != 1) return 0;
  if (!context.is_rsa) return 1;
  OSSL_PARAM* padding = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_PAD_MODE);
  if (padding != nullptr && !get_padding(context, *padding)) return 0;
  OSSL_PARAM* salt = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
  return salt == nullptr || get_salt_length(*salt) ? 1 : 0;
}

const OSSL_PARAM* gettable_parameters(void* /*context*/, void* /*provider*/) {
  static const auto offered = std::to_array<OSSL_PARAM>({
      OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, nullptr, 0),
      OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, nullptr, 0),
      OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, nullptr, 0),
      OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, nullptr, 0),
      OSSL_PARAM_END,
  });
  return offered.data();
}

/// Fails for any other hash than SHA-256, SHA-384 and SHA-512. libssl calls this function to learn which signature
/// algorithms of the server the key supports.
int begin_signature(void* context_pointer, const char* hash_name, void* key_pointer, const OSSL_PARAM parameters[]) {
  SignatureContext& context = context_of(context_pointer);
  if (key_pointer != nullptr) {
    const auto& key = *static_cast<const ExternalKeyData*>(key_pointer);
    if (!key.public_half || !key.signer) return 0;
    context.signer = key.signer;
    context.failure = key.failure;
    context.size_max = static_cast<std::size_t>(EVP_PKEY_get_size(key.public_half.get()));
  }
  if (!context.signer) return 0;
  if (hash_name != nullptr && *hash_name != '\0') {
    context.hash = find_hash(hash_name);
    if (context.hash == nullptr) {
      context.hash = kHashes.data();
      return 0;
    }
  }
  context.hashing.reset(EVP_MD_CTX_new());
  if (!context.hashing || EVP_DigestInit_ex(context.hashing.get(), context.hash->implementation(), nullptr) != 1) {
    return 0;
  }
  return set_parameters(context_pointer, parameters);
}

int update_signature(void* context, const unsigned char* bytes, std::size_t size) {
  EVP_MD_CTX* hashing = context_of(context).hashing.get();
  return hashing != nullptr && EVP_DigestUpdate(hashing, bytes, size) == 1 ? 1 : 0;
}

Result<std::string> sign_in_device(const SignatureContext& context, std::span<const unsigned char> digest) {
  try {
    return context.signer->sign({context.scheme, context.hash->algorithm, digest});
  } catch (...) {
    return fail(error_of_exception("the key device failed"));
  }
}

int finish_signature(void* context_pointer, unsigned char* signature, std::size_t* size, std::size_t capacity) {
  const SignatureContext& context = context_of(context_pointer);
  if (signature == nullptr) {
    *size = context.size_max;
    return 1;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned digest_size = 0;
  if (!context.hashing || EVP_DigestFinal_ex(context.hashing.get(), digest.data(), &digest_size) != 1) return 0;
  // An error of an earlier signature that nobody asked for is not the cause of a later failure.
  static_cast<void>(context.failure->take());
  auto made = sign_in_device(context, std::span(digest).first(digest_size));
  if (!made) {
    context.failure->set(std::move(made).error());
    return 0;
  }
  if (made->size() > capacity) {
    Error error;
    error.kind = ErrorKind::kKeyDeviceFailed;
    error.message = "the key device made a signature of " + std::to_string(made->size()) +
                    " bytes; the key has at most " + std::to_string(context.size_max);
    context.failure->set(std::move(error));
    return 0;
  }
  std::copy(made->begin(), made->end(), signature);
  *size = made->size();
  return 1;
}

int sign_at_once(void* context, unsigned char* signature, std::size_t* size, std::size_t capacity,
                 const unsigned char* bytes, std::size_t count) {
  if (signature != nullptr && update_signature(context, bytes, count) != 1) return 0;
  return finish_signature(context, signature, size, capacity);
}

template <class Function>
OSSL_DISPATCH signature_entry(int id, Function* function) {
  return {id, reinterpret_cast<void (*)()>(function)};
}

template <bool kIsRsa>
const OSSL_DISPATCH* functions_for() {
  static const auto functions = std::to_array<OSSL_DISPATCH>({
      signature_entry<OSSL_FUNC_signature_newctx_fn>(OSSL_FUNC_SIGNATURE_NEWCTX, new_context<kIsRsa>),
      signature_entry<OSSL_FUNC_signature_freectx_fn>(OSSL_FUNC_SIGNATURE_FREECTX, free_context),
      signature_entry<OSSL_FUNC_signature_dupctx_fn>(OSSL_FUNC_SIGNATURE_DUPCTX, copy_context),
      signature_entry<OSSL_FUNC_signature_digest_sign_init_fn>(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, begin_signature),
      signature_entry<OSSL_FUNC_signature_digest_sign_update_fn>(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE,
                                                                 update_signature),
      signature_entry<OSSL_FUNC_signature_digest_sign_final_fn>(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL,
                                                                finish_signature),
      signature_entry<OSSL_FUNC_signature_digest_sign_fn>(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, sign_at_once),
      signature_entry<OSSL_FUNC_signature_get_ctx_params_fn>(OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, get_parameters),
      signature_entry<OSSL_FUNC_signature_gettable_ctx_params_fn>(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS,
                                                                  gettable_parameters),
      signature_entry<OSSL_FUNC_signature_set_ctx_params_fn>(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, set_parameters),
      signature_entry<OSSL_FUNC_signature_settable_ctx_params_fn>(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS,
                                                                  settable_parameters),
      {0, nullptr},
  });
  return functions.data();
}

}  // namespace

const ossl_dispatch_st* external_signature_functions(bool is_rsa) {
  return is_rsa ? functions_for<true>() : functions_for<false>();
}

}  // namespace fleet_provision

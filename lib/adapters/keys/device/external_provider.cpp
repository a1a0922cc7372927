#include "adapters/keys/device/external_provider.hpp"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace fleet_provision {
namespace {

constexpr const char* kProviderName = "fleet-provision-device";
constexpr const char* kProviderProperty = "provider=fleet-provision-device";

template <class Function>
OSSL_DISPATCH entry(int id, Function* function) {
  return {id, reinterpret_cast<void (*)()>(function)};
}

ExternalKeyData& data_of(void* key) {
  return *static_cast<ExternalKeyData*>(key);
}
const ExternalKeyData& data_of(const void* key) {
  return *static_cast<const ExternalKeyData*>(key);
}

// Key management (provider-keymgmt(7)). No function lets an exception pass into OpenSSL, which is C.

template <bool kIsRsa>
void* new_key(void* /*provider*/) {
  auto* key = new (std::nothrow) ExternalKeyData;
  if (key != nullptr) key->is_rsa = kIsRsa;
  return key;
}

void free_key(void* key) {
  delete static_cast<ExternalKeyData*>(key);
}

int has(const void* key, int selection) {
  const ExternalKeyData& data = data_of(key);
  if (!data.public_half) return 0;
  return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || data.signer ? 1 : 0;
}

/// Keys with the same public half are equal; private halves are never seen.
int match(const void* one, const void* other, int /*selection*/) {
  const EVP_PKEY* first = data_of(one).public_half.get();
  const EVP_PKEY* second = data_of(other).public_half.get();
  return first != nullptr && second != nullptr && EVP_PKEY_eq(first, second) == 1 ? 1 : 0;
}

/// Takes over the key of make_external_key, or the public half of a key of another provider.
int import_key(void* key, int selection, const OSSL_PARAM parameters[]) {
  ExternalKeyData& data = data_of(key);
  if (const OSSL_PARAM* given = OSSL_PARAM_locate_const(parameters, kExternalKeyParameter)) {
    void* source = nullptr;
    if (given->data_type != OSSL_PARAM_OCTET_STRING || given->data_size != sizeof source) return 0;
    std::memcpy(&source, given->data, sizeof source);
    data = std::move(*static_cast<ExternalKeyData*>(source));
    return 1;
  }
  if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0) return 0;
  const OpensslHandle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, data.is_rsa ? "RSA" : "EC", nullptr));
  EVP_PKEY* made = nullptr;
  // OpenSSL takes a pointer that is not const; it only reads the parameters.
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters)) != 1) {
    return 0;
  }
  data.public_half.reset(made);
  return 1;
}

int export_key(void* key, int selection, OSSL_CALLBACK* receive, void* argument) {
  const ExternalKeyData& data = data_of(key);
  if (!data.public_half || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0) return 0;
  return EVP_PKEY_export(data.public_half.get(), selection, receive, argument);
}

/// What OpenSSL asks to learn which parameters an import or export has; it does not restrict them.
const OSSL_PARAM* exchanged_types(int /*selection*/) {
  static const auto types = std::to_array<OSSL_PARAM>({
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, nullptr, 0),
      OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0),
      OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, nullptr, 0),
      OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, nullptr, 0),
      OSSL_PARAM_octet_string(kExternalKeyParameter, nullptr, 0),
      OSSL_PARAM_END,
  });
  return types.data();
}

int get_params(void* key, OSSL_PARAM parameters[]) {
  const ExternalKeyData& data = data_of(key);
  return data.public_half && EVP_PKEY_get_params(data.public_half.get(), parameters) == 1 ? 1 : 0;
}

template <bool kIsRsa>
const OSSL_PARAM* gettable_params(void* /*provider*/) {
  static const auto common = std::to_array<OSSL_PARAM>({
      OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, nullptr),
      OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, nullptr),
      OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, nullptr),
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, nullptr, 0),
      OSSL_PARAM_END,
      OSSL_PARAM_END,
  });
  static const auto rsa = std::to_array<OSSL_PARAM>({
      common[0],
      common[1],
      common[2],
      common[3],
      OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, nullptr, 0),
      OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, nullptr, 0),
      OSSL_PARAM_END,
  });
  static const auto ec = std::to_array<OSSL_PARAM>({
      common[0],
      common[1],
      common[2],
      common[3],
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, nullptr, 0),
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, nullptr, 0),
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, nullptr, 0),
      OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0),
      OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, nullptr, 0),
      OSSL_PARAM_END,
      OSSL_PARAM_END,
  });
  return kIsRsa ? rsa.data() : ec.data();
}

template <bool kIsRsa>
const char* operation_name(int operation) {
  if (operation != OSSL_OP_SIGNATURE) return nullptr;
  return kIsRsa ? "RSA" : "ECDSA";
}

template <bool kIsRsa>
const OSSL_DISPATCH* key_functions() {
  static const auto functions = std::to_array<OSSL_DISPATCH>({
      entry<OSSL_FUNC_keymgmt_new_fn>(OSSL_FUNC_KEYMGMT_NEW, new_key<kIsRsa>),
      entry<OSSL_FUNC_keymgmt_free_fn>(OSSL_FUNC_KEYMGMT_FREE, free_key),
      entry<OSSL_FUNC_keymgmt_has_fn>(OSSL_FUNC_KEYMGMT_HAS, has),
      entry<OSSL_FUNC_keymgmt_match_fn>(OSSL_FUNC_KEYMGMT_MATCH, match),
      entry<OSSL_FUNC_keymgmt_import_fn>(OSSL_FUNC_KEYMGMT_IMPORT, import_key),
      entry<OSSL_FUNC_keymgmt_import_types_fn>(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, exchanged_types),
      entry<OSSL_FUNC_keymgmt_export_fn>(OSSL_FUNC_KEYMGMT_EXPORT, export_key),
      entry<OSSL_FUNC_keymgmt_export_types_fn>(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, exchanged_types),
      entry<OSSL_FUNC_keymgmt_get_params_fn>(OSSL_FUNC_KEYMGMT_GET_PARAMS, get_params),
      entry<OSSL_FUNC_keymgmt_gettable_params_fn>(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, gettable_params<kIsRsa>),
      entry<OSSL_FUNC_keymgmt_query_operation_name_fn>(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, operation_name<kIsRsa>),
      {0, nullptr},
  });
  return functions.data();
}

/// The algorithms by operation. libssl finds the type of a key by the names and OIDs of OpenSSL's own provider.
const OSSL_ALGORITHM* query(void* /*provider*/, int operation, int* no_store) {
  static const auto keys = std::to_array<OSSL_ALGORITHM>({
      {"EC:id-ecPublicKey:1.2.840.10045.2.1", kProviderProperty, key_functions<false>(), "EC key in a device"},
      {"RSA:rsaEncryption:1.2.840.113549.1.1.1", kProviderProperty, key_functions<true>(), "RSA key in a device"},
      {nullptr, nullptr, nullptr, nullptr},
  });
  static const auto signatures = std::to_array<OSSL_ALGORITHM>({
      {"ECDSA", kProviderProperty, external_signature_functions(false), "ECDSA in a device"},
      {"RSA:rsaEncryption:1.2.840.113549.1.1.1", kProviderProperty, external_signature_functions(true),
       "RSA in a device"},
      {nullptr, nullptr, nullptr, nullptr},
  });
  *no_store = 0;
  if (operation == OSSL_OP_KEYMGMT) return keys.data();
  return operation == OSSL_OP_SIGNATURE ? signatures.data() : nullptr;
}

int start(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* /*core*/, const OSSL_DISPATCH** functions,
          void** provider) {
  static const auto offered = std::to_array<OSSL_DISPATCH>({
      entry<OSSL_FUNC_provider_query_operation_fn>(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
      {0, nullptr},
  });
  *functions = offered.data();
  // The functions need no context of the provider; OpenSSL wants one that is not null.
  *provider = const_cast<OSSL_CORE_HANDLE*>(handle);
  return 1;
}

OSSL_LIB_CTX* make_library() {
  OSSL_LIB_CTX* library = OSSL_LIB_CTX_new();
  if (library == nullptr) return nullptr;
  if (OSSL_PROVIDER_add_builtin(library, kProviderName, start) == 1 &&
      OSSL_PROVIDER_load(library, kProviderName) != nullptr) {
    return library;
  }
  OSSL_LIB_CTX_free(library);
  return nullptr;
}

}  // namespace

ossl_lib_ctx_st* external_library() {
  static OSSL_LIB_CTX* const library = make_library();
  return library;
}

}  // namespace fleet_provision

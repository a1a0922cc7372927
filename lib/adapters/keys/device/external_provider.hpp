// The OpenSSL provider (provider(7)) whose keys sign through an ExternalSigner; a part of external_key.cpp.
//
// Its library context holds no other provider, so that no algorithm of it can be chosen for a software key. OpenSSL
// takes the key with the signature functions of the same provider, because the export of the private half to any other
// provider is refused (provider-keymgmt(7), EVP_DigestSignInit(3)). Public halves are ordinary keys of the default
// context, and every question about a key is answered by its public half.
#pragma once

#include <memory>
#include <string_view>

#include "adapters/keys/device/external_key.hpp"

struct ossl_dispatch_st;
struct ossl_lib_ctx_st;

namespace fleet_provision {

/// The `keydata` of the provider: a public half alone, or one with its signer.
struct ExternalKeyData {
  bool is_rsa = false;
  OpensslHandle<evp_pkey_st> public_half;
  std::shared_ptr<ExternalSigner> signer;
  std::shared_ptr<SignatureFailure> failure;
};

/// The parameter of an import (EVP_PKEY_fromdata) that holds the address of the ExternalKeyData to take over.
inline constexpr const char* kExternalKeyParameter = "fleet-provision-key";

/// The context of the provider, made by the first call and never freed, because OpenSSL's objects may outlive every
/// object of ours; null if OpenSSL cannot make it.
[[nodiscard]] ossl_lib_ctx_st* external_library();

/// The signature functions (provider-signature(7)) for keys of one type.
[[nodiscard]] const ossl_dispatch_st* external_signature_functions(bool is_rsa);

}  // namespace fleet_provision

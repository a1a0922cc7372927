// The versions and ciphers that TLS may use. The system's OpenSSL configuration can restrict them but never extend
// them.
#pragma once

#include <string_view>

#include "adapters/keys/openssl_handles.hpp"
#include "core/error.hpp"
#include "core/result.hpp"

struct ossl_lib_ctx_st;

namespace fleet_provision {

/// A client context: TLS 1.2 and 1.3, the peer always verified against the roots that are put into it, no cipher
/// without authentication or encryption, no renegotiation. `library` may be null for OpenSSL's default context.
/// kTlsConfiguration if OpenSSL's configuration leaves no version or cipher.
[[nodiscard]] Result<OpensslHandle<ssl_ctx_st>> make_client_context(ossl_lib_ctx_st* library);

/// `reason` is OpenSSL's text. The message names the configuration file and OPENSSL_CONF.
[[nodiscard]] Error tls_configuration_error(std::string_view reason);

}  // namespace fleet_provision

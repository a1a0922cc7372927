#include "adapters/network/tls_policy.hpp"

#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <string>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// Below level 1 OpenSSL accepts keys and digests that can be broken (SSL_CTX_set_security_level).
constexpr int kSecurityLevelMin = 1;

/// The file that OPENSSL_CONF names, or OpenSSL's own.
std::string configuration_file() {
  char* path = CONF_get1_default_config_file();
  std::string name = path == nullptr ? "openssl.cnf" : path;
  OPENSSL_free(path);
  return printable(name);
}

bool is_acceptable(const SSL_CIPHER* cipher) {
  return SSL_CIPHER_get_auth_nid(cipher) != NID_auth_null && SSL_CIPHER_get_cipher_nid(cipher) != NID_undef;
}

bool is_for(const SSL_CIPHER* cipher, int version) {
  const bool tls13 = SSL_CIPHER_get_auth_nid(cipher) == NID_auth_any;
  return tls13 == (version == TLS1_3_VERSION);
}

/// The ciphers that the configuration allows, without those that do not authenticate or encrypt.
bool narrow_ciphers(SSL_CTX* context) {
  std::string names;
  bool all_acceptable = true;
  const STACK_OF(SSL_CIPHER)* all = SSL_CTX_get_ciphers(context);
  for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
    const SSL_CIPHER* each = sk_SSL_CIPHER_value(all, i);
    if (!is_for(each, TLS1_2_VERSION)) continue;
    all_acceptable = all_acceptable && is_acceptable(each);
    if (!is_acceptable(each)) continue;
    names += (names.empty() ? "" : ":") + std::string(SSL_CIPHER_get_name(each));
  }
  // No cipher is left for TLS 1.2. OpenSSL rejects an empty list, and TLS 1.3 has its own list.
  if (names.empty()) {
    SSL_CTX_set_options(context, SSL_OP_NO_TLSv1_2);
    return true;
  }
  // As in OpenSSL's own configuration. Setting a list takes OpenSSL a fortieth of a run.
  if (all_acceptable) return true;
  return SSL_CTX_set_cipher_list(context, names.c_str()) == 1;
}

bool may_use(const SSL_CTX* context, int version, std::uint64_t switched_off) {
  if ((SSL_CTX_get_options(context) & switched_off) != 0) return false;
  const STACK_OF(SSL_CIPHER)* all = SSL_CTX_get_ciphers(context);
  for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
    const SSL_CIPHER* each = sk_SSL_CIPHER_value(all, i);
    if (is_acceptable(each) && is_for(each, version)) return true;
  }
  return false;
}

/// Restricts the versions that the configuration allows to TLS 1.2 and 1.3; false when none is left.
bool narrow_versions(SSL_CTX* context) {
  const long lowest = SSL_CTX_get_min_proto_version(context);
  const long highest = SSL_CTX_get_max_proto_version(context);
  if (highest != 0 && highest < TLS1_2_VERSION) return false;
  const int at_least = static_cast<int>(std::max<long>(lowest, TLS1_2_VERSION));
  if (SSL_CTX_set_min_proto_version(context, at_least) != 1) return false;
  const bool tls12 = lowest <= TLS1_2_VERSION && may_use(context, TLS1_2_VERSION, SSL_OP_NO_TLSv1_2);
  const bool tls13 = (highest == 0 || highest >= TLS1_3_VERSION) && may_use(context, TLS1_3_VERSION, SSL_OP_NO_TLSv1_3);
  return tls12 || tls13;
}

}  // namespace

Error tls_configuration_error(std::string_view reason) {
  const bool fips = EVP_default_properties_is_fips_enabled(nullptr) == 1;
  Error error;
  error.kind = ErrorKind::kTlsConfiguration;
  error.message = "OpenSSL's configuration " + configuration_file() +
                  (fips ? " requires FIPS and leaves no usable TLS cipher: " : " leaves no usable TLS cipher: ") +
                  std::string(reason);
  error.hint = fips ? "install and activate OpenSSL's FIPS provider, or set OPENSSL_CONF to another configuration file"
                    : "correct the file, or set OPENSSL_CONF to another one";
  return error;
}

Result<OpensslHandle<SSL_CTX>> make_client_context(OSSL_LIB_CTX* library) {
  ERR_clear_error();
  OpensslHandle<SSL_CTX> context(SSL_CTX_new_ex(library, nullptr, TLS_client_method()));
  if (!context && ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE) {
    ERR_clear_error();
    return fail(ErrorKind::kOutOfResources, "no memory is left for TLS", "end other programs, then rerun");
  }
  if (!context) return fail(tls_configuration_error(openssl_reason()));
  // OpenSSL has applied its configuration file by now; the settings below override it.
  SSL_CTX_set_security_level(context.get(), std::max(SSL_CTX_get_security_level(context.get()), kSecurityLevelMin));
  const bool narrowed = narrow_ciphers(context.get());
  if (!narrowed || !narrow_versions(context.get())) {
    ERR_clear_error();
    return fail(tls_configuration_error("it allows neither TLS 1.2 nor TLS 1.3"));
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set0_verify_cert_store(context.get(), nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_clear_options(context.get(), SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

}  // namespace fleet_provision

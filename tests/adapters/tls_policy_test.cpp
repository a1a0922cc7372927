// What a TLS client of ours may use, whatever OpenSSL's configuration says.
#include "adapters/network/tls_policy.hpp"

#include <openssl/conf.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

/// What `describe` says of a client's context under these lines of OpenSSL's configuration, or why there is no context.
template <class Describe>
std::string under_configuration(const std::string& configured, Describe describe) {
  const TemporaryFile file("openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = one\n[one]\n" +
                           configured + "\n");
  // A process has one configuration.
  return in_child([&]() -> std::string {
    if (CONF_modules_load_file(file.path().c_str(), nullptr, 0) != 1) return "not loaded";
    const auto made = make_client_context(nullptr);
    return made ? describe(made->get()) : made.error().message;
  });
}

}  // namespace

TEST_CASE("a client verifies its server, and uses TLS 1.2 or 1.3 with ciphers that authenticate and encrypt") {
  const auto made = make_client_context(nullptr);
  REQUIRE(made);
  SSL_CTX* context = made->get();
  CHECK(SSL_CTX_get_verify_mode(context) == SSL_VERIFY_PEER);
  CHECK(SSL_CTX_get_min_proto_version(context) == TLS1_2_VERSION);
  CHECK(SSL_CTX_get_security_level(context) >= 1);
  CHECK(SSL_CTX_get_session_cache_mode(context) == SSL_SESS_CACHE_OFF);
  CHECK(SSL_CTX_get_read_ahead(context) == 1);
  CHECK((SSL_CTX_get_options(context) & (SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION)) ==
        0);
  for (const std::uint64_t option : {SSL_OP_NO_RENEGOTIATION, SSL_OP_NO_COMPRESSION}) {
    CHECK((SSL_CTX_get_options(context) & option) != 0);
  }
  for (const long mode : {SSL_MODE_ENABLE_PARTIAL_WRITE, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER}) {
    CHECK((SSL_CTX_get_mode(context) & mode) != 0);
  }
  bool tls12 = false;
  bool tls13 = false;
  const STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(context);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const SSL_CIPHER* each = sk_SSL_CIPHER_value(ciphers, i);
    INFO(SSL_CIPHER_get_name(each));
    CHECK(SSL_CIPHER_get_auth_nid(each) != NID_auth_null);
    CHECK(SSL_CIPHER_get_cipher_nid(each) != NID_undef);
    const bool newer = std::string(SSL_CIPHER_get_name(each)).starts_with("TLS_");
    (newer ? tls13 : tls12) = true;
  }
  CHECK(tls12);
  CHECK(tls13);
}

TEST_CASE("versions that a configuration allows are narrowed to TLS 1.2 and 1.3") {
  struct Row {
    std::string configured;
    /// The lowest and the highest version (0: no limit) of the context, or why there is none.
    std::string result;
  };
  const std::string v12 = std::to_string(TLS1_2_VERSION);
  const std::string v13 = std::to_string(TLS1_3_VERSION);
  const std::string none = "it allows neither TLS 1.2 nor TLS 1.3";
  for (const Row& row : {Row{"MinProtocol = TLSv1.2", v12 + " 0"}, Row{"MinProtocol = TLSv1.1", v12 + " 0"},
                         Row{"MinProtocol = TLSv1.3", v13 + " 0"}, Row{"MaxProtocol = TLSv1.2", v12 + " " + v12},
                         Row{"MaxProtocol = TLSv1.3", v12 + " " + v13},
                         Row{"MinProtocol = TLSv1.3\nMaxProtocol = TLSv1.3", v13 + " " + v13},
                         Row{"MinProtocol = TLSv1.2\nMaxProtocol = TLSv1.2", v12 + " " + v12},
                         Row{"MaxProtocol = TLSv1.1", none}, Row{"MinProtocol = TLSv1.3\nMaxProtocol = TLSv1.2", none},
                         Row{"Protocol = ALL,-TLSv1.3", v12 + " 0"}, Row{"Protocol = ALL,-TLSv1.2,-TLSv1.3", none}}) {
    INFO(row.configured);
    const std::string result = under_configuration(row.configured, [](SSL_CTX* context) {
      return std::to_string(SSL_CTX_get_min_proto_version(context)) + " " +
             std::to_string(SSL_CTX_get_max_proto_version(context));
    });
    CHECK_THAT(result, Catch::EndsWith(row.result));
  }
}

TEST_CASE("ciphers that a configuration allows are narrowed to those that authenticate and encrypt") {
  struct Row {
    const char* configured;
    /// For TLS 1.2.
    const char* result;
  };
  for (const Row& row :
       {Row{"CipherString = ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
        Row{"CipherString = eNULL:aNULL:ECDHE-RSA-AES128-GCM-SHA256@SECLEVEL=0", "ECDHE-RSA-AES128-GCM-SHA256"},
        Row{"CipherString = eNULL@SECLEVEL=0", "no TLS 1.2"}, Row{"CipherString = aNULL@SECLEVEL=0", "no TLS 1.2"}}) {
    INFO(row.configured);
    const std::string result = under_configuration(row.configured, [](SSL_CTX* context) -> std::string {
      if ((SSL_CTX_get_options(context) & SSL_OP_NO_TLSv1_2) != 0) return "no TLS 1.2";
      std::string names;
      const STACK_OF(SSL_CIPHER)* all = SSL_CTX_get_ciphers(context);
      for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
        const std::string name = SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, i));
        if (!name.starts_with("TLS_")) names += name;
      }
      return names;
    });
    CHECK(result == row.result);
  }
}

TEST_CASE("a configuration that leaves no cipher is named") {
  const Error error = tls_configuration_error("no ciphers");
  CHECK(error.kind == ErrorKind::kTlsConfiguration);
  CHECK(error.message.starts_with("OpenSSL's configuration /"));
  CHECK(error.message.ends_with(" leaves no usable TLS cipher: no ciphers"));
  CHECK(error.hint == "correct the file, or set OPENSSL_CONF to another one");
}

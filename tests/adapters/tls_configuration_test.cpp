// What a TLS client of ours keeps of OpenSSL's configuration file, and what it overrides.
#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <functional>
#include <string>

#include "adapters/network/tls_policy.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

/// `TLS 1.2` with its ciphers and `TLS 1.3`, as far as the context may use them.
std::string usable(SSL_CTX* context) {
  std::string older;
  bool newer = false;
  const STACK_OF(SSL_CIPHER)* all = SSL_CTX_get_ciphers(context);
  for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
    const std::string name = SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, i));
    if (name.starts_with("TLS_")) {
      newer = true;
    } else {
      older += " " + name;
    }
  }
  const bool off = (SSL_CTX_get_options(context) & SSL_OP_NO_TLSv1_2) != 0;
  return (off ? "" : "TLS 1.2:" + older + "; ") + (newer ? "TLS 1.3" : "");
}

/// What `show` says of a client context under this configuration, or why there is none; then what `at_end` says.
template <class Show>
std::string configured(
    const std::string& lines, Show show, const std::function<void()>& before = [] {},
    const std::function<std::string()>& at_end = [] { return std::string(); }) {
  const TemporaryFile file("openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = one\n[one]\n" + lines +
                           "\n");
  // A process has one configuration.
  return in_child([&]() -> std::string {
    if (CONF_modules_load_file(file.path().c_str(), nullptr, 0) != 1) return "not loaded";
    before();
    const auto made = make_client_context(nullptr);
    return (made ? show(made->get()) : made.error().message) + at_end();
  });
}

}  // namespace

TEST_CASE("ciphers that a configuration allows are kept, but those that do not authenticate or encrypt") {
  struct Row {
    std::string lines;
    std::string result;
  };
  const std::string good = "ECDHE-RSA-AES128-GCM-SHA256";
  const std::string other = "ECDHE-RSA-AES256-GCM-SHA384";
  const std::string none = "it allows neither TLS 1.2 nor TLS 1.3";
  const Row rows[] = {
      {"CipherString = " + good, "TLS 1.2: " + good + "; TLS 1.3"},
      {"CipherString = " + other + ":" + good, "TLS 1.2: " + other + " " + good + "; TLS 1.3"},
      {"CipherString = " + good + ":ADH-AES128-SHA256:" + other + "@SECLEVEL=0",
       "TLS 1.2: " + good + " " + other + "; TLS 1.3"},
      {"CipherString = NULL-SHA256:" + good + "@SECLEVEL=0", "TLS 1.2: " + good + "; TLS 1.3"},
      {"CipherString = ADH-AES128-SHA256@SECLEVEL=0", "TLS 1.3"},
      {"CipherString = NULL-SHA256@SECLEVEL=0", "TLS 1.3"},
      {"CipherString = ADH-AES128-SHA256@SECLEVEL=0\nMaxProtocol = TLSv1.2", none},
      {"CipherString = " + good + "\nCiphersuites =", "TLS 1.2: " + good + "; "},
      {"CipherString = " + good + "\nCiphersuites =\nMinProtocol = TLSv1.3", none},
      {"CipherString = ADH-AES128-SHA256@SECLEVEL=0\nCiphersuites =", none},
  };
  for (const Row& row : rows) {
    INFO(row.lines);
    CHECK_THAT(configured(row.lines, usable), Catch::EndsWith(row.result));
  }
}

TEST_CASE("a security level is kept unless it is 0") {
  for (const auto& [configured_level, level] : {std::pair(0, 1), std::pair(1, 1), std::pair(2, 2), std::pair(3, 3)}) {
    CHECK(configured("CipherString = DEFAULT@SECLEVEL=" + std::to_string(configured_level), [](SSL_CTX* context) {
            return std::to_string(SSL_CTX_get_security_level(context));
          }) == std::to_string(level));
  }
}

TEST_CASE("a configuration does not relax how a server is verified") {
  for (const char* lines : {"Options = UnsafeLegacyServerConnect", "Options = UnsafeLegacyRenegotiation",
                            "Options = Compression", "VerifyMode = Request", "VerifyCAPath = /"}) {
    CAPTURE(lines);
    const std::string found = configured(lines, [](SSL_CTX* context) -> std::string {
      const std::uint64_t options = SSL_CTX_get_options(context);
      if ((options & SSL_OP_LEGACY_SERVER_CONNECT) != 0) return "legacy servers";
      if ((options & SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION) != 0) return "unsafe renegotiation";
      if ((options & SSL_OP_NO_RENEGOTIATION) == 0) return "renegotiation";
      if ((options & SSL_OP_NO_COMPRESSION) == 0) return "compression";
      if (SSL_CTX_get_verify_mode(context) != SSL_VERIFY_PEER) return "mode";
      X509_STORE* store = nullptr;
      SSL_CTX_get0_verify_cert_store(context, &store);
      return store == nullptr ? "strict" : "other roots";
    });
    // A later OpenSSL does not know each of them, and its refusal is an error.
    const bool refused = found.ends_with("error in system default config");
    CHECK((refused ? "strict" : found) == "strict");
  }
}

TEST_CASE("no error of OpenSSL is left for a later call") {
  for (const char* lines : {"MinProtocol = TLSv1.2", "MaxProtocol = TLSv1.1"}) {
    const std::string left = configured(
        lines, [](SSL_CTX*) -> std::string { return ""; }, [] { ERR_raise(ERR_LIB_USER, 1); },
        [] { return std::string(ERR_peek_error() == 0 ? "none" : "one"); });
    CHECK_THAT(left, Catch::EndsWith("none"));
  }
}

TEST_CASE("FIPS without its provider is named as the cause") {
  const std::string said = in_child([]() -> std::string {
    if (EVP_default_properties_enable_fips(nullptr, 1) != 1) return "not enabled";
    const auto made = make_client_context(nullptr);
    if (made) return "made";
    return std::string(word(made.error().kind)) + ": " + made.error().message + " / " + made.error().hint;
  });
  CHECK(said.starts_with("tls-configuration: OpenSSL's configuration /"));
  CHECK(said.find(" requires FIPS and leaves no usable TLS cipher: ") != std::string::npos);
  CHECK(said.find(" / install and activate OpenSSL's FIPS provider") != std::string::npos);
  CHECK(said.find("no reason given") == std::string::npos);
}

#include <openssl/ssl.h>

#include "tests/causes/rows.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::test::causes {
namespace {

IssuedCertificate server_named(const std::string& name, long valid_from = -3600, long valid_to = 86'400) {
  CertificateWish wish;
  wish.common_name = "odd server";
  wish.names = {name};
  wish.valid_from = valid_from;
  wish.valid_to = valid_to;
  return pki().issue(wish);
}

/// Named localhost in its subject, and otherwise as `names` say.
IssuedCertificate common_name_alone(const std::vector<std::string>& names = {}) {
  CertificateWish wish;
  wish.common_name = "localhost";
  wish.names = names;
  return pki().issue(wish);
}

/// A certificate from a TLS-inspecting proxy's own root, which it presents for any name.
IssuedCertificate inspected() {
  static const TestPki corporate("Example Corp Inspection");
  CertificateWish wish;
  wish.common_name = "intercepted";
  wish.names = {"DNS:*.iot.eu-west-1.amazonaws.com"};
  IssuedCertificate issued = corporate.issue(wish);
  issued.certificate += corporate.root();
  return issued;
}

BrokerOptions with_alpn(const std::string& alpn) {
  BrokerOptions options = good();
  options.alpn = alpn;
  return options;
}

/// A server with anonymous ciphers, which presents no certificate.
BrokerOptions anonymous() {
  BrokerOptions options;
  options.server = pki().server();
  options.tls_version = TLS1_2_VERSION;
  options.ciphers = "AECDH-AES128-SHA:@SECLEVEL=0";
  return options;
}

/// Writes an OpenSSL configuration and returns its name.
std::string configuration(const std::string& name, const std::string& settings) {
  static const TemporaryDirectory files;
  return files.write(name, "openssl_conf = init\n[init]\n" + settings);
}

/// A configuration that applies to every TLS context.
std::string tls_configuration(const std::string& name, const std::string& settings) {
  return configuration(name, "ssl_conf = ssl\n[ssl]\nsystem_default = all\n[all]\n" + settings);
}

BrokerOptions refusing_claims(int tls) {
  static const TestPki other("other claims");
  BrokerOptions options = showing(pki().server(), tls);
  options.client_root = other.root();
  return options;
}
/// An unencrypted TLS alert record (RFC 8446 section 6).
std::string alert(int level, int description) {
  return std::string("\x15\x03\x03\x00\x02", 5) + static_cast<char>(level) + static_cast<char>(description);
}
}  // namespace

// A row of these tables takes a few lines, not one for each of its fields.
// clang-format off

std::vector<Row> tls_rows() {
  std::vector<Row> rows{
      {.name = "unknown issuer", .server = showing(TestPki("other root").server()), .script = swallow, .exit_code = 77,
       .kind = "tls-untrusted-server",
       .message = {"localhost (127.0.0.1), port ", "issuer CN=other root", "the local time is 20", "Z"},
       .hint = {"ca.pem does not hold the root of issuer CN=other root; if this is the right server, give its root with "
                "--ca-file"}},
      {.name = "TLS-inspecting proxy", .server = showing(inspected()), .script = swallow,
       .arguments = {"--server-name", kAwsName}, .exit_code = 77, .kind = "tls-untrusted-server",
       .message = {"subject CN=intercepted, issuer CN=Example Corp Inspection",
                    "then issuer CN=Example Corp Inspection"},
       .hint = {"exempt ", "from TLS inspection", kAwsName, "see its issuer"}},
      {.name = "endpoint without -ats", .server = showing(inspected()), .script = swallow,
       .arguments = {"--server-name", "abc123.iot.eu-west-1.amazonaws.com"}, .exit_code = 77,
       .kind = "tls-untrusted-server", .message = {"is not trusted"},
       .hint = {"use the -ats endpoint", "aws iot describe-endpoint --endpoint-type iot:Data-ATS"}},
      {.name = "other host name", .server = showing(server_named("DNS:example.com")), .script = swallow,
       .exit_code = 77, .kind = "tls-name-mismatch",
       .message = {"is not for localhost but for example.com", "issuer CN=test root"}, .hint = {"--server-name"}},
      {.name = "expired server", .server = showing(server_named("DNS:localhost", -7200, -3600)), .script = swallow,
       .exit_code = 77, .kind = "tls-server-expired",
       .message = {"has expired", "subject CN=odd server", "to 20", "the local time is 20"}, .hint = {"set the clock"}},
      {.name = "server not yet valid", .server = showing(server_named("DNS:localhost", 3600, 7200)), .script = swallow,
       .exit_code = 77, .kind = "tls-server-not-yet-valid",
       .message = {"is not yet valid", "valid from 20", "the local time is 20"}, .hint = {"set the clock"}},
      {.name = "TLS 1.1 only", .server = showing(pki().server(), TLS1_1_VERSION), .script = swallow, .exit_code = 77,
       .kind = "tls-version", .message = {"neither TLS 1.2 nor 1.3"}, .hint = {"enable TLS 1.2 or 1.3"}},
      {.name = "ALPN refused", .server = with_alpn("x-amzn-mqtt-ca"), .script = swallow, .arguments = {"--alpn", "h2"},
       .exit_code = 77, .kind = "tls-alpn", .message = {"ALPN protocol h2"}, .hint = {"x-amzn-mqtt-ca"}},
      {.name = "named by its common name alone", .server = showing(common_name_alone()), .script = swallow,
       .exit_code = 77, .kind = "tls-name-mismatch",
       .message = {"names no host in its subjectAltName", "subject CN=localhost"},
       .hint = {"with localhost in its subjectAltName"}},
      {.name = "a common name beside an address", .server = showing(common_name_alone({"IP:127.0.0.1"})),
       .script = swallow, .exit_code = 77, .kind = "tls-name-mismatch",
       .message = {"is not for localhost but for 127.0.0.1"}, .hint = {"--server-name"}},
      {.name = "captive portal", .server = good(),
       .script = saying("HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n"), .exit_code = 77,
       .kind = "not-a-tls-server", .message = {"it said: HTTP/1.1 302 Found"}, .hint = {"captive portal", "--proxy"}},
      {.name = "cut by a firewall, for ever", .server = good(), .script = [](BrokerConnection& connection) {
         connection.read_plain();
         connection.cut(true);
       }, .arguments = {"--attempts=4"}, .exit_code = 75, .kind = "connection-lost",
       .message = {"TLS handshake with localhost"}, .hint = {"firewall", "--port"}},
      {.name = "alert of a server that is being stopped", .server = good(), .script = saying(alert(2, 80)),
       .arguments = {kOnce}, .exit_code = 75, .kind = "server-unavailable", .message = {"internal error (alert 80)"},
       .hint = {"restarting"}},
      {.name = "alert of a load balancer that is being stopped", .server = good(),
       .script = saying(alert(1, 90) + alert(1, 0)), .arguments = {kOnce}, .exit_code = 75,
       .kind = "server-unavailable", .message = {"alert 90"}, .hint = {"restarting"}},
      {.name = "close_notify in the handshake", .server = good(), .script = saying(alert(1, 0)), .arguments = {kOnce},
       .exit_code = 75, .kind = "connection-lost",
       .message = {"TLS handshake with localhost", "closed the connection in the middle"}, .hint = {"--port"}},
      {.name = "silent in TLS", .server = good(),
       .script = [](BrokerConnection& connection) { connection.wait_for_close(); },
       .arguments = {kOnce, "--request-timeout=0.3"}, .exit_code = 75, .kind = "tls-timeout",
       .message = {"does not answer the TLS handshake"}, .hint = {"right port"}},
  };
  for (const int tls : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    rows.push_back({.name = "claim refused by an alert", .server = refusing_claims(tls),
                    .script = swallow, .exit_code = 77,
       .kind = "claim-refused", .message = {"refused the claim certificate", "unknown CA"},
       .hint = {"ACTIVE", "account and region", "policy attached", "client ID"}});
  }
  return rows;
}

std::vector<Row> configuration_rows() {
  return {
      {.name = "no certificate, and a configuration that allows it", .server = anonymous(), .script = serve,
       .exit_code = 77, .kind = "tls-failed", .message = {"ended TLS: handshake failure"}, .hint = {"share a cipher"},
       .environment = {"OPENSSL_CONF=" + tls_configuration("anonymous.cnf",
                       "CipherString = ALL:aNULL:@SECLEVEL=0\nVerifyMode = None\n"
                                                         "MinProtocol = TLSv1\n")}},
      {.name = "TLS 1.1, and a configuration that allows it", .server = showing(pki().server(), TLS1_1_VERSION),
       .script = swallow, .exit_code = 77, .kind = "tls-version", .message = {"neither TLS 1.2 nor 1.3"},
       .hint = {"enable TLS 1.2 or 1.3"},
       .environment = {"OPENSSL_CONF=" + tls_configuration("old.cnf",
                       "CipherString = ALL:@SECLEVEL=0\nMinProtocol = TLSv1\n")}},
      {.name = "an unknown issuer, and a configuration that asks for no check",
       .server = showing(TestPki("other root").server()), .script = swallow, .exit_code = 77,
       .kind = "tls-untrusted-server", .message = {"issuer CN=other root"}, .hint = {"--ca-file"},
       .environment = {"OPENSSL_CONF=" + tls_configuration("unchecked.cnf", "VerifyMode = None\n")}},
      {.name = "a configuration that leaves TLS 1.1 alone", .server = good(), .script = swallow, .exit_code = 78,
       .kind = "tls-configuration",
       .message = {"last.cnf leaves no usable TLS cipher: it allows neither TLS 1.2 nor TLS 1.3"},
       .hint = {"OPENSSL_CONF"},
       .environment = {"OPENSSL_CONF=" + tls_configuration("last.cnf", "MaxProtocol = TLSv1.1\n")}},
      {.name = "a configuration that leaves ciphers without a certificate", .server = good(), .script = swallow,
       .exit_code = 78, .kind = "tls-configuration", .message = {"odd.cnf leaves no usable TLS cipher"},
       .hint = {"OPENSSL_CONF"},
       .environment = {"OPENSSL_CONF=" + tls_configuration("odd.cnf",
                       "CipherString = aNULL:@SECLEVEL=0\nMaxProtocol = TLSv1.2\n")}},
      {.name = "a configuration that demands FIPS", .server = good(), .script = swallow, .exit_code = 78,
       .kind = "tls-configuration", .message = {"fips.cnf requires FIPS and leaves no usable TLS cipher"},
       .hint = {"OPENSSL_CONF", "FIPS provider"}, .environment = {"OPENSSL_CONF=" + configuration("fips.cnf",
                                        "providers = these\nalg_section = algorithms\n[these]\ndefault = its\n[its]\n"
                                        "activate = 1\n[algorithms]\ndefault_properties = fips=yes\n")}},
  };
}

// clang-format on

}  // namespace fleet_provision::test::causes

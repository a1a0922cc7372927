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

/// What a proxy that inspects TLS shows for any name, with its own root.
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

/// A server that needs no certificate, for clients that take one without.
BrokerOptions anonymous() {
  BrokerOptions options;
  options.server = pki().server();
  options.tls_version = TLS1_2_VERSION;
  options.ciphers = "AECDH-AES128-SHA:@SECLEVEL=0";
  return options;
}

/// An OpenSSL configuration, by what it sets first; its name.
std::string configuration(const std::string& name, const std::string& settings) {
  static const TemporaryDirectory files;
  return files.write(name, "openssl_conf = init\n[init]\n" + settings);
}

/// One for every TLS context.
std::string tls_configuration(const std::string& name, const std::string& settings) {
  return configuration(name, "ssl_conf = ssl\n[ssl]\nsystem_default = all\n[all]\n" + settings);
}

BrokerOptions refusing_claims(int tls) {
  static const TestPki other("other claims");
  BrokerOptions options = showing(pki().server(), tls);
  options.client_root = other.root();
  return options;
}
/// An alert record of TLS in the clear (RFC 8446 section 6).
std::string alert(int level, int description) {
  return std::string("\x15\x03\x03\x00\x02", 5) + static_cast<char>(level) + static_cast<char>(description);
}
}  // namespace

// A row of these tables is a line or two, not one for each of its columns.
// clang-format off

std::vector<Row> tls_rows() {
  std::vector<Row> rows{
      {"unknown issuer", showing(TestPki("other root").server()), swallow, {}, 77, "tls-untrusted-server",
       {"localhost (127.0.0.1), port ", "issuer CN=other root", "the local time is 20", "Z"},
       {"ca.pem does not hold the root of issuer CN=other root; give the file that does with --ca-file"}},
      {"TLS-inspecting proxy", showing(inspected()), swallow, {"--server-name", kAwsName}, 77, "tls-untrusted-server",
       {"subject CN=intercepted, issuer CN=Example Corp Inspection", "then issuer CN=Example Corp Inspection"},
       {"no certificate of AWS", "inspects TLS", kAwsName, "exempted"}},
      {"endpoint without -ats", showing(inspected()), swallow,
       {"--server-name", "abc123.iot.eu-west-1.amazonaws.com"}, 77, "tls-untrusted-server", {"is not trusted"},
       {"without -ats", "aws iot describe-endpoint --endpoint-type iot:Data-ATS"}},
      {"other host name", showing(server_named("DNS:example.com")), swallow, {}, 77, "tls-name-mismatch",
       {"is not for localhost but for example.com", "issuer CN=test root"}, {"--server-name"}},
      {"expired server", showing(server_named("DNS:localhost", -7200, -3600)), swallow, {}, 77, "tls-server-expired",
       {"has expired", "subject CN=odd server", "to 20", "the local time is 20"}, {"set the clock"}},
      {"server not yet valid", showing(server_named("DNS:localhost", 3600, 7200)), swallow, {}, 77,
       "tls-server-not-yet-valid", {"is not yet valid", "valid from 20", "the local time is 20"}, {"set the clock"}},
      {"TLS 1.1 only", showing(pki().server(), TLS1_1_VERSION), swallow, {}, 77, "tls-version",
       {"neither TLS 1.2 nor 1.3"}, {"brought up to date"}},
      {"ALPN refused", with_alpn("x-amzn-mqtt-ca"), swallow, {"--alpn", "h2"}, 77, "tls-alpn", {"ALPN protocol h2"},
       {"x-amzn-mqtt-ca"}},
      {"named by its common name alone", showing(common_name_alone()), swallow, {}, 77, "tls-name-mismatch",
       {"names no host in its subjectAltName", "subject CN=localhost"}, {"with localhost in its subjectAltName"}},
      {"a common name beside an address", showing(common_name_alone({"IP:127.0.0.1"})), swallow, {}, 77,
       "tls-name-mismatch", {"is not for localhost but for 127.0.0.1"}, {"--server-name"}},
      {"captive portal", good(), saying("HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n"), {}, 77,
       "not-a-tls-server", {"it said: HTTP/1.1 302 Found"}, {"captive portal", "--proxy"}},
      {"cut by a firewall, for ever", good(), [](BrokerConnection& connection) {
         connection.read_plain();
         connection.cut(true);
       }, {"--attempts=4"}, 75, "connection-lost", {"TLS handshake with localhost"}, {"firewall", "--port"}},
      {"alert of a server that is being stopped", good(), saying(alert(2, 80)), {kOnce}, 75, "server-unavailable",
       {"internal error (alert 80)"}, {"restarting"}},
      {"alert of a load balancer that is being stopped", good(), saying(alert(1, 90) + alert(1, 0)), {kOnce}, 75,
       "server-unavailable", {"alert 90"}, {"restarting"}},
      {"close_notify in the handshake", good(), saying(alert(1, 0)), {kOnce}, 75, "connection-lost",
       {"TLS handshake with localhost", "closed the connection in the middle"}, {"--port"}},
      {"silent in TLS", good(), [](BrokerConnection& connection) { connection.wait_for_close(); },
       {kOnce, "--request-timeout=0.3"}, 75, "tls-timeout", {"does not answer the TLS handshake"}, {"right port"}},
  };
  for (const int tls : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    rows.push_back({"claim refused by an alert", refusing_claims(tls), swallow, {}, 77, "claim-refused",
                    {"refused the claim certificate", "unknown CA"},
                    {"ACTIVE", "account and region", "policy attached", "client id"}});
  }
  return rows;
}

std::vector<Row> configuration_rows() {
  return {
      {"no certificate, and a configuration that allows it", anonymous(), serve, {}, 77, "tls-failed",
       {"ended TLS: handshake failure"}, {"no cipher"},
       {"OPENSSL_CONF=" + tls_configuration("anonymous.cnf", "CipherString = ALL:aNULL:@SECLEVEL=0\nVerifyMode = None\n"
                                                         "MinProtocol = TLSv1\n")}},
      {"TLS 1.1, and a configuration that allows it", showing(pki().server(), TLS1_1_VERSION), swallow, {}, 77,
       "tls-version", {"neither TLS 1.2 nor 1.3"}, {"brought up to date"},
       {"OPENSSL_CONF=" + tls_configuration("old.cnf", "CipherString = ALL:@SECLEVEL=0\nMinProtocol = TLSv1\n")}},
      {"an unknown issuer, and a configuration that asks for no check", showing(TestPki("other root").server()),
       swallow, {}, 77, "tls-untrusted-server", {"issuer CN=other root"}, {"--ca-file"},
       {"OPENSSL_CONF=" + tls_configuration("unchecked.cnf", "VerifyMode = None\n")}},
      {"a configuration that leaves TLS 1.1 alone", good(), swallow, {}, 78, "tls-configuration",
       {"last.cnf leaves no usable TLS cipher: it allows neither TLS 1.2 nor TLS 1.3"}, {"OPENSSL_CONF"},
       {"OPENSSL_CONF=" + tls_configuration("last.cnf", "MaxProtocol = TLSv1.1\n")}},
      {"a configuration that leaves ciphers without a certificate", good(), swallow, {}, 78, "tls-configuration",
       {"odd.cnf leaves no usable TLS cipher"}, {"OPENSSL_CONF"},
       {"OPENSSL_CONF=" + tls_configuration("odd.cnf", "CipherString = aNULL:@SECLEVEL=0\nMaxProtocol = TLSv1.2\n")}},
      {"a configuration that demands FIPS", good(), swallow, {}, 78, "tls-configuration",
       {"fips.cnf demands FIPS and leaves no usable TLS cipher"}, {"OPENSSL_CONF", "FIPS provider"},
       {"OPENSSL_CONF=" + configuration("fips.cnf",
                                        "providers = these\nalg_section = algorithms\n[these]\ndefault = its\n[its]\n"
                                        "activate = 1\n[algorithms]\ndefault_properties = fips=yes\n")}},
  };
}

// clang-format on

}  // namespace fleet_provision::test::causes

#include "config/plan_from_options.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

/// A complete command line, followed by the options of a row.
Arguments complete_with(const Arguments& more) {
  Arguments arguments{"--endpoint", "Broker.Example.", "--template", "gateway", "-P", "SerialNumber=47,11"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

Result<Request> request_from(const Arguments& more, const Environment& environment = {}) {
  auto options = options_of(complete_with(more), environment);
  if (!options) return fail(options.error());
  std::vector<std::string> warnings;
  return plan_from_options(*options, environment, warnings);
}

}  // namespace

TEST_CASE("without more than what is required the plan has the documented defaults") {
  const auto request = request_from({});
  REQUIRE(request);
  const Plan& plan = request->plan;
  CHECK(plan.endpoint.host == "broker.example");
  CHECK(plan.endpoint.port == 8883);
  CHECK(plan.template_name == "gateway");
  CHECK(plan.parameters == Parameters{{"SerialNumber", "47,11"}});
  CHECK(plan.method == Method::kCsr);
  CHECK(plan.payload_format == PayloadFormat::kJson);
  CHECK(plan.mqtt_version == MqttVersion::k5);
  CHECK_FALSE(plan.client_id);
  CHECK(std::get<MakeKey>(plan.key_source).type == KeyType::kEcP256);
  CHECK(plan.csr_subject == "CN=fleet-provision");
  CHECK(plan.state_dir == "/var/lib/fleet-provision");
  CHECK_FALSE(plan.force);
  CHECK(plan.timeout == std::chrono::seconds{300});
  CHECK(plan.request_timeout == std::chrono::seconds{15});
  CHECK_FALSE(plan.attempts);
  CHECK(plan.build_date > std::chrono::sys_days{std::chrono::year{2026} / 11 / 1});
  CHECK(request->connection.endpoint.host == "broker.example");
  CHECK(request->connection.alpn.empty());
  CHECK_FALSE(request->connection.ca_file);
  CHECK(request->connection.certificate_file.empty());
}

TEST_CASE("each option sets its member of the plan") {
  const auto request =
      request_from({"--port", "443", "--ca-file", "ca.pem", "--claim-cert", "c.pem", "--claim-key", "c.key",
                    "--method=csr", "--payload-format=cbor", "--mqtt-version=3.1.1", "--key-type=rsa-3072",
                    "--state-dir=./gateway//", "--force", "--timeout=90.5", "--request-timeout=0.25", "--attempts=3"});
  REQUIRE(request);
  const Plan& plan = request->plan;
  CHECK(plan.endpoint.port == 443);
  CHECK(plan.payload_format == PayloadFormat::kCbor);
  CHECK(plan.mqtt_version == MqttVersion::k311);
  CHECK(std::get<MakeKey>(plan.key_source).type == KeyType::kRsa3072);
  CHECK(plan.state_dir == "./gateway");
  CHECK(plan.force);
  CHECK(plan.timeout == std::chrono::milliseconds{90500});
  CHECK(plan.request_timeout == std::chrono::milliseconds{250});
  CHECK(plan.attempts == 3U);
  CHECK(request->connection.ca_file == "ca.pem");
  CHECK(request->connection.certificate_file == "c.pem");
  CHECK(request->connection.key_reference == "c.key");
  CHECK(request->connection.endpoint.port == 443);
  CHECK(request->connection.alpn == "x-amzn-mqtt-ca");
}

TEST_CASE("client id and CSR subject take parameters, and the subject follows a given client id") {
  struct Row {
    Arguments more;
    std::optional<std::string> client_id;
    std::string subject;
  };
  const std::string id64(64, 'x');
  const Row rows[] = {
      {{"--client-id", "gw-1"}, "gw-1", "CN=gw-1"},
      {{"--client-id", "{Line}-{Line}", "-P", "Line=a"}, "a-a", "CN=a-a"},
      {{"--client-id", id64}, id64, "CN=" + id64},
      {{"--client-id", id64 + "x"}, id64 + "x", "CN=fleet-provision"},
      {{"--client-id", "gw", "--csr-subject", "CN={Line},O=x", "-P", "Line=a"}, "gw", "CN=a,O=x"},
      {{"--csr-subject", "CN=one"}, std::nullopt, "CN=one"},
      {{"--client-id", "a,O=b c"}, "a,O=b c", R"(CN=a\,O\=b\ c)"},
      {{"--csr-subject", "CN={SerialNumber},O=Example"}, std::nullopt, "CN=47\\,11,O=Example"},
  };
  for (const Row& each : rows) {
    CAPTURE(each.more);
    const auto request = request_from(each.more);
    REQUIRE(request);
    CHECK(request->plan.client_id == each.client_id);
    CHECK(request->plan.csr_subject == each.subject);
  }
}

TEST_CASE("every bad value is refused by its own name") {
  struct Row {
    Arguments more;
    std::string message;
  };
  const Row rows[] = {
      {{"--endpoint", "a b"}, "--endpoint: \"a b\""},
      {{"--endpoint", ""}, "--endpoint: \"\""},
      {{"--endpoint", "h:1", "--port", "2"}, "--endpoint: endpoint \"h:1\" and --port 2"},
      {{"--endpoint", "h:0"}, "--endpoint: the port of endpoint \"h:0\""},
      {{"--port", "0"}, "--port: \"0\""},
      {{"--port", "65536"}, "--port: \"65536\""},
      {{"--template", ""}, "--template: \"\""},
      {{"--template", "a.b"}, "--template: \"a.b\""},
      {{"--template", std::string(37, 'x')}, "--template: \"xxx"},
      {{"--client-id", ""}, "--client-id: \"\""},
      {{"--client-id", "$aws"}, "--client-id: \"$aws\""},
      {{"--client-id", std::string(129, 'x')}, "--client-id: \"xxx"},
      {{"--client-id", "{Serial}"}, R"(--client-id: "{Serial}" names the parameter "Serial")"},
      {{"--client-id", "a}"}, "--client-id: \"a}\""},
      {{"--csr-subject", "CN={"}, "--csr-subject: \"CN={\""},
      {{"--csr-subject", "gateway"}, "--csr-subject: the CSR subject gateway has a part without ="},
      {{"--csr-subject", ""}, "--csr-subject: "},
      {{"--method", "both"}, "--method: \"both\""},
      {{"--payload-format", "xml"}, "--payload-format: \"xml\""},
      {{"--mqtt-version", "4"}, "--mqtt-version: \"4\""},
      {{"--key-type", "ed25519"}, "--key-type: \"ed25519\""},
      {{"--state-dir", ""}, "--state-dir: the path is empty"},
      {{"--ca-file", ""}, "--ca-file: the path is empty"},
      {{"--claim-cert", ""}, "--claim-cert: the path is empty"},
      {{"--claim-key", ""}, "--claim-key: the path is empty"},
      {{"--timeout", "0"}, "--timeout: \"0\""},
      {{"--timeout", "1e9"}, "--timeout: \"1e9\""},
      {{"--request-timeout", "0.01"}, "--request-timeout: \"0.01\""},
      {{"--attempts", "0"}, "--attempts: \"0\""},
      {{"--server-name", "h:1"}, "--server-name: \"h:1\""},
      {{"--server-name", "https://h"}, "--server-name: \"https://h\""},
      {{"--server-name", ""}, "--server-name: \"\""},
      {{"--alpn", "a b"}, "--alpn: \"a b\""},
      {{"--alpn", std::string(256, 'x')}, "--alpn: \"xxx"},
      {{"--proxy", "https://p:1"}, "--proxy: \"https://p:1\" uses the proxy scheme https, which is not supported"},
      {{"--proxy", "http://u:secret@p:1"}, "--proxy: the URL holds a password"},
      {{"--key", ""}, "--key: the path is empty"},
      {{"--csr", ""}, "--csr: the path is empty"},
      {{"--claim-key-passphrase-file", ""}, "--claim-key-passphrase-file: the path is empty"},
      {{"--pin-file", ""}, "--pin-file: the path is empty"},
      {{"--pkcs11-module", ""}, "--pkcs11-module: the path is empty"},
      {{"--tpm-owner-password-file", ""}, "--tpm-owner-password-file: the path is empty"},
      {{"--key-store", "disk"}, "--key-store: \"disk\" is not a key store"},
      {{"--claim-key", "pkcs11:token=a;object=b", "--claim-cert", "c", "--claim-key-passphrase-file", "p"},
       "--claim-key-passphrase-file and the URI of --claim-key cannot be combined"},
      {{"--claim-key", "handle:0x81000001", "--claim-cert", "c", "--claim-key-passphrase-file", "p"},
       "--claim-key-passphrase-file and the URI of --claim-key cannot be combined"},
      {{"--method", "keys", "--key-store", "tpm2"}, "--method keys and --key-store cannot be combined"},
      {{"--csr", "c", "--key-store", "tpm2"}, "--csr and --key-store cannot be combined"},
      {{"--key", "handle:0x81000001", "--key-store", "tpm2"}, "--key and --key-store cannot be combined"},
      {{"--force=perhaps"}, "--force: \"perhaps\""},
      {{"--method", "keys", "--key-type", "ec-p256"}, "--method keys and --key-type cannot be combined"},
      {{"--method", "keys", "--csr-subject", "CN=x"}, "--method keys and --csr-subject cannot be combined"},
      {{"--method", "keys", "--key", "k"}, "--method keys and --key cannot be combined"},
      {{"--method", "keys", "--csr", "c"}, "--method keys and --csr cannot be combined"},
      {{"--csr", "c", "--key-type", "rsa-2048"}, "--csr and --key-type cannot be combined"},
      {{"--csr", "c", "--csr-subject", "CN=x"}, "--csr and --csr-subject cannot be combined"},
      {{"--key", "k", "--key-type", "rsa-2048"}, "--key and --key-type cannot be combined"},
  };
  for (const Row& each : rows) {
    CAPTURE(each.more);
    const auto request = request_from(each.more);
    REQUIRE_FALSE(request);
    CHECK(request.error().kind == ErrorKind::kUsage);
    CHECK(exit_code(request.error().kind) == ExitCode::kUsage);
    CHECK(contains(request.error().message, each.message));
  }
}

TEST_CASE("a bad value in the environment is refused by the variable's name, unless it is overridden") {
  const Environment environment{{"FLEET_PROVISION_PORT", "99999"}};
  const auto refused = request_from({}, environment);
  REQUIRE_FALSE(refused);
  CHECK(contains(refused.error().message, "FLEET_PROVISION_PORT: \"99999\""));
  CHECK(request_from({"--port", "1883"}, environment));
}

TEST_CASE("endpoint and template are required") {
  struct Row {
    Arguments arguments;
    std::string message;
  };
  const Row rows[] = {{{}, "--endpoint is required"}, {{"--endpoint", "h"}, "--template is required"}};
  for (const Row& each : rows) {
    const auto options = options_of(each.arguments, {});
    REQUIRE(options);
    std::vector<std::string> warnings;
    const auto request = plan_from_options(*options, {}, warnings);
    REQUIRE_FALSE(request);
    CHECK(request.error().message == each.message);
    CHECK(contains(request.error().hint, "FLEET_PROVISION_"));
  }
}

TEST_CASE("the key comes from where the options say") {
  CHECK(std::get<ExistingKey>(request_from({"--key", "k.pem"})->plan.key_source).reference == "k.pem");
  const auto csr = request_from({"--csr", "c.csr"});
  CHECK(std::get<ExistingCsr>(csr->plan.key_source).file == "c.csr");
  CHECK_FALSE(std::get<ExistingCsr>(csr->plan.key_source).key_reference);
  const auto both = request_from({"--csr", "c.csr", "--key", "k.pem"});
  CHECK(std::get<ExistingCsr>(both->plan.key_source).key_reference == "k.pem");
}

TEST_CASE("server name and ALPN") {
  struct Row {
    Arguments more;
    std::string server_name;
    std::string alpn;
  };
  const Row rows[] = {
      {{}, "", ""},
      {{"--port", "443"}, "", "x-amzn-mqtt-ca"},
      {{"--endpoint", "h:443"}, "", "x-amzn-mqtt-ca"},
      {{"--port", "443", "--alpn", "mqtt"}, "", "mqtt"},
      {{"--port", "443", "--alpn="}, "", ""},
      {{"--alpn", "mqtt"}, "", "mqtt"},
      {{"--server-name", "A.Example."}, "a.example", ""},
      {{"--server-name", "127.0.0.1"}, "127.0.0.1", ""},
      {{"--server-name", "[::1]"}, "::1", ""},
      {{"--server-name", "::1"}, "::1", ""},
  };
  for (const Row& each : rows) {
    CAPTURE(each.more);
    const auto request = request_from(each.more);
    REQUIRE(request);
    CHECK(request->connection.server_name == each.server_name);
    CHECK(request->connection.alpn == each.alpn);
  }
}

TEST_CASE("endpoints in every form; the last one given counts") {
  struct Row {
    std::string text;
    std::string host;
    std::uint16_t port;
  };
  const Row rows[] = {
      {"h", "h", 8883},
      {"H.Example.", "h.example", 8883},
      {"mqtts://h:1", "h", 1},
      {"https://h/", "h", 8883},
      {"h:443", "h", 443},
      {"[::1]", "::1", 8883},
      {"[FE80::1]:1", "fe80::1", 1},
      {"::1", "::1", 8883},
      {"127.0.0.1:1", "127.0.0.1", 1},
  };
  for (const Row& each : rows) {
    CAPTURE(each.text);
    const auto request = request_from({"--endpoint", each.text});
    REQUIRE(request);
    CHECK(request->plan.endpoint.host == each.host);
    CHECK(request->plan.endpoint.port == each.port);
  }
}

TEST_CASE("a bad value in a configuration file is 78, with file, line and key") {
  const TemporaryFile file("{\n \"port\": 99999,\n \"method\": \"keys\", \"key-type\": \"ec-p256\"\n}");
  const auto port = request_from({"--config", file.path()});
  REQUIRE_FALSE(port);
  CHECK(exit_code(port.error().kind) == ExitCode::kConfiguration);
  CHECK(contains(port.error().message, file.path() + ": line 2: port: \"99999\" is not"));
  const auto conflict = request_from({"--config", file.path(), "--port", "1"});
  REQUIRE_FALSE(conflict);
  CHECK(exit_code(conflict.error().kind) == ExitCode::kConfiguration);
  CHECK(contains(conflict.error().message, "line 3: method keys and " + file.path() + ": line 3: key-type cannot be"));
}

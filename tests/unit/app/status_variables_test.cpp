// Both sh and systemd read the output of `status --env`; both must read the original values.
#include <cstdio>
#include <map>

#include "commands/status_command.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using Variables = std::map<std::string, std::string>;

/// Parses like EnvironmentFile= in systemd.exec(5): in double quotes a backslash escapes `"`, `\`, `$` and a backquote,
/// and is literal before other characters; any other line fails the test.
Variables as_systemd_reads(const std::string& text) {
  Variables variables;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t equals = text.find("=\"", at);
    REQUIRE(equals != std::string::npos);
    const std::string name = text.substr(at, equals - at);
    std::string value;
    for (at = equals + 2; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\' && std::string("\"\\$`").find(text[at + 1]) != std::string::npos) ++at;
      value += text[at];
    }
    REQUIRE(text.substr(at, 2) == "\"\n");
    at += 2;
    variables[name] = value;
  }
  return variables;
}

/// The variables of a shell after it has read the text with `.`; the shell prints each with a final NUL.
Variables as_sh_reads(const std::string& text, const Variables& names) {
  const TemporaryFile file(text);
  std::string command = "set -eu; . '" + file.path() + "'; printf '%s\\0'";
  for (const auto& [name, value] : names) command += " \"$" + name + "\"";
  const Finished shell = run_process({"/bin/sh", "-c", command});
  CHECK(shell.exit_code == 0);
  std::string bytes = shell.out;
  Variables variables;
  for (const auto& [name, value] : names) {
    const std::size_t end = bytes.find('\0');
    REQUIRE(end != std::string::npos);
    variables[name] = bytes.substr(0, end);
    bytes.erase(0, end + 1);
  }
  return variables;
}

Identity identity_of(const std::string& key) {
  Identity identity;
  identity.thing_name = "gateway-4711";
  identity.certificate_id = std::string(64, 'a');
  identity.template_name = "gateway";
  identity.endpoint = "abc123-ats.iot.eu-central-1.amazonaws.com";
  identity.port = 8883;
  identity.key = *parse_key_location(key);
  return identity;
}

}  // namespace

TEST_CASE("sh and systemd read the same values, whatever stands in the path") {
  const std::string paths[] = {
      "/var/lib/fleet-provision",
      "/a b\tc",
      "/it's",
      "/say \"hi\"",
      "/$HOME/${HOME}/$(touch x)",
      "/`touch x`",
      "/back\\slash\\",
      "/\\\"\\$\\`\\n",
      "/#;&|<>*?[]{}!~=%^,:@ ",
      "/größe/\xF0\x9F\x92\xA1",
      "/",
  };
  for (const std::string& path : paths) {
    CAPTURE(path);
    const auto text = status_variables(path, identity_of("private-key.pem"));
    REQUIRE(text);
    const std::string directory = (path == "/" ? "" : path) + "/identity/";
    const Variables expected{
        {"FLEET_PROVISIONED_THING_NAME", "gateway-4711"},
        {"FLEET_PROVISIONED_CERTIFICATE_ID", std::string(64, 'a')},
        {"FLEET_PROVISIONED_TEMPLATE", "gateway"},
        {"FLEET_PROVISIONED_ENDPOINT", "abc123-ats.iot.eu-central-1.amazonaws.com"},
        {"FLEET_PROVISIONED_PORT", "8883"},
        {"FLEET_PROVISIONED_STATE_DIR", path},
        {"FLEET_PROVISIONED_CERTIFICATE", directory + "certificate.pem"},
        {"FLEET_PROVISIONED_PRIVATE_KEY", directory + "private-key.pem"},
        {"FLEET_PROVISIONED_KEY_STORE", "file"},
        {"FLEET_PROVISIONED_DEVICE_CONFIGURATION", directory + "device-configuration.json"},
    };
    CHECK(as_systemd_reads(*text) == expected);
    CHECK(as_sh_reads(*text, expected) == expected);
  }
}

TEST_CASE("a thing that was not made is empty, and a key is a path or a URI, with its store") {
  struct Row {
    KeyLocation key;
    std::string text;
    std::string store;
  };
  const Row rows[] = {
      {PemFile{kPrivateKeyFile}, "/s/identity/private-key.pem", "file"},
      {TpmWrappedPem{kPrivateKeyFile}, "/s/identity/private-key.pem", "tpm2"},
      {TpmHandle{0x81000001}, "handle:0x81000001", "tpm2"},
      {Pkcs11Uri{"pkcs11:token=a%20b;object=key"}, "pkcs11:token=a%20b;object=key", "pkcs11"},
      {ExternalKey{}, "", ""},
  };
  Identity identity = identity_of("private-key.pem");
  for (const Row& each : rows) {
    CAPTURE(each.text);
    identity.key = each.key;
    const Variables variables = as_systemd_reads(*status_variables("/s", identity));
    CHECK(variables.at("FLEET_PROVISIONED_PRIVATE_KEY") == each.text);
    CHECK(variables.at("FLEET_PROVISIONED_KEY_STORE") == each.store);
  }
  identity.thing_name.reset();
  const Variables variables = as_systemd_reads(*status_variables("/s", identity));
  CHECK(variables.at("FLEET_PROVISIONED_THING_NAME").empty());
}

TEST_CASE("what neither could read is refused") {
  for (const std::string& path : {std::string("/a\nb"), std::string("/a\rb"),
                                  std::string("/a\x1b"
                                              "b"),
                                  std::string("/a\x7F"), std::string("/a\xFF")}) {
    CAPTURE(path);
    const auto text = status_variables(path, identity_of("private-key.pem"));
    REQUIRE_FALSE(text);
    CHECK(text.error().kind == ErrorKind::kUsage);
    CHECK(contains(text.error().message, "FLEET_PROVISIONED_STATE_DIR"));
  }
}

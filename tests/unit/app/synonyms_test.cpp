// Option names of other tools, and the hints for them.
#include "cli/synonyms.hpp"

#include <set>

#include "tests/support/catch.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

TEST_CASE("an option of another tool is answered with ours") {
  struct Row {
    std::vector<std::string> names;
    std::vector<std::string> parts;
  };
  const Row rows[] = {
      {{"--cert", "--cert-file", "--cert_file", "--certificate", "--claimCertificatePath", "-cert"},
       {"use --claim-cert;", "--claim-key is its key", "--key is an existing key of this device"}},
      {{"--key-file", "--keyfile", "--private-key", "--claim_key_path", "--claimCertificatePrivateKeyPath"},
       {"use --claim-key;", "--key is", "not the claim key"}},
      {{"--root-ca", "--rootCaPath", "--cacert", "--ca", "--root", "--rootcert"}, {"use --ca-file"}},
      {{"--ca_file", "--cafile", "--caFile", "-CAfile"}, {"did you mean --ca-file?"}},
      {{"--capath", "-CApath"}, {"use --ca-file;", "one file"}},
      {{"--template-name", "--template_name", "--templateName", "--provisioning-template",
        "--fleet-provisioning-template-name"},
       {"use --template"}},
      {{"--template-arn"}, {"use --template;", "not the ARN"}},
      {{"--template-parameters", "--template_parameters", "--templateParams",
        "--fleet-provisioning-template-parameters"},
       {"use --parameters;", "--parameter KEY=VALUE"}},
      {{"--param", "--template-parameter"}, {"use --parameter;", "KEY=VALUE"}},
      {{"--thing-name", "--thing_name", "--thingName"}, {"the template names the thing", "--parameter KEY=VALUE"}},
      {{"--serial-number", "--serial"}, {"--parameter SerialNumber=VALUE"}},
      {{"--host", "--broker", "--iotDataEndpoint", "--endpoint-url", "-connect"}, {"use --endpoint"}},
      {{"--client_id", "--clientId"}, {"did you mean --client-id?"}},
      {{"--id", "-i"}, {"use --client-id"}},
      {{"--csr-file", "--csr_file", "--csrPath"}, {"use --csr"}},
      {{"--device-key", "--csrPrivateKeyPath"}, {"use --key"}},
      {{"--input", "--csv", "--input-file-key", "--arg-file"}, {"use --manifest;", "fleet-provision batch"}},
      {{"--workers", "--parallel", "--threads", "--concurrency", "--max-procs"}, {"use --jobs"}},
      {{"--rate-limit", "--tps"}, {"use --rate;", "a unit needs two"}},
      {{"--num-shards", "--shard-index"}, {"use --shard;", "counted from 1"}},
      {{"--halt", "--max-failures"}, {"use --stop-after"}},
      {{"--resume", "--resume-failed"}, {"rerun the same command"}},
      {{"-j"}, {"use --jobs"}},
      {{"--use-websocket"}, {"omit it", "--port 443"}},
      {{"--proxy-host", "--proxy_port", "--proxyUrl"}, {"use --proxy;", "http://[USER@]HOST:PORT"}},
      {{"--proxyPassword"}, {"use --proxy-password-file;", "a file that holds the password"}},
      {{"--pass", "-passin"}, {"use --claim-key-passphrase-file;", "a file that holds the passphrase"}},
      {{"--aws-region"}, {"--endpoint includes the region"}},
      {{"--profile", "--iotRoleAlias"}, {"the claim certificate is the only credential"}},
      {{"--insecure", "-k", "--no-verify-ssl"}, {"cannot be disabled", "--ca-file"}},
      {{"--topic", "--qos"}, {"omit it"}},
      {{"--servername", "-servername"}, {"did you mean --server-name?"}},
      {{"--sni"}, {"use --server-name"}},
      {{"--pin", "--user-pin", "--userPin", "--secure-element-pin", "-pin"},
       {"use --pin-file;", "a file that holds the PIN"}},
      {{"--pkcs11-lib", "--pkcs11_lib", "--pkcs11Library", "--module"}, {"use --pkcs11-module"}},
      {{"--token-label", "--slot-id", "--slot_id", "--key-label", "--secure-element-key-label"},
       {"pkcs11:token=LABEL;object=NAME", "--key-store makes", "--claim-key and --key use"}},
      {{"--enable-secure-element", "--hsm"}, {"use --key-store;", "pkcs11:token=LABEL;object=NAME"}},
      {{"--tpm", "--use-tpm", "--tpm2"}, {"use --key-store;", "tpm2", "handle:0x81..."}},
      {{"--tpm-handle", "--handle"}, {"use --key-store;", "tpm2:HANDLE", "handle:HANDLE"}},
      {{"--tcti"}, {"TPM2OPENSSL_TCTI"}},
      {{"--owner-auth"}, {"use --tpm-owner-password-file;"}},
      {{"--so-pin"}, {"omit it", "--pin-file"}},
      {{"-engine", "--provider"}, {"omit it", "--claim-key and --key take"}},
      {{"--kty"}, {"use --key-type", "ec-p256"}},
      {{"--certificate-pem-outfile", "--out"}, {"use --state-dir", "identity/"}},
      {{"--config-file"}, {"use --config"}},
      {{"--log-level", "--verbosity"}, {"use --verbose"}},
      {{"--log-file"}, {"stderr"}},
      {{"--dry-run"}, {"`fleet-provision check`"}},
      {{"-verify"}, {"did you mean --verify?"}},
      {{"-help"}, {"did you mean --help?"}},
      {{"--yes", "--non-interactive", "-y"}, {"omit it: the program never prompts"}},
      {{"--mqtt5"}, {"use --mqtt-version;", "5 or 3.1.1"}},
      {{"-e"}, {"use --endpoint"}},
      {{"-Q"}, {"did you mean -q?"}},
      {{"-p"}, {"-P KEY=VALUE", "--port"}},
      {{"--Endpoint", "--ENDPOINT"}, {"did you mean --endpoint?"}},
  };
  for (const Row& row : rows) {
    for (const std::string& name : row.names) {
      for (const Arguments& each : {Arguments{name, "x"}, Arguments{name + "=x"}}) {
        CAPTURE(each);
        const auto line = split_command_line(each);
        REQUIRE_FALSE(line);
        CHECK(line.error().kind == ErrorKind::kUsage);
        CHECK(line.error().message == "unknown option " + name);
        CAPTURE(line.error().hint);
        for (const std::string& part : row.parts) CHECK(contains(line.error().hint, part));
      }
    }
  }
}

TEST_CASE("a PIN that was given as an argument is not repeated") {
  for (const Arguments& each :
       {Arguments{"--pin", "4711"}, Arguments{"--pin=4711"}, Arguments{"--user-pin", "4711", "--token-label", "t"},
        Arguments{"--so-pin=4711"}, Arguments{"-pin", "4711"}, Arguments{"--pkcs11-pin=4711"}}) {
    CAPTURE(each);
    const auto line = split_command_line(each);
    REQUIRE_FALSE(line);
    CHECK_FALSE(contains(line.error().message + line.error().hint, "4711"));
    CHECK(contains(line.error().hint, "--pin-file"));
  }
}

TEST_CASE("keys of configuration files and variables are answered in their own spelling") {
  struct Row {
    const char* name;
    Spelling spelling;
    std::string hint;
  };
  const Row rows[] = {
      {"cert", Spelling::kKey, R"(use "claim-cert"; "claim-key" is its key; "key" is an existing key of this device)"},
      {"template_name", Spelling::kKey, R"(use "template")"},
      {"claimCert", Spelling::kKey, R"(did you mean "claim-cert"?)"},
      {"configFile", Spelling::kKey, "use --config"},
      {"usage", Spelling::kVariable, "use --help"},
      {"CONFIG_FILE", Spelling::kVariable, "use FLEET_PROVISION_CONFIG"},
      {"ROOT_CA", Spelling::kVariable, "use FLEET_PROVISION_CA_FILE"},
      {"user-pin", Spelling::kKey,
       R"(use "pin-file"; give a file that holds the PIN; other users can read an argument)"},
      {"PKCS11_LIB", Spelling::kVariable, "use FLEET_PROVISION_PKCS11_MODULE"},
      {"CLAIM_CRET", Spelling::kVariable, "did you mean FLEET_PROVISION_CLAIM_CERT?"},
      {"THING_NAME", Spelling::kVariable,
       "the template names the thing; give the template's parameters with FLEET_PROVISION_PARAMETER KEY=VALUE"},
      {"versoin", Spelling::kKey, ""},
      {"zzzzzzzz", Spelling::kOption, ""},
  };
  for (const Row& each : rows) {
    CAPTURE(each.name);
    CHECK(suggest_option(each.name, each.spelling) == each.hint);
  }
}

TEST_CASE("no option of ours is answered with another") {
  for (const OptionRow& each : option_table()) {
    if (each.scope != OptionScope::kEverywhere) continue;
    CAPTURE(each.name);
    CHECK(suggest_option(each.name, Spelling::kOption) == "did you mean --" + std::string(each.name) + "?");
  }
}

// Values that users give instead of a file name.
#include "config/file_name.hpp"

#include "config/print_config.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

const std::string kPem = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
const std::string kBase64 = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg" + std::string(120, 'c');

}  // namespace

TEST_CASE("the content of a file, an address or an unexpanded ~ is no name of a file") {
  struct Row {
    Arguments arguments;
    std::string message;
    std::string hint;
  };
  const Row rows[] = {
      {{"--parameters", R"({"SerialNumber":"1"})"},
       "--parameters: expects a file name but got JSON text",
       "use -P SerialNumber=1, or pipe the JSON text to `--parameters -`"},
      {{"--parameters", R"( {"a":"1", "b":"two words"})"}, "JSON text", "use -P a=1 -P b=VALUE, or pipe"},
      {{"--parameters", R"({"a":"1","b":"2","c":"3","d":"4"})"}, "JSON text", "use -P KEY=VALUE, or pipe"},
      {{"--parameters", R"({"a":)"}, "JSON text", "use -P KEY=VALUE, or pipe"},
      {{"--parameters", "SerialNumber=1"},
       "--parameters: expects a file name but got KEY=VALUE",
       "use -P SerialNumber=1"},
      {{"--parameters", "a=two words"}, "KEY=VALUE", "use -P a=VALUE"},
      {{"--claim-cert", kPem}, "--claim-cert: expects a file name but got the text of a key", "save"},
      {{"--claim-key", kPem}, "--claim-key: expects a file name but got the text of a key", "save"},
      {{"--claim-key", "\n " + kPem}, "the text of a key", ""},
      {{"--claim-key", R"(-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n)"}, "the text of a key", ""},
      {{"--claim-key", kBase64}, "the text of a key", ""},
      {{"--claim-cert", R"({"certificatePem": "secret"})"}, "JSON text", "save the text to a file"},
      {{"--ca-file", "https://www.amazontrust.com/AmazonRootCA1.pem"},
       "--ca-file: expects a file name but got a URL (https://)",
       "download the file"},
      {{"--claim-cert", "s3://bucket/claim.pem"}, "a URL (s3://)", "download the file"},
      {{"--parameters", "file://parameters.json"}, "a URL (file://)", "omit file://"},
      {{"--claim-cert", "arn:aws:iot:eu-west-1:123456789012:cert/0a"}, "an ARN", "saved"},
      {{"--state-dir=~/identity"}, R"(--state-dir: "~/identity" begins with a ~)", "absolute path"},
      {{"--key", "~root/key.pem"}, "begins with a ~", ""},
      {{"--on-success", "~/hook"}, "begins with a ~", ""},
  };
  for (const Row& each : rows) {
    CAPTURE(each.arguments);
    const auto options = options_of(each.arguments);
    REQUIRE(options);
    const auto fit = check_file_names(*options);
    REQUIRE_FALSE(fit);
    CHECK(fit.error().kind == ErrorKind::kUsage);
    CHECK(contains(fit.error().message, each.message));
    CHECK(contains(fit.error().hint, each.hint));
    for (const char* secret : {"c2VjcmV0", "secret", "CqGSM49"}) {
      CHECK_FALSE(contains(fit.error().message + fit.error().hint, secret));
    }
  }
}

TEST_CASE("the URI of a key is no path, whatever paths it holds") {
  for (const char* uri :
       {"handle:0x81000001", "handle:1", "pkcs11:token=a;object=b?module-path=/x.so&pin-source=file:///pin",
        "pkcs11:", "pkcs11://token"}) {
    for (const char* option : {"--claim-key", "--key"}) {
      CAPTURE(uri, option);
      CHECK(check_file_names(*options_of({option, uri})));
    }
  }
  CHECK_FALSE(check_file_names(*options_of({"--pin-file", "file:///pin"})));
  const auto pin = check_file_names(*options_of({"--pin-file", "47114711"}));
  REQUIRE_FALSE(pin);
  CHECK(contains(pin.error().message, "--pin-file: expects a file name but got a number"));
  CHECK_FALSE(contains(pin.error().message + pin.error().hint, "4711"));
  CHECK_FALSE(check_file_names(*options_of({"--claim-cert", "pkcs11://token"})));
}

TEST_CASE("what may be the name of a file is left to the one who opens it") {
  const TemporaryFile file("{}");
  const Arguments rows[] = {
      {"--parameters", "-"},
      {"--parameters", file.path()},
      {"--claim-key", "handle:0x81000001"},
      {"--claim-key", "pkcs11:token=gateway;object=claim"},
      {"--claim-cert", "a:b"},
      {"--ca-file", "MIGH"},
      {"--claim-cert", "dir/~/x"},
      {"--claim-cert", "/nowhere"},
      {"--endpoint", "https://host"},
      // Values that are overridden or that the command ignores are not checked.
      {"status", "--claim-cert", "https://x/y"},
      {"--claim-cert", "https://x/y", "--claim-cert", "y"},
  };
  for (const Arguments& each : rows) {
    CAPTURE(each);
    CHECK(check_file_names(*options_of(each)));
  }
}

TEST_CASE("a configuration file and the environment are blamed for what they say") {
  const TemporaryFile file(R"({"claim-cert": "https://x/y"})");
  const auto by_file = check_file_names(*options_of({"--config", file.path()}));
  REQUIRE_FALSE(by_file);
  CHECK(by_file.error().kind == ErrorKind::kConfiguration);
  CHECK(contains(by_file.error().message, file.path() + ": line 1: claim-cert: expects"));
  const auto by_variable = check_file_names(*options_of({}, {{"FLEET_PROVISION_CLAIM_KEY", kPem}}));
  REQUIRE_FALSE(by_variable);
  CHECK(contains(by_variable.error().message, "FLEET_PROVISION_CLAIM_KEY: expects"));
  const auto configuration = options_of({"--config", R"({"template": "gateway"})"});
  REQUIRE_FALSE(configuration);
  CHECK(contains(configuration.error().message, "--config: expects a file name but got JSON text"));
}

TEST_CASE("--print-config does not print a key") {
  for (const std::string& each : {kPem, kBase64, R"({"keyPair": {"PrivateKey": "secret"}})" + std::string()}) {
    const std::string text = print_config(*options_of({"--claim-key", each}), {});
    CHECK(contains(text, "claim-key = ("));
    for (const char* secret : {"c2VjcmV0", "secret", "CqGSM49"}) CHECK_FALSE(contains(text, secret));
  }
}

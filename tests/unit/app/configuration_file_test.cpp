#include "config/configuration_file.hpp"

#include <sys/stat.h>

#include <filesystem>

#include "config/parameters.hpp"
#include "config/print_config.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

TEST_CASE("each mistake in a configuration file is reported with line and key") {
  struct Row {
    std::string text;
    std::string message;
    std::string hint;
  };
  const Row rows[] = {
      {"{\n\"endpiont\": \"h\"}", "line 2: endpiont: unknown option", "did you mean \"endpoint\"?"},
      {"{\"zzzzzzzz\": 1}", "line 1: zzzzzzzz: unknown option", "use the long name of an option"},
      {"{\"--port\": 1}", "line 1: --port: unknown option", "did you mean \"port\"?"},
      {"{\"port\": 1,\n\n\"port\": 2}", "line 3, column 1: \"port\" is given twice", "remove one of them"},
      {R"({"port": "8883"})", "line 1: port: expected a number, not text", "without quotes"},
      {"{\"port\": null}", "line 1: port: expected a number, not null", ""},
      {"{\"timeout\": true}", "line 1: timeout: expected a number, not true or false", ""},
      {R"({"force": "true"})", "line 1: force: expected true or false, not text", "write true or false without quotes"},
      {"{\"force\": 1}", "line 1: force: expected true or false, not a number", ""},
      {"{\"mqtt-version\": 5}", "line 1: mqtt-version: expected text, not a number", "in quotes"},
      {R"({"template": ["a"]})", "line 1: template: expected text, not an array", ""},
      {R"({"parameter": ["a=1", 2]})", "line 1: parameter: expected an array of text", "KEY=VALUE"},
      {R"({"parameter": {"a": "1"}})", "line 1: parameter: expected an array of text", ""},
      {R"({"parameters": {"a": 1}})", "line 1: parameters: \"a\" is a number, not text", "in quotes"},
      {"{\"parameters\": {\"a\": \"1\",\n\"a\": \"2\"}}", "line 2, column 1: \"a\" is given twice", ""},
      {R"({"parameters": {"": "1"}})", "has an empty name", ""},
      {R"({"parameters": ["a"]})", "line 1: parameters: expected an object, not an array", "write an object"},
      {R"({"config": "x"})", "line 1: config: not allowed in a configuration file", "--config"},
      {"{\"port\": 1", "line 1, column 11: not JSON: the text ends early", ""},
      {"template: gateway\n", "line 1, column 1: not JSON: it looks like YAML", "yq"},
      {"{\n// mine\n}", "line 2, column 1: not JSON: a comment", "remove it"},
      {"{\"port\": 1,\n}", "line 1, column 11: not JSON: a comma before }", "remove that comma"},
      {"{\"parameters\":" + std::string(4000, '['), "nested too deeply (more than 64 levels)", ""},
      {"[]", "holds an array instead of a JSON object", "write a JSON object"},
      {"", "not JSON", ""},
  };
  for (const Row& each : rows) {
    CAPTURE(each.text);
    const TemporaryFile file(each.text);
    const auto settings = read_configuration_file(file.path());
    REQUIRE_FALSE(settings);
    CHECK(settings.error().kind == ErrorKind::kConfiguration);
    CHECK(exit_code(settings.error().kind) == ExitCode::kConfiguration);
    CHECK(contains(settings.error().message, file.path()));
    CHECK(contains(settings.error().message, each.message));
    CHECK(contains(settings.error().hint, each.hint));
  }
}

TEST_CASE("a file that was named must be there") {
  CHECK(options_of({"--config", "/nowhere"}).error().kind == ErrorKind::kFileNotFound);
  CHECK(options_of({}, {{"FLEET_PROVISION_CONFIG", "/"}}).error().kind == ErrorKind::kFileUnreadable);
  CHECK(options_of({}));
}

TEST_CASE("the default files are read in order, the later over the earlier, and not at all with --config") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "config.d");
  directory.write("config.json", R"({"port": 1, "template": "a", "parameters": {"x": "1", "y": "1"}})");
  directory.write("config.d/20.json", R"({"port": 3, "parameters": {"x": "3"}})");
  directory.write("config.d/10.json", R"({"port": 2, "timeout": 9, "parameters": {"x": "2", "z": "2"}})");
  directory.write("config.d/30.json~", "not JSON");
  directory.write("config.d/.40.json", "not JSON");
  const auto options = Options::read({}, {}, directory.path().string());
  REQUIRE(options);
  CHECK(options->text(OptionId::kPort) == "3");
  CHECK(options->text(OptionId::kTemplate) == "a");
  CHECK(options->text(OptionId::kTimeout) == "9");
  std::vector<std::string> warnings;
  CHECK(*read_parameters(*options, warnings) == Parameters{{"x", "3"}, {"y", "1"}, {"z", "2"}});

  const TemporaryFile other(R"({"template": "b"})");
  const auto named = Options::read({"--config", other.path()}, {}, directory.path().string());
  REQUIRE(named);
  CHECK(named->text(OptionId::kTemplate) == "b");
  CHECK(named->given(OptionId::kPort) == nullptr);
}

TEST_CASE("--print-config prints every value and its origin, and no secret") {
  const TemporaryFile file(R"({"port": 17, "parameters": {"a": "1"}, "parameter": ["b=2"]})");
  const Environment environment{{"FLEET_PROVISION_TEMPLATE", "gateway"},
                                {"FLEET_PROVISION_PROXY", "http://user:secret@proxy:3128"}};
  const auto options =
      options_of({"--config", file.path(), "-P", "c=3", "--claim-key", "pkcs11:token=t;pin-value=4711&x=1", "-vv",
                  "--timeout", "10", "--pin-file", "/run/pin", "--tpm-owner-password-file", "/run/owner", "--key-store",
                  "pkcs11:token=t;pin-value=4711"},
                 environment);
  REQUIRE(options);
  const std::string text = print_config(*options, environment);
  for (const std::string& line :
       {"port = 17  # " + file.path() + ": line 1: port\n",
        std::string("template = gateway  # FLEET_PROVISION_TEMPLATE\n"), "parameters = a=1  # " + file.path(),
        "parameter = b=2  # " + file.path(), std::string("parameter = c=3  # --parameter\n"),
        std::string("proxy = http://user:***@proxy:3128  # FLEET_PROVISION_PROXY\n"),
        std::string("claim-key = pkcs11:token=t;pin-value=***&x=1  # --claim-key\n"),
        std::string("key-store = pkcs11:token=t;pin-value=***  # --key-store\n"),
        std::string("pin-file = /run/pin  # --pin-file\n"),
        std::string("tpm-owner-password-file = /run/owner  # --tpm-owner-password-file\n"),
        std::string("verbose = 2  # --verbose\n"), std::string("timeout = 10  # --timeout\n"),
        std::string("state-dir = /var/lib/fleet-provision  # default\n"), std::string("endpoint =  # not set\n"),
        std::string("force = false  # default\n")}) {
    CAPTURE(line);
    CHECK(contains(text, line));
  }
  CHECK_FALSE(contains(text, "secret"));
  CHECK_FALSE(contains(text, "4711"));
  for (const OptionRow& option : option_table()) {
    CHECK(contains("\n" + text, "\n" + std::string(option.name) + " =") == (option.scope != OptionScope::kCommandLine));
  }
  const auto nothing = options_of({});
  CHECK(contains(print_config(*nothing, {{"https_proxy", "u:p@h:1"}}), "proxy = u:***@h:1  # https_proxy"));
}

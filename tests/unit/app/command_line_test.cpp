#include "cli/command_line.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

TEST_CASE("argv is split into options and their values, as they were written") {
  struct Row {
    Arguments arguments;
    OptionId id;
    std::vector<std::string> values;
  };
  const Row rows[] = {
      {{"--endpoint", "host"}, OptionId::kEndpoint, {"host"}},
      {{"--endpoint=host"}, OptionId::kEndpoint, {"host"}},
      {{"--endpoint=a=b"}, OptionId::kEndpoint, {"a=b"}},
      {{"--client-id="}, OptionId::kClientId, {""}},
      {{"--client-id=", "--force"}, OptionId::kClientId, {""}},
      {{"--client-id", ""}, OptionId::kClientId, {""}},
      {{"--client-id", "--force"}, OptionId::kClientId, {"--force"}},
      {{"--port", "0x50"}, OptionId::kPort, {"0x50"}},
      {{"--port", "-1"}, OptionId::kPort, {"-1"}},
      {{"--port", "1", "--port", "2"}, OptionId::kPort, {"1", "2"}},
      {{"-P", "a=[x,y]"}, OptionId::kParameter, {"a=[x,y]"}},
      {{"-P", "[x,y]"}, OptionId::kParameter, {"[x,y]"}},
      {{"-Pa=1", "--parameter", "b=2", "-P", "c=3 4"}, OptionId::kParameter, {"a=1", "b=2", "c=3 4"}},
      {{"-P", "a=\"q\""}, OptionId::kParameter, {"a=\"q\""}},
      {{"-P", "a,b=1,2"}, OptionId::kParameter, {"a,b=1,2"}},
      {{"--parameters", "-"}, OptionId::kParameters, {"-"}},
      {{"-vv"}, OptionId::kVerbose, {"true", "true"}},
      {{"-v", "-v"}, OptionId::kVerbose, {"true", "true"}},
      {{"--force"}, OptionId::kForce, {"true"}},
      {{"--force=false"}, OptionId::kForce, {"false"}},
      {{"-qP", "a=1"}, OptionId::kParameter, {"a=1"}},
  };
  for (const Row& each : rows) {
    CAPTURE(each.arguments);
    const auto given = split_command_line(each.arguments);
    REQUIRE(given);
    REQUIRE(given->given.count(each.id) == 1);
    CHECK(given->given.at(each.id) == each.values);
  }
}

TEST_CASE("what belongs to no option is refused and the nearest option named") {
  struct Row {
    Arguments arguments;
    std::string message;
    std::string hint;
  };
  const Row rows[] = {
      {{"--endpiont", "x"}, "unknown option --endpiont", "did you mean --endpoint?"},
      {{"--claim_cert=x"}, "unknown option --claim_cert", "did you mean --claim-cert?"},
      {{"-endpoint"}, "unknown option -endpoint", "did you mean --endpoint?"},
      {{"--zzzzzzzz"}, "unknown option --zzzzzzzz", "--help"},
      {{"-x"}, "unknown option -x", ""},
      {{"word"}, "unexpected argument \"word\"", "--help"},
      {{"-P", "a=1", "b=2"}, "unexpected argument \"b=2\"", "--help"},
      {{"word", "--endpiont"}, "unknown option --endpiont", "--endpoint"},
      {{"--", "--force"}, "unexpected argument \"--force\"", "--help"},
      {{"\x1b[31m"}, R"(unexpected argument "\x1b[31m")", "--help"},
      {{"--endpoint"}, "option --endpoint needs a value", "--help"},
      {{"--force", "-P"}, "option -P needs a value", "--help"},
  };
  for (const Row& each : rows) {
    CAPTURE(each.arguments);
    const auto given = split_command_line(each.arguments);
    REQUIRE_FALSE(given);
    CHECK(given.error().kind == ErrorKind::kUsage);
    CHECK(given.error().message == each.message);
    CHECK(contains(given.error().hint, each.hint));
  }
}

TEST_CASE("a lone -- is nothing") {
  CHECK(split_command_line({"--force", "--"}));
  CHECK(split_command_line({}));
}

TEST_CASE("every option of the table can be given") {
  for (const OptionRow& option : option_table()) {
    CAPTURE(option.name);
    Arguments arguments{"--" + std::string(option.name)};
    if (takes_value(option.value)) arguments.emplace_back("value");
    const auto given = split_command_line(arguments);
    REQUIRE(given);
    CHECK(given->given.count(option.id) == 1);
    CHECK(given->given.size() == 1);
  }
}

TEST_CASE("the command may stand anywhere, and only once") {
  struct Row {
    Arguments arguments;
    Command command;
  };
  const Row rows[] = {
      {{}, Command::kProvision},
      {{"status"}, Command::kStatus},
      {{"--json", "status"}, Command::kStatus},
      {{"policy", "--template", "status"}, Command::kPolicy},
  };
  for (const Row& each : rows) {
    CAPTURE(each.arguments);
    const auto line = split_command_line(each.arguments);
    REQUIRE(line);
    CHECK(line->command == each.command);
  }
  for (const Arguments& each : {Arguments{"status", "policy"}, Arguments{"status", "status"}}) {
    REQUIRE_FALSE(split_command_line(each));
    CHECK(contains(split_command_line(each).error().message, "unexpected argument"));
  }
}

TEST_CASE("an option of one command is refused on the line of another, and passed over elsewhere") {
  const Environment environment{{"FLEET_PROVISION_REGION", "eu-central-1"}};
  CHECK(check_options_of_command(*options_of({"policy", "--region", "eu-central-1"})));
  CHECK(check_options_of_command(*options_of({"status"}, environment)));
  CHECK(check_options_of_command(*options_of({"status", "--force", "--endpoint", "h"})));
  const auto refused = check_options_of_command(*options_of({"status", "--region", "eu-central-1"}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kUsage);
  CHECK(refused.error().message == "--region belongs to `fleet-provision policy`");
}

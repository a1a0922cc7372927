#include "config/options.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

std::string value_for(const OptionRow& option) {
  return takes_value(option.value) ? "from-line" : "true";
}

Arguments on_the_line(const OptionRow& option) {
  Arguments arguments{"--" + std::string(option.name)};
  if (takes_value(option.value)) arguments.push_back(value_for(option));
  return arguments;
}

}  // namespace

namespace {

/// A configuration file that gives the option a value, and that value as text.
std::pair<std::string, std::string> configured(const OptionRow& option) {
  const std::string key = "{\"" + std::string(option.name) + "\": ";
  switch (option.value) {
    case OptionValue::kFlag:
    case OptionValue::kCount: return {key + "true}", "true"};
    case OptionValue::kNumber:
    case OptionValue::kDecimal:
    case OptionValue::kSeconds: return {key + "17}", "17"};
    case OptionValue::kText:
    case OptionValue::kFile: return {key + "\"from-file\"}", "from-file"};
    case OptionValue::kKeyValues: return {key + "[\"from-file\"]}", "from-file"};
  }
  return {};
}

}  // namespace

TEST_CASE("for every option: command line, then environment, then configuration file, then default") {
  for (const OptionRow& option : option_table()) {
    CAPTURE(option.name);
    const Environment environment{{environment_name(option), "from-environment"}};

    const auto neither = options_of({}, {});
    REQUIRE(neither);
    CHECK(neither->given(option.id) == nullptr);
    CHECK(neither->text(option.id).value_or("") == option.default_value);

    const auto line =
        options_of(on_the_line(option), option.scope == OptionScope::kEverywhere ? environment : Environment{});
    if (option.id != OptionId::kConfig) {
      REQUIRE(line);
      CHECK(line->text(option.id) == value_for(option));
      CHECK(line->given(option.id)->source == Source::kCommandLine);
    }
    if (option.scope != OptionScope::kEverywhere) continue;

    const auto from_environment = options_of({}, environment);
    REQUIRE(from_environment);
    CHECK(from_environment->text(option.id) == "from-environment");
    CHECK(from_environment->given(option.id)->origin == environment_name(option));

    const auto [text, value] = configured(option);
    const TemporaryFile file(text);
    const auto from_file = options_of({"--config", file.path()}, {});
    REQUIRE(from_file);
    CHECK(from_file->text(option.id) == value);
    CHECK(from_file->given(option.id)->source == Source::kFile);
    const auto all = options_of({"--config", file.path()}, environment);
    REQUIRE(all);
    CHECK(all->text(option.id) == "from-environment");
    CHECK(all->settings(option.id).size() == 2);
  }
}

TEST_CASE("what is only for the command line is nowhere else") {
  for (const OptionRow& option : option_table()) {
    if (option.scope == OptionScope::kEverywhere) continue;
    CAPTURE(option.name);
    if (option.scope == OptionScope::kCommandLine) {
      const auto options = options_of({}, {{environment_name(option), "true"}});
      REQUIRE(options);
      CHECK(options->given(option.id) == nullptr);
      CHECK(options->warnings().size() == 1);
    }
    const TemporaryFile file(configured(option).first);
    const auto options = options_of({"--config", file.path()}, {});
    REQUIRE_FALSE(options);
    CHECK(options.error().kind == ErrorKind::kConfiguration);
    CHECK(contains(options.error().message,
                   "line 1: " + std::string(option.name) + ": not allowed in a configuration file"));
  }
}

TEST_CASE("an empty environment variable counts as unset") {
  for (const OptionRow& option : option_table()) {
    const auto options = options_of({}, {{environment_name(option), ""}});
    REQUIRE(options);
    CHECK(options->given(option.id) == nullptr);
  }
}

TEST_CASE("a variable that does not match any option is a warning that names the nearest") {
  const auto options = options_of({}, {{"FLEET_PROVISION_ENDPIONT", "x"},
                                       {"FLEET_PROVISIONED_THING_NAME", "x"},
                                       {"FLEET_PROVISION_SIMULATOR_PORT", "x"}});
  REQUIRE(options);
  REQUIRE(options->warnings().size() == 1);
  CHECK(contains(options->warnings()[0], "FLEET_PROVISION_ENDPIONT"));
  CHECK(contains(options->warnings()[0], "did you mean FLEET_PROVISION_ENDPOINT?"));
}

TEST_CASE("flags have two values in many words") {
  struct Row {
    std::string text;
    std::optional<bool> value;
  };
  const Row rows[] = {{"true", true},          {"1", true},         {"yes", true},      {"on", true},
                      {"false", false},        {"0", false},        {"no", false},      {"off", false},
                      {"maybe", std::nullopt}, {"2", std::nullopt}, {" ", std::nullopt}};
  for (const Row& each : rows) {
    CAPTURE(each.text);
    const auto options = options_of({}, {{"FLEET_PROVISION_FORCE", each.text}});
    REQUIRE(options);
    const auto flag = options->flag(OptionId::kForce);
    CHECK(static_cast<bool>(flag) == each.value.has_value());
    if (flag) CHECK(*flag == *each.value);
    if (!flag) CHECK(contains(flag.error().message, "FLEET_PROVISION_FORCE"));
  }
}

TEST_CASE("-v counts") {
  struct Row {
    Arguments arguments;
    Environment environment;
    std::optional<unsigned> count;
  };
  const Environment twice{{"FLEET_PROVISION_VERBOSE", "2"}};
  const Row rows[] = {{{}, {}, 0U},
                      {{"-v"}, {}, 1U},
                      {{"-vv"}, {}, 2U},
                      {{"--verbose", "-v"}, {}, 2U},
                      {{"--verbose=2"}, {}, 2U},
                      {{"--verbose=false"}, twice, 0U},
                      {{}, twice, 2U},
                      {{"-v"}, twice, 1U},
                      {{}, {{"FLEET_PROVISION_VERBOSE", "true"}}, 1U},
                      {{}, {{"FLEET_PROVISION_VERBOSE", "loud"}}, std::nullopt}};
  for (const Row& each : rows) {
    CAPTURE(each.arguments);
    const auto options = options_of(each.arguments, each.environment);
    REQUIRE(options);
    const auto count = options->count(OptionId::kVerbose);
    CHECK(static_cast<bool>(count) == each.count.has_value());
    if (count) CHECK(*count == *each.count);
  }
}

TEST_CASE("numbers are decimal digits within their range, nothing else") {
  for (const std::string good : {"1", "7", "10"}) {
    const auto options = options_of({"--attempts", good}, {});
    CHECK(options->number(OptionId::kAttempts, {1, 10}));
  }
  for (const std::string bad :
       {"0", "11", "-1", "+1", " 1", "1 ", "0x5", "1e1", "1.0", "", "one", "99999999999999999999999"}) {
    CAPTURE(bad);
    const auto options = options_of({"--attempts", bad}, {});
    REQUIRE(options);
    const auto number = options->number(OptionId::kAttempts, {1, 10});
    REQUIRE_FALSE(number);
    CHECK(number.error().kind == ErrorKind::kUsage);
    CHECK(contains(number.error().message, "--attempts: \"" + bad + "\" is not a whole number from 1 to 10"));
  }
}

TEST_CASE("seconds have at most three decimals") {
  struct Row {
    std::string text;
    std::optional<int> milliseconds;
  };
  const Row rows[] = {{"1", 1000},   {"0.5", 500}, {"1.25", 1250}, {"2.001", 2001}, {"10", 10000}, {"10.001", {}},
                      {"0.499", {}}, {".5", {}},   {"1.", {}},     {"1.0001", {}},  {"-1", {}},    {"1,5", {}},
                      {"1s", {}},    {"", {}},     {"inf", {}},    {"1e3", {}}};
  for (const Row& each : rows) {
    CAPTURE(each.text);
    const auto options = options_of({"--timeout", each.text}, {});
    REQUIRE(options);
    const auto time = options->seconds(OptionId::kTimeout, {std::chrono::milliseconds{500}, std::chrono::seconds{10}});
    CHECK(static_cast<bool>(time) == each.milliseconds.has_value());
    if (time) CHECK((*time)->count() == *each.milliseconds);
    if (!time) CHECK(contains(time.error().message, "from 0.5 to 10"));
  }
}

TEST_CASE("--help and --json are found on a command line that is wrong") {
  CHECK(has_flag({"--foo", "--json"}, OptionId::kJson));
  CHECK(has_flag({"-h", "--foo"}, OptionId::kHelp));
  CHECK_FALSE(has_flag({"--foo", "--", "--json"}, OptionId::kJson));
  CHECK_FALSE(has_flag({"--jso"}, OptionId::kJson));
}

TEST_CASE("the names of an option follow from one another") {
  for (const OptionRow& option : option_table()) {
    CHECK(find_option(option.name) == &option);
    CHECK(row(option.id).name == option.name);
  }
  CHECK(environment_name(row(OptionId::kClaimCert)) == "FLEET_PROVISION_CLAIM_CERT");
}

TEST_CASE("a unit's value overrides every source, and what is replaced is gone") {
  auto options = options_of({"--timeout", "10"}, {{"FLEET_PROVISION_TIMEOUT", "20"}});
  REQUIRE(options);
  options->override_with(OptionId::kTimeout, {{"30"}, Source::kCommandLine, "units.csv: line 2", {}});
  CHECK(options->text(OptionId::kTimeout) == "30");
  CHECK(options->settings(OptionId::kTimeout).size() == 3);
  CHECK(options->with_origin_of(OptionId::kTimeout, Error{}).message.starts_with("units.csv: line 2: "));
  options->replace_with(OptionId::kTimeout, {});
  CHECK(options->given(OptionId::kTimeout) == nullptr);
  CHECK(options->text(OptionId::kTimeout) == "300");
}

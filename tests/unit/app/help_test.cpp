#include "cli/help.hpp"

#include <algorithm>
#include <sstream>

#include "cli/option_table.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

std::vector<Command> all_commands() {
  std::vector<Command> all{Command::kProvision};
  all.insert(all.end(), commands().begin(), commands().end());
  return all;
}

/// `text` with each run of blanks and line breaks as one blank, so that wrapped words are found.
std::string unwrapped(const std::string& text) {
  std::istringstream words(text);
  std::string result;
  for (std::string word; words >> word;) result += (result.empty() ? "" : " ") + word;
  return result;
}

}  // namespace

TEST_CASE("--help fits its columns, is ASCII and names every option that matters, with its default") {
  for (const Command command : all_commands()) {
    const std::string help = help_text(command);
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(line.size() <= kHelpColumns);
      CHECK(line.find_last_not_of(' ') + 1 == line.size());
      CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    }
    for (const OptionRow& option : option_table()) {
      CAPTURE(option.name);
      std::string entry = "--" + std::string(option.name);
      if (!option.metavar.empty()) entry += " " + std::string(option.metavar);
      const bool told = contains(help, entry + "\n") || contains(help, entry + " ");
      CHECK(told == applies_to(command, option.id));
      const std::string default_value = "[default: " + std::string(default_of(command, option)) + "]";
      if (told && !option.default_value.empty()) CHECK(contains(unwrapped(help), default_value));
    }
    CHECK(contains(help, "\nExit codes:\n") == (command != Command::kPolicy && command != Command::kCheck));
    CHECK(help.back() == '\n');
  }
  CHECK(contains(help_text(Command::kProvision), "\nExamples:\n"));
}

TEST_CASE("--help ends with the options that only the command line takes, and where the others can be set") {
  CHECK(contains(unwrapped(help_text(Command::kProvision)),
                 "Each option but --print-config, --help and --version can also be set as a configuration key"));
  CHECK(contains(help_text(Command::kBatch), "\nEach option but --print-config, --report, --help and --version can"));
  CHECK(contains(help_text(Command::kStatus), "\nEach option but --print-config, --env, --help and --version can"));
}

TEST_CASE("check lists --remove-claim, and each command says what an option does there") {
  CHECK(contains(help_text(Command::kCheck),
                 "--remove-claim           also check that claim certificate and key can be"));
  CHECK(contains(help_text(Command::kRotate), "--force                  discard an unfinished rotation"));
  CHECK(contains(help_text(Command::kProvision), "--force                  provision again"));
  for (const Command command : {Command::kVerify, Command::kRotate}) {
    CHECK(contains(unwrapped(help_text(command)), "x-amzn-mqtt-ca [default: port of the identity, or 8883 with"));
  }
  CHECK(contains(help_text(Command::kProvision), "x-amzn-mqtt-ca [default: 8883]"));
  CHECK(contains(help_text(Command::kVerify), "--key FILE|URI           private key of the identity: a PEM file"));
}

TEST_CASE("every option matters to a command, and every command has its own word") {
  for (const OptionRow& option : option_table()) {
    CAPTURE(option.name);
    const auto commands = all_commands();
    CHECK(std::any_of(commands.begin(), commands.end(), [&](Command each) { return applies_to(each, option.id); }));
  }
  for (const Command each : commands()) CHECK(find_command(word(each)) == each);
  CHECK(find_command("") == std::nullopt);
  CHECK(nearest_command("statsu") == "status");
}

TEST_CASE("the version is that of the newest entry of the changelog") {
  CHECK(version_text() == std::string("fleet-provision ") + FLEET_PROVISION_VERSION + "\n");
}

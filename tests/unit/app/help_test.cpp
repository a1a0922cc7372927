#include "help.hpp"

#include <algorithm>
#include <sstream>

#include "given.hpp"
#include "option_table.hpp"
#include "tests/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::testing;

TEST_CASE("--help fits its columns, is ASCII and names every option of the table with its default") {
  const std::string help = help_text();
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
    CHECK(contains(help, entry));
    if (!option.default_value.empty()) CHECK(contains(help, "[" + std::string(option.default_value) + "]"));
  }
  CHECK(contains(help, "\nExamples:\n"));
  CHECK(contains(help, "\nExit codes:\n"));
  CHECK(help.back() == '\n');
}

TEST_CASE("the version is that of the newest entry of the changelog") {
  CHECK(version_text() == std::string("fleet-provision ") + FLEET_PROVISION_VERSION + "\n");
}

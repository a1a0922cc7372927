// docs/options.md describes each option as the option table does; a failing test prints the table that the page must
// hold.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "cli/option_table.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision {
namespace {

std::string without_bars(std::string_view text) {
  std::string escaped;
  for (const char each : text) {
    if (each == '|') escaped += '\\';
    escaped += each;
  }
  return escaped;
}

std::string page_row(const OptionRow& option) {
  std::string row = "| ";
  if (option.letter != 0) row += std::string("`-") + option.letter + "`, ";
  row += "`--" + std::string(option.name);
  if (!option.metavar.empty()) row += " " + without_bars(option.metavar);
  row += "` | " + without_bars(option.help) + " | ";
  if (!option.default_value.empty()) row += "`" + std::string(option.default_value) + "` ";
  return row + "|\n";
}

}  // namespace

TEST_CASE("docs/options.md lists the options of the option table") {
  std::ifstream file(FLEET_PROVISION_SOURCE_DIR "/docs/options.md", std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::string expected = "| option | meaning | default |\n|---|---|---|\n";
  for (const OptionRow& each : option_table()) expected += page_row(each);
  const bool holds = page.find("\n" + expected + "\n") != std::string::npos;
  // Does not use INFO, which would wrap the rows at 80 columns.
  if (!holds) std::cerr << "docs/options.md must hold:\n\n" << expected << "\n";
  CHECK(holds);
}

}  // namespace fleet_provision

// README.md tells of the options what the table says: the test prints what must stand there.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "option_table.hpp"
#include "tests/catch.hpp"

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

std::string readme_row(const OptionRow& option) {
  std::string row = "| ";
  if (option.letter != 0) row += std::string("`-") + option.letter + "`, ";
  row += "`--" + std::string(option.name);
  if (!option.metavar.empty()) row += " " + without_bars(option.metavar);
  row += "` | " + without_bars(option.help) + " | ";
  if (!option.default_value.empty()) row += "`" + std::string(option.default_value) + "` ";
  return row + "|\n";
}

}  // namespace

TEST_CASE("the options of README.md are those of the table") {
  std::ifstream file(FLEET_PROVISION_SOURCE_DIR "/README.md", std::ios::binary);
  const std::string readme{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::string expected = "| option | meaning | default |\n|---|---|---|\n";
  for (const OptionRow& each : option_table()) expected += readme_row(each);
  const bool holds = readme.find("\n" + expected + "\n") != std::string::npos;
  // Not by INFO, which would break the rows into lines of 80 columns.
  if (!holds) std::cerr << "README.md must hold:\n\n" << expected << "\n";
  CHECK(holds);
}

}  // namespace fleet_provision

// --help and docs/simulator.md match the tables of the code.
#include <fstream>
#include <sstream>

#include "service/configuration.hpp"
#include "service/faults.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/simulator_process.hpp"

using namespace fleet_provision::simulator;
using namespace fleet_provision::test;

namespace {

std::string manual() {
  std::ifstream file(SOURCE_DIR "/docs/simulator.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string with_value(const FaultDescription& row) {
  const bool optional = row.value == FaultValue::kOptionalNumber || row.value == FaultValue::kOptionalText;
  std::string text(row.name);
  if (!row.value_name.empty()) text += (optional ? "[=" : "=") + std::string(row.value_name) + (optional ? "]" : "");
  return text;
}

std::size_t rows_after(const std::string& text, const std::string& heading) {
  std::size_t rows = 0;
  std::istringstream lines(text.substr(text.find(heading)));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line.rfind("## ", 0) != 0) rows += line.rfind("| `", 0) == 0 ? 1 : 0;
  return rows;
}

}  // namespace

TEST_CASE("every fault stands in the help and in the manual, as it is") {
  const std::string help = run_process({SIMULATOR, "--help"}).out;
  const std::string text = manual();
  for (const auto& row : fault_table()) {
    INFO(row.name);
    CHECK(help.find("  " + with_value(row)) != std::string::npos);
    CHECK(help.find(row.meaning) != std::string::npos);
    const std::string line =
        "| `" + with_value(row) + "` | " + operations_of(row) + " | " + std::string(row.meaning) + " |";
    CHECK(text.find(line) != std::string::npos);
  }
  CHECK(rows_after(text, "## Faults") == fault_table().size());
}

TEST_CASE("every behaviour stands in the help and in the manual, documented or assumed") {
  const std::string help = run_process({SIMULATOR, "--help"}).out;
  const std::string text = manual();
  for (const auto& row : behaviour_table()) {
    INFO(row.name);
    CHECK(help.find(std::string(row.name) + "=" + std::string(row.values[0])) != std::string::npos);
    const std::string line = "| `" + std::string(row.name) + "` | `" + std::string(row.values[0]) + "` | `" +
                             std::string(row.values[1]) + "` | " + std::string(row.basis) + " | " +
                             std::string(row.meaning) + " |";
    CHECK(text.find(line) != std::string::npos);
  }
  CHECK(rows_after(text, "## Behaviours") == behaviour_table().size());
}

TEST_CASE("every option of the help stands in the manual") {
  const std::string text = manual();
  std::istringstream lines(run_process({SIMULATOR, "--help"}).out);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("  --", 0) != 0) continue;
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    INFO(name);
    CHECK(text.find("`" + name) != std::string::npos);
  }
}

TEST_CASE("the help fits a terminal") {
  const auto help = run_process({SIMULATOR, "--help"});
  CHECK(help.exit_code == 0);
  std::istringstream lines(help.out);
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(line.size() <= 100);
  }
  CHECK(run_process({SIMULATOR, "--version"}).out.rfind("fleet-provision-simulator ", 0) == 0);
}

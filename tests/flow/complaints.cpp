#include "tests/flow/complaints.hpp"

#include <sstream>

#include "core/text.hpp"

namespace fleet_provision::test {
namespace {

[[maybe_unused]] constexpr long kPeakKibMax = 64 * 1024;

/// Line ends and tabs are allowed; all other bytes must be safe on a terminal.
void look_for_raw_bytes(const char* stream, const std::string& text, std::vector<std::string>& complaints) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string shown = printable(line, 4 * line.size());
    if (shown != line) return complaints.push_back(std::string("unescaped bytes on ") + stream + ": " + shown);
  }
}

}  // namespace

std::vector<std::string> complaints_about(const ToolRun& run) {
  std::vector<std::string> complaints;
  if (run.hung) complaints.emplace_back("hung");
  if (!run.hung && run.exit_code < 0) complaints.push_back("ended by signal " + std::to_string(-run.exit_code));
  if (run.exit_code < 0) return complaints;
  look_for_raw_bytes("stdout", run.out, complaints);
  look_for_raw_bytes("stderr", run.err, complaints);
#ifndef FLEET_PROVISION_SANITIZED
  if (run.peak_kib > kPeakKibMax) complaints.push_back("took " + std::to_string(run.peak_kib) + " KiB");
#endif
  if (!run.result.is_object() || !run.result.contains("error")) {
    complaints.emplace_back("no result on stdout");
    return complaints;
  }
  const nlohmann::json& error = run.result["error"];
  if (error.is_null() != (run.exit_code == 0)) complaints.emplace_back("exit code and error do not belong together");
  if (error.is_null()) return complaints;
  if (error.at("exitCode") != run.exit_code) complaints.emplace_back("another exit code in the result");
  if (error.at("message").get<std::string>().empty()) complaints.emplace_back("a failure without a message");
  if (run.err.find("fleet-provision: error: ") == std::string::npos) complaints.emplace_back("no error on stderr");
  return complaints;
}

}  // namespace fleet_provision::test

// Writes a row of docs/reports/fault-tolerance.md for scripts/fault-tolerance, which names the output file in
// FAULT_INJECTION_ROWS.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

namespace fleet_provision::test {

/// The file for rows; null in a normal run of the tests.
inline const char* rows_file() {
  return std::getenv("FAULT_INJECTION_ROWS");
}

inline void report_row(const std::string& fault, std::size_t tried, const std::string& outcome) {
  if (rows_file() == nullptr) return;
  std::ofstream(rows_file(), std::ios::app) << "| " << fault << " | " << tried << " | " << outcome << " |\n";
}

}  // namespace fleet_provision::test

// Rows of a table. Each row is a real run of the program against its own service; many rows run in parallel.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/flow/byte_service.hpp"
#include "tests/flow/complaints.hpp"

namespace fleet_provision::test {

/// The --timeout of every run whose row does not set another one.
inline constexpr std::chrono::seconds kTimeout{30};
inline constexpr std::chrono::seconds kRequestTimeout{2};

/// Matches any kind: for a run that its timeout ends, the kind depends on the current step.
inline constexpr const char* kAny = "*";

struct Row {
  std::string name;
  std::vector<std::string> options = {};
  Deviation deviation = {};
  int code = 0;
  /// The error kind; empty for success.
  std::string kind = {};
  /// The maximum number of certificates that the service may have created when the run ends.
  unsigned certificates_max = 1;
  /// Text that stderr must contain.
  std::string said = {};
  /// After a failure the same command must succeed once the service is healthy.
  bool recovered_then_provisioned = true;
};

/// Runs all rows and checks each, in a Catch2 test case.
void check_rows(const std::vector<Row>& rows);

/// Calls `work(i)` for each i below `count` on several threads.
void side_by_side(std::size_t count, const std::function<void(std::size_t)>& work);

/// The differences between a run and the expectation, in addition to `complaints_about`.
[[nodiscard]] std::vector<std::string> compare(const ToolRun& ended, int code, const std::string& kind);

}  // namespace fleet_provision::test

// Rows of a table, each a real run of the program against a service of its own, many at once.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/flow/byte_service.hpp"
#include "tests/flow/complaints.hpp"

namespace fleet_provision::test {

/// Of every run whose row does not say otherwise.
inline constexpr std::chrono::seconds kTimeout{30};
inline constexpr std::chrono::seconds kRequestTimeout{2};

/// For a run that its timeout ends: the kind is that of whatever was under way.
inline constexpr const char* kAny = "*";

struct Row {
  std::string name;
  std::vector<std::string> options = {};
  Deviation deviation = {};
  int code = 0;
  /// Of the error; empty for success.
  std::string kind = {};
  /// Certificates the service may have made at most when the run ends.
  unsigned certificates_max = 1;
  /// Stands on stderr.
  std::string said = {};
  /// After a failure: with the service mended, the same command ends in success.
  bool mended_then_provisioned = true;
};

/// Runs all rows and checks each, in a Catch2 test case.
void check_rows(const std::vector<Row>& rows);

/// `work(i)` for each i below `count`, on as many threads as wait well together.
void side_by_side(std::size_t count, const std::function<void(std::size_t)>& work);

/// What is wrong with how a run ended, beyond `complaints_about`.
[[nodiscard]] std::vector<std::string> compare(const ToolRun& ended, int code, const std::string& kind);

}  // namespace fleet_provision::test

// docs/errors.md has one row for each kind, in the order of the table, with its exit code and whether to run again.
#include <fstream>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

std::string trimmed(std::string text) {
  text.erase(0, text.find_first_not_of(" `"));
  text.erase(text.find_last_not_of(" `") + 1);
  return text;
}

/// kind, exit code, run again, an example, what to do.
using PageRow = std::vector<std::string>;

std::vector<PageRow> rows_of_page() {
  std::ifstream page(FLEET_PROVISION_DOCS "/errors.md");
  std::vector<PageRow> rows;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("| `", 0) != 0) continue;
    PageRow row;
    for (std::size_t start = 1; start < line.size();) {
      const std::size_t end = std::min(line.find(" |", start), line.size());
      row.push_back(trimmed(line.substr(start, end - start)));
      start = end + 2;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

TEST_CASE("docs/errors.md has a row for each kind, in their order, and none besides") {
  std::vector<std::string> on_page;
  for (const PageRow& row : rows_of_page()) on_page.push_back(row.front());
  std::vector<std::string> in_code;
  for (const ErrorKind kind : all_error_kinds()) in_code.emplace_back(word(kind));
  CHECK(on_page == in_code);
}

TEST_CASE("docs/errors.md gives each kind its exit code, an example and a remedy") {
  const std::vector<PageRow> rows = rows_of_page();
  REQUIRE_FALSE(rows.empty());
  for (const PageRow& row : rows) {
    INFO(row.front());
    REQUIRE(row.size() == 5);
    for (const ErrorKind kind : all_error_kinds()) {
      if (word(kind) != row[0]) continue;
      CHECK(row[1] == std::to_string(static_cast<int>(exit_code(kind))));
      CHECK(row[2] == (retryable(kind) ? "yes" : "no"));
    }
    CHECK(row[3].size() > 10);
    CHECK_FALSE(row[3].ends_with('.'));
    CHECK(row[4].size() > 10);
  }
}

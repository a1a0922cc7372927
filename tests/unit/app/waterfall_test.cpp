#include "output/waterfall.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("bars stand where the phases were, within the columns") {
  const std::vector<PhaseSpan> timeline{{Phase::kTcp, 1, 0, 50}, {Phase::kTls, 1, 50, 50}, {Phase::kMqtt, 1, 100, 0}};
  CHECK(waterfall({}, 80, false).empty());
  const auto lines = waterfall(timeline, 46, false);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "tcp           50.0 ms |==========          |");
  CHECK(lines[1] == "tls           50.0 ms |          ==========|");
  CHECK(lines[2] == "mqtt           0.0 ms |                   =|");
  for (const std::size_t columns : {40U, 80U, 200U}) {
    for (const std::string& line : waterfall(timeline, columns, false)) CHECK(line.size() <= columns);
  }
}

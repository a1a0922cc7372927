// Times of the wall clock as text.
#include "core/wall_time.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;
using std::chrono::milliseconds;

TEST_CASE("a time with milliseconds is written and read") {
  const WallTime second = *parse_rfc3339("2026-11-23T06:12:00Z");
  CHECK(rfc3339_milliseconds(second) == "2026-11-23T06:12:00.000Z");
  CHECK(rfc3339_milliseconds(second + milliseconds(42)) == "2026-11-23T06:12:00.042Z");
  CHECK(rfc3339_milliseconds(second + std::chrono::microseconds(999'999)) == "2026-11-23T06:12:00.999Z");
  CHECK(rfc3339_milliseconds(WallTime(milliseconds(-1))) == "1969-12-31T23:59:59.999Z");
  CHECK(parse_rfc3339_milliseconds("2026-11-23T06:12:00.042Z") == second + milliseconds(42));
  CHECK(parse_rfc3339_milliseconds("2026-11-23T06:12:00Z") == second);
  CHECK(parse_rfc3339_milliseconds("1969-12-31T23:59:59.999Z") == WallTime(milliseconds(-1)));
  for (const WallTime time :
       {WallTime::min() + std::chrono::seconds(1), WallTime::max() - std::chrono::seconds(2), WallTime::max()}) {
    CHECK(parse_rfc3339_milliseconds(rfc3339_milliseconds(time)) == std::chrono::floor<milliseconds>(time));
  }
}

TEST_CASE("a text that is no time with milliseconds is refused") {
  for (const char* text :
       {"", ".", "Z", "2026-11-23T06:12:00.04Z", "2026-11-23T06:12:00.0422Z", "2026-11-23T06:12:00.042",
        "2026-11-23T06:12:00.-42Z", "2026-11-23T06:12:00.+42Z", "2026-11-23T06:12:60.042Z", "2026-11-23T06:12:00.042z",
        "2026-11-23T06:12:00Z.042Z", "2262-04-11T23:47:16.999Z"}) {
    INFO(text);
    CHECK_FALSE(parse_rfc3339_milliseconds(text));
  }
}

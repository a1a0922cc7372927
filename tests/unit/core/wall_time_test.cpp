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

TEST_CASE("a time has the form of RFC 3339 in UTC and is a time that exists") {
  for (const char* good : {"1970-01-01T00:00:00Z", "2026-12-31T23:59:59Z", "2024-02-29T00:00:00Z",
                           "1999-09-19T09:19:09Z", "2262-04-11T23:47:16Z", "1677-09-21T00:12:44Z"}) {
    INFO(good);
    const auto time = parse_rfc3339(good);
    REQUIRE(time);
    CHECK(rfc3339(*time) == good);
  }
  for (const char* bad :
       {"2026-12-31T24:00:00Z", "2026-12-31T23:60:00Z", "2026-12-31T23:59:60Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-00T00:00:00Z", "2262-04-11T23:47:17Z",
        "1677-09-21T00:12:43Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00z", "202/-01-01T00:00:00Z",
        "202:-01-01T00:00:00Z", "2026-01-01T00:00:0:Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00ZZ",
        "2026/01/01T00:00:00Z"}) {
    INFO(bad);
    CHECK_FALSE(parse_rfc3339(bad));
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

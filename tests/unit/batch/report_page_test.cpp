// report.html as text. tests/batch/report_page_test.py looks at it in Chromium.
#include <openssl/evp.h>

#include <array>
#include <string>
#include <vector>

#include "batch/report/report_page_parts.hpp"
#include "report_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::batch::test;

namespace {

const std::string kOverride{'\xe2', '\x80', '\xae'};
const std::vector<std::string> kHostile{"</script><script>alert(1)</script>",
                                        "\"><img src=x onerror=alert(1)>",
                                        kOverride + "gnp.exe",
                                        "\x1b[31m",
                                        "<!--",
                                        "' onclick='alert(1)",
                                        std::string(128, 'W'),
                                        "=cmd|' /C calc'!A0"};

/// A result whose every text is `text`.
UnitResult hostile(const std::string& text, bool is_failure) {
  UnitResult result = is_failure ? failed("failed" + text) : provisioned(text);
  result.thing_name = text;
  result.certificate_id = text;
  if (is_failure) result.kind = result.message = result.hint = result.duplicate_of = text;
  return result;
}

/// The table of a report with more rows is data.
constexpr PageLimits kShortTable{.table_rows = 1, .page_rows = 100};

}  // namespace

TEST_CASE("the headline is the result of the batch") {
  struct Row {
    std::vector<UnitResult> results;
    std::size_t units;
    const char* headline;
    const char* verdict;
  };
  const Row rows[] = {
      {{}, 0, "0 of 0 provisioned; 0 failed for good; 0 remain", "No unit has a result yet."},
      {{}, 5, "0 of 5 provisioned; 0 failed for good; 5 remain", "No unit has a result yet."},
      {{provisioned("a")}, 1, "1 of 1 provisioned; 0 failed for good; 0 remain", "Every unit has its identity."},
      {{provisioned("a")}, 0, "1 of 1 provisioned; 0 failed for good; 0 remain", "Every unit that has a result"},
      {{failed("a"), failed("b")}, 2, "0 of 2 provisioned; 2 failed for good; 0 remain", "Correct the causes below"},
      {{provisioned("a"), failed("b", "throttled", true)},
       2000,
       "1 of 2\u202f000 provisioned; 0 failed for good; 1\u202f999 remain",
       "Rerun the same command to finish the 1\u202f999 units that remain."},
      {{provisioned("a"), failed("b"), failed("c", "throttled", true)},
       3,
       "1 of 3 provisioned; 1 failed for good; 1 remain",
       "finish the 1 unit that remains. What failed for good"}};
  for (const Row& row : rows) {
    INFO(row.headline);
    Stations stations;
    stations.add("line", lines_of(row.results), row.units);
    REQUIRE(stations.write());
    CHECK_THAT(stations.page(), Catch::Contains(std::string("<h1>") + row.headline + "</h1>"));
    CHECK_THAT(stations.page(), Catch::Contains(row.verdict));
  }
}

TEST_CASE("hostile text stays text, in the table and in the data of a long one") {
  for (const bool is_long : {false, true}) {
    std::vector<UnitResult> results;
    for (const std::string& text : kHostile) {
      results.push_back(hostile(text, false));
      results.push_back(hostile(text, true));
    }
    Stations stations;
    stations.add("line<b>", lines_of(results), 20);
    REQUIRE(stations.write(is_long ? kShortTable : PageLimits{}));
    const std::string page = stations.page();
    CHECK(times(page, "<script") == (is_long ? 2 : 1));
    CHECK(times(page, "</script") == (is_long ? 2 : 1));
    CHECK(times(page, "<img") == 0);
    CHECK(times(page, "<!--") == 0);
    CHECK(times(page, "<b>") + times(page, " onclick='") <= results.size());
    CHECK(page.find(kOverride) == std::string::npos);
    CHECK(page.find('\x1b') == std::string::npos);
    CHECK(times(page, "http:") + times(page, "https:") + times(page, "url(") == 0);
    const std::string csv = stations.csv();
    CHECK(csv.find(kOverride) == std::string::npos);
    CHECK(csv.find('\x1b') == std::string::npos);
    CHECK(csv.find("\n=") == std::string::npos);
    CHECK(csv.find(",=") == std::string::npos);
  }
}

TEST_CASE("a table of all units is in the page, or their data in a long report") {
  Stations stations;
  stations.add("line", lines_of({provisioned("a"), failed("b")}));
  REQUIRE(stations.write());
  CHECK(times(stations.page(), "<th scope=\"row\">") == 2);
  CHECK_THAT(stations.page(), Catch::Contains("<td class=\"outcome failure\">failed for good</td>"));
  REQUIRE(stations.write(kShortTable));
  CHECK(times(stations.page(), "<th scope=\"row\">") == 0);
  CHECK_THAT(stations.page(), Catch::Contains("[\"a\",\"provisioned\",\"\",\"\",\"gateway-a\",\"1\",\"250 ms\","
                                              "\"2026-11-27 06:12:00\",\"cert-a\"],\n[\"b\",\"failed for good\""));
  CHECK_THAT(stations.page(), Catch::Contains("needs the script of this page; report.csv has them all"));
  REQUIRE(stations.write({.table_rows = 0, .page_rows = 1}));
  CHECK(times(stations.page(), "\n[\"") == 1);
  CHECK_THAT(stations.page(),
             Catch::Contains("\n[\"b\",") && Catch::Contains("Only units that failed are listed here"));
  CHECK(times(stations.csv(), "\n") == 3);
}

TEST_CASE("failures stand by kind with their hint and the first units") {
  std::vector<UnitResult> results;
  results.reserve(31);
  for (int i = 0; i < 30; ++i) results.push_back(failed("t" + std::to_string(i), "throttled", true));
  results.push_back(failed("r"));
  Stations stations;
  stations.add("line", lines_of(results));
  REQUIRE(stations.write());
  const std::string page = stations.page();
  CHECK(times(page, "data-kind=") == 2);
  // A failure for good comes first.
  CHECK(page.find("data-kind=\"rejected\"") < page.find("data-kind=\"throttled\""));
  CHECK_THAT(page, Catch::Contains("Can be rerun: 30 units"));
  CHECK_THAT(page, Catch::Contains("<b>t19</b>") && !Catch::Contains("<b>t20</b>"));
  CHECK_THAT(page, Catch::Contains("The first 20 of 30 units."));
  CHECK_THAT(page, Catch::Contains("href=\"#kind=throttled\""));
  CHECK(times(page, "correct the manifest") == 2);
}

TEST_CASE("a file with more kinds than there are does not make the page long") {
  std::vector<UnitResult> results;
  results.reserve(400);
  for (int i = 0; i < 400; ++i) results.push_back(failed("u" + std::to_string(i), "kind-" + std::to_string(i)));
  Stations stations;
  stations.add("line", lines_of(results));
  REQUIRE(stations.write());
  CHECK(times(stations.page(), "data-kind=") == 50);
  // The words of 298 kinds are kept, beside that of no kind.
  CHECK_THAT(stations.page(), Catch::Contains("data-kind=\"other kinds\"") &&
                                  Catch::Contains("Failed for good: 102 units") &&
                                  Catch::Contains("249 further kinds not listed here."));
  CHECK(times(stations.csv(), "\n") == 401);
}

TEST_CASE("a thing name that two units have is shown with both, also of two stations") {
  Stations stations;
  UnitResult second = failed("b", "duplicate-thing-name");
  second.thing_name = "gateway-a";
  second.duplicate_of = "a";
  UnitResult alone = failed("d", "duplicate-thing-name");
  alone.thing_name = "gateway-of-another";
  alone.duplicate_of = "elsewhere";
  UnitResult third = provisioned("c");
  third.thing_name = "gateway-a";
  stations.add("one", lines_of({provisioned("a"), second, alone}));
  stations.add("two", lines_of({third, provisioned("e")}));
  REQUIRE(stations.write());
  const std::string page = stations.page();
  CHECK(times(page, "data-thing") == 2);
  CHECK_THAT(page, Catch::Contains("<code>gateway-a</code></p><p class=\"advice\">Units: <code>a</code>, "
                                   "<code>b</code>, <code>c</code></p>"));
  CHECK_THAT(page, Catch::Contains("Units: <code>elsewhere</code>, <code>d</code></p>"));
}

TEST_CASE("units without a result are counted once for each manifest and shard") {
  struct Row {
    const char* what;
    std::size_t units_of_two;
    const char* shard_of_two;
    std::vector<UnitResult> two;
    const char* headline;
  };
  const Row rows[] = {
      {"two shards", 3, "2/2", {provisioned("c")}, "2 of 5 provisioned; 0 failed for good; 3 remain"},
      {"a unit in both", 3, "2/2", {provisioned("a")}, "1 of 4 provisioned; 0 failed for good; 3 remain"},
      {"one shard twice", 2, "1/2", {provisioned("b")}, "2 of 2 provisioned; 0 failed for good; 0 remain"},
      {"two manifests of one name",
       2,
       "1/2",
       {provisioned("b"), provisioned("c")},
       "3 of 4 provisioned; 0 failed for good; 1 remain"},
      {"no batch.json", 0, "", {provisioned("b")}, "2 of 2 provisioned; 0 failed for good; 0 remain"}};
  for (const Row& row : rows) {
    INFO(row.what);
    Stations stations;
    stations.add("one", lines_of({provisioned("a")}), 2, "1/2");
    stations.add("two", lines_of(row.two), row.units_of_two, row.shard_of_two);
    REQUIRE(stations.write());
    CHECK_THAT(stations.page(), Catch::Contains(std::string("<h1>") + row.headline + "</h1>"));
  }
}

TEST_CASE("the policy of report.html allows its own style sheet and script") {
  for (const PagePart& part : {page_base_style(), report_style(), report_script()}) {
    std::array<unsigned char, 32> digest{};
    std::array<unsigned char, 64> base64{};
    EVP_Digest(part.text.text().data(), part.text.text().size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    const int size = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
    const std::string hash(base64.begin(), base64.begin() + size);
    INFO("put this hash into batch/report/report_style.cpp or lib/core/page_style.cpp after a change");
    CHECK(part.hash == "sha256-" + hash);
  }
}

#include "batch/manifest/manifest.hpp"

#include <set>

#include "tests/support/catch.hpp"
#include "tests/unit/batch/manifest_fixture.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::batch::test;

namespace {

using Texts = std::vector<std::string>;

Unit unit_of(const Manifest& manifest, Manifest::Number number) {
  auto unit = manifest.unit(number);
  REQUIRE(unit);
  return std::move(*unit);
}

}  // namespace

TEST_CASE("a CSV file and the JSON Lines of its rows give the same units") {
  const ManifestFixture fixture;
  fixture.write("a.csr", "");
  const auto csv = fixture.read("units.csv",
                                "SerialNumber,Model,--csr\r\n"
                                "1,\"a,\"\"b\"\"\r\nc\",@/a.csr\r\n"
                                "2,@x,\r\n"
                                "\r\n"
                                "3,,\r\n",
                                fixture.complete());
  CHECK(fixture.texts(csv) == Texts{});
  const auto jsonl = fixture.read("units.jsonl",
                                  R"({"SerialNumber": "1", "--csr": "@/a.csr", "Model": "a,\"b\"\r\nc"})"
                                  "\n"
                                  R"({"SerialNumber": "2", "Model": "@x"})"
                                  "\n\n"
                                  R"({"SerialNumber": "3", "Model": ""})",
                                  fixture.complete());
  CHECK(fixture.texts(jsonl) == Texts{});
  const auto& one = std::get<Manifest>(csv);
  const auto& other = std::get<Manifest>(jsonl);
  REQUIRE(one.size() == 3);
  REQUIRE(other.size() == 3);
  CHECK(one.line(0) == 2);
  CHECK(one.line(1) == 4);
  CHECK(one.line(2) == 6);
  CHECK(other.line(2) == 4);
  for (Manifest::Number i = 0; i < 3; ++i) {
    const Unit a = unit_of(one, i);
    const Unit b = unit_of(other, i);
    CHECK(a.name == std::to_string(i + 1));
    CHECK(a.name == one.name(i));
    CHECK(a.name == b.name);
    CHECK(a.state_dir == fixture.path("out/units/" + a.name));
    CHECK(a.state_dir == b.state_dir);
    CHECK(a.digest == b.digest);
    CHECK(a.digest.size() == 16);
    CHECK(a.time_limit == Milliseconds{300'000});
    CHECK(std::multiset<std::string>(a.arguments.begin(), a.arguments.end()) ==
          std::multiset<std::string>(b.arguments.begin(), b.arguments.end()));
  }
  CHECK(unit_of(one, 1).arguments == Texts{"--json", "--log-format", "json", "--color", "never", "--quiet=false",
                                           "--endpoint=a.example", "--claim=" + fixture.path("claim.json"),
                                           "--template=gateway", "--parameter=SerialNumber=2", "--parameter=Model=@@x",
                                           "--state-dir=" + fixture.path("out/units/2")});
}

#include "batch/manifest/manifest.hpp"

#include <set>

#include "batch/manifest/error_list.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/batch/manifest_fixture.hpp"

// A comparison with no texts prints those that there are.
// NOLINTBEGIN(readability-container-size-empty)
using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::batch::test;

namespace {

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

TEST_CASE("the arguments of a unit are read as the options that were checked") {
  const ManifestFixture fixture;
  fixture.write("value", "of-file");
  fixture.write("base.json", R"({"Base": "file", "Model": "file", "Empty": "kept"})");
  fixture.write("own.json", R"({"Own": "1"})");
  Arguments arguments = fixture.complete();
  arguments.insert(arguments.end(), {"-P",           "Base=@" + fixture.path("value"),
                                     "-P",           "Model=line",
                                     "-P",           "At=@@x",
                                     "--parameters", fixture.path("base.json"),
                                     "--alpn",       "",
                                     "-vv",          "--quiet",
                                     "--log-format", "text",
                                     "--jobs",       "3",
                                     "--rate",       "5",
                                     "--timeout",    "20",
                                     "--verify",     "--force=false",
                                     "--client-id",  "gw-{S}"});
  const Environment environment{{"FLEET_PROVISION_PARAMETER", "Environment=1"},
                                {"FLEET_PROVISION_STATE_DIR", "/ignored"},
                                {"FLEET_PROVISION_QUIET", "true"}};
  const std::string csv =
      "S,Model,Empty,--timeout,--splay,--verify,--alpn,--parameters,--csr-subject,--client-id\n"
      "1,-x,,30,1.5,false,,,,\n"
      "2,@/literal,@@,,,,b,,\"CN=a b, O=-\",\n"
      "3,--a=b,\"x\ny \"\"\",,,,,@/own.json,,\n"
      "4,,=,,,,,,,-4\n";
  const auto read = fixture.read("units.csv", csv, arguments, environment);
  REQUIRE(fixture.texts(read) == Texts{});
  const auto& manifest = std::get<Manifest>(read);
  struct Row {
    Parameters parameters;
    std::string client_id;
    Milliseconds limit;
    bool verify;
    std::optional<std::string> alpn;
  };
  // `@/` of the manifest became the directory.
  const std::string at = "@" + fixture.path("literal").substr(1);
  const Row rows[] = {
      {{{"At", "@x"}, {"Base", "of-file"}, {"Empty", "kept"}, {"Environment", "1"}, {"Model", "-x"}, {"S", "1"}},
       "gw-1",
       Milliseconds{31'500},
       false,
       ""},
      {{{"At", "@x"},
        {"Base", "of-file"},
        {"Empty", "@@"},
        {"Environment", "1"},
        {"Model", fixture.path("literal")},
        {"S", "2"}},
       "gw-2",
       Milliseconds{20'000},
       true,
       "b"},
      {{{"At", "@x"},
        {"Base", "of-file"},
        {"Empty", "x\ny \""},
        {"Environment", "1"},
        {"Model", "--a=b"},
        {"Own", "1"},
        {"S", "3"}},
       "gw-3",
       Milliseconds{20'000},
       true,
       ""},
      {{{"At", "@x"}, {"Base", "of-file"}, {"Empty", "="}, {"Environment", "1"}, {"Model", "line"}, {"S", "4"}},
       "-4",
       Milliseconds{20'000},
       true,
       ""},
  };
  for (Manifest::Number i = 0; i < manifest.size(); ++i) {
    CAPTURE(i);
    const Unit unit = unit_of(manifest, i);
    const auto options = fleet_provision::test::options_of(unit.arguments, environment);
    REQUIRE(options);
    CHECK(options->command() == Command::kProvision);
    CHECK(check_options_of_command(*options));
    std::vector<std::string> warnings;
    const auto request = plan_from_options(*options, environment, warnings);
    REQUIRE(request);
    CHECK(request->plan.parameters == rows[i].parameters);
    CHECK(request->plan.client_id == rows[i].client_id);
    CHECK(request->plan.splay + request->plan.timeout == rows[i].limit);
    CHECK(unit.time_limit == rows[i].limit);
    CHECK(request->plan.verify == rows[i].verify);
    CHECK(request->connection.alpn == rows[i].alpn);
    CHECK(request->plan.state_dir == unit.state_dir);
    CHECK(options->flag(OptionId::kJson).value());
    CHECK_FALSE(options->flag(OptionId::kQuiet).value());
    CHECK(options->count(OptionId::kVerbose).value() == 2);
    CHECK(options->text(OptionId::kLogFormat) == "json");
    CHECK(options->given(OptionId::kJobs) == nullptr);
  }
}

TEST_CASE("the digest of a unit changes with its row alone") {
  const ManifestFixture fixture;
  const auto digest = [&fixture](const std::string& csv, const Arguments& more = {}) {
    Arguments arguments = fixture.complete();
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto read = fixture.read("units.csv", csv, arguments);
    REQUIRE(fixture.texts(read) == Texts{});
    std::string digits = unit_of(std::get<Manifest>(read), 0).digest;
    CHECK(std::get<Manifest>(read).digest(0).value() == std::stoull(digits, nullptr, 16));
    return digits;
  };
  const std::string same = digest("S,M\n1,2\n");
  // FNV-1a of M, 2, S and 1, each with a NUL behind it.
  CHECK(same == "1251e5599be5e450");
  for (const char* csv : {"M,S\n2,1\n", "S,M,N\n1,2,\n", "S,M\r\n\r\n\"1\",\"2\"\r\n", "S,M,--timeout\n1,2,\n"}) {
    CAPTURE(csv);
    CHECK(digest(csv, {"--unit", "{S}"}) == same);
  }
  CHECK(digest("S,M\n1,2\n", {"--timeout", "9", "-P", "x=y"}) == same);
  for (const char* csv : {"S,M\n1,3\n", "S,N\n1,2\n", "S,M\n12,\n", "S,M,--timeout\n1,2,9\n", "S,M,N\n1,2,3\n"}) {
    CAPTURE(csv);
    CHECK(digest(csv) != same);
  }
}

TEST_CASE("each unit belongs to one shard, and only its station needs its files") {
  const ManifestFixture fixture;
  std::string csv = "S,--csr\n";
  for (int i = 0; i < 200; ++i) csv += "gw-" + std::to_string(i) + ",\n";
  std::set<std::string> seen;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    Arguments arguments = fixture.complete();
    arguments.insert(arguments.end(), {"--shard", shard});
    const auto read = fixture.read("units.csv", csv, arguments);
    REQUIRE(fixture.texts(read) == Texts{});
    const auto& manifest = std::get<Manifest>(read);
    CHECK(manifest.size_of_all_shards() == 200);
    CHECK(manifest.size() > 40);
    for (Manifest::Number i = 0; i < manifest.size(); ++i) {
      CHECK(seen.insert(std::string(manifest.name(i))).second);
      CHECK(unit_of(manifest, i).name == manifest.name(i));
      CHECK(manifest.name(i) == "gw-" + std::to_string(manifest.line(i) - 2));
    }
  }
  CHECK(seen.size() == 200);
  // The hash is fixed: stations of different versions divide a manifest in the same way.
  CHECK(belongs_to({3, 3}, "gw-0"));
  const std::string files = "S,--csr\ngw-0,@/no.csr\ngw-1,@/no2.csr\n";
  CHECK(fixture.errors("units.csv", files).size() == 2);
  std::size_t errors = 0;
  for (const char* shard : {"1/3", "2/3", "3/3"})
    errors += fixture.errors("units.csv", files, {"--shard", shard}).size();
  CHECK(errors == 2);
  // Names and files that are used twice are errors on each station.
  CHECK(fixture.errors("units.csv", "S,--csr\na,@/x\na,@/x\n", {"--shard", "1/3"}).size() >= 2);
}

TEST_CASE("a batch goes on with what it checked, whatever happens to the manifest") {
  const ManifestFixture fixture;
  const auto read = fixture.read("units.csv", "S,M\n1,a\n2,b\n", fixture.complete());
  REQUIRE(fixture.texts(read) == Texts{});
  fixture.write("units.csv", "S,M\n7,x\n8,y\n");
  std::filesystem::remove(fixture.path("units.csv"));
  CHECK(unit_of(std::get<Manifest>(read), 1).name == "2");
  CHECK(unit_of(std::get<Manifest>(read), 1).arguments.at(10) == "--parameter=M=b");
  // Its copy has no name.
  CHECK(std::filesystem::is_empty(fixture.path("out")));
}

TEST_CASE("all errors are listed in the order of lines, up to a limit that is said") {
  const ManifestFixture fixture;
  std::string csv = "S,--timeout,--csr\n";
  for (int i = 0; i < 50; ++i) csv += "gw " + std::to_string(i) + ",x,\n";
  const auto errors = std::get<std::vector<Error>>(fixture.read("units.csv", csv, fixture.complete()));
  REQUIRE(errors.size() == 100);
  for (std::size_t i = 0; i < errors.size(); ++i) {
    CHECK(errors[i].kind == ErrorKind::kManifestUnusable);
    CHECK(errors[i].message.starts_with(fixture.path("units.csv") + ": line " + std::to_string(i / 2 + 2) +
                                        ", column " + std::to_string(i % 2 + 1)));
  }
  for (int i = 50; i < 700; ++i) csv += "gw " + std::to_string(i) + ",x,\n";
  const auto many = std::get<std::vector<Error>>(fixture.read("units.csv", csv, fixture.complete()));
  REQUIRE(many.size() == kErrorsListedMax + 1);
  CHECK(many.back().message == fixture.path("units.csv") + ": and 400 more errors");
}

TEST_CASE("what is missing altogether is one error with its own kind") {
  const ManifestFixture fixture;
  const std::string csv = "S,--timeout\n1,\n2,x\n3,\n";
  const auto read = fixture.read("units.csv", csv, {"batch", "--output-dir", fixture.path("out")});
  CHECK(fixture.texts(read) ==
        Texts{"--claim, or --claim-cert with --claim-key, is required [give --claim FILE or set FLEET_PROVISION_CLAIM]",
              "--endpoint is required [give --endpoint HOST[:PORT] or set FLEET_PROVISION_ENDPOINT]",
              "--template is required [give --template NAME or set FLEET_PROVISION_TEMPLATE]",
              "@/units.csv: line 3, column 2 (--timeout): \"x\" is not a number of seconds from 1 to 604800 []"});
  const auto& errors = std::get<std::vector<Error>>(read);
  CHECK(errors[0].kind == ErrorKind::kUsage);
  CHECK(errors[3].kind == ErrorKind::kManifestUnusable);
  CHECK(fixture.texts(fixture.read("units.csv", "S,--endpoint,--template,--claim\n1,b.example,t,@/claim.json\n",
                                   {"batch", "--output-dir", fixture.path("out")})) == Texts{});
}
// NOLINTEND(readability-container-size-empty)

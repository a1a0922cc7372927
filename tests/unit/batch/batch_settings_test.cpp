#include "batch/batch_settings.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::test;

namespace {

/// With what every batch needs, unless `arguments` begin with `--report`.
Result<BatchSettings> settings_of(Arguments arguments, const Environment& environment = {}) {
  const bool bare = !arguments.empty() && arguments.front() == "--report";
  if (!bare) arguments.insert(arguments.begin(), {"--manifest", "u.csv", "--output-dir", "out"});
  arguments.insert(arguments.begin(), "batch");
  const auto options = options_of(arguments, environment);
  if (!options) return fail(options.error());
  return batch_settings_from(*options);
}

}  // namespace

TEST_CASE("the options of a batch as values, with their defaults") {
  const auto least = settings_of({});
  REQUIRE(least);
  CHECK(least->manifest == "u.csv");
  CHECK(least->manifest_format == ManifestFormat::kCsv);
  CHECK(least->output_dir == "out");
  CHECK_FALSE(least->unit_pattern);
  CHECK(least->jobs == 8);
  CHECK_FALSE(least->rate);
  CHECK(least->shard.part == 1);
  CHECK(least->shard.parts == 1);
  CHECK_FALSE(least->stop_after);
  CHECK_FALSE(least->report_only);

  const auto most = settings_of({"--manifest=-", "--manifest-format", "jsonl", "--output-dir", "a/b///", "--unit",
                                 "{Line}-{Serial}", "--jobs", "1000", "--rate", "0.25", "--stop-after", "5"},
                                {{"FLEET_PROVISION_SHARD", "3/4"}});
  REQUIRE(most);
  CHECK(most->manifest == "-");
  CHECK(most->manifest_format == ManifestFormat::kJsonLines);
  CHECK(most->output_dir == "a/b");
  CHECK(most->unit_pattern == "{Line}-{Serial}");
  CHECK(most->jobs == 1000);
  CHECK(most->rate == 0.25);
  CHECK(most->shard.part == 3);
  CHECK(most->shard.parts == 4);
  CHECK(most->stop_after == 5U);
  CHECK(settings_of({"--output-dir", "/"})->output_dir == "/");
}

TEST_CASE("the name of a manifest tells its format") {
  for (const char* name : {"u.csv", "U.CSV", "a.b/c.csv"}) {
    CHECK(settings_of({"--manifest", name})->manifest_format == ManifestFormat::kCsv);
  }
  for (const char* name : {"u.jsonl", "u.ndjson", "u.JSONL"}) {
    CHECK(settings_of({"--manifest", name})->manifest_format == ManifestFormat::kJsonLines);
  }
  CHECK(settings_of({"--manifest", "u.jsonl", "--manifest-format", "csv"})->manifest_format == ManifestFormat::kCsv);
}

TEST_CASE("a bad option of a batch names its origin and says what to give") {
  struct Row {
    Arguments arguments;
    Environment environment;
    std::string text;
  };
  const Row rows[] = {
      {{"--jobs", "0"}, {}, "--jobs: \"0\" is not a whole number from 1 to 1000 []"},
      {{"--jobs", "8x"}, {}, "--jobs: \"8x\" is not a whole number from 1 to 1000 []"},
      {{},
       {{"FLEET_PROVISION_JOBS", "1001"}},
       "FLEET_PROVISION_JOBS: \"1001\" is not a whole number from 1 to 1000 []"},
      {{"--rate", "0"},
       {},
       "--rate: \"0\" is not a number of operations per second from 0.01 to 100000 [give the rate that the account "
       "allows, e.g. --rate 10]"},
      {{"--rate", "fast"},
       {},
       "--rate: \"fast\" is not a number of operations per second from 0.01 to 100000 [give the rate that the account "
       "allows, e.g. --rate 10]"},
      {{"--rate", "-1"},
       {},
       "--rate: \"-1\" is not a number of operations per second from 0.01 to 100000 [give the rate that the account "
       "allows, e.g. --rate 10]"},
      {{"--shard", "0/4"},
       {},
       "--shard: \"0/4\" is not a part I/N [parts count from 1: add 1 to an index that begins at 0]"},
      {{"--shard", "5/4"},
       {},
       "--shard: \"5/4\" is not a part I/N [give 1/N to N/N, e.g. 1/4 on the first of four stations]"},
      {{"--shard", "1"},
       {},
       "--shard: \"1\" is not a part I/N [give 1/N to N/N, e.g. 1/4 on the first of four stations]"},
      {{"--shard", "1/2/3"},
       {},
       "--shard: \"1/2/3\" is not a part I/N [give 1/N to N/N, e.g. 1/4 on the first of four stations]"},
      {{"--shard", "1/"},
       {},
       "--shard: \"1/\" is not a part I/N [give 1/N to N/N, e.g. 1/4 on the first of four stations]"},
      {{"--shard", "1/1000001"},
       {},
       "--shard: \"1/1000001\" is not a part I/N [give 1/N to N/N, e.g. 1/4 on the first of four stations]"},
      {{"--stop-after", "0"}, {}, "--stop-after: \"0\" is not a whole number from 1 to 1000000000 []"},
      {{"--unit", "{a"}, {}, "--unit: \"{a\" holds a { without its } [write {Name} for the column Name]"},
      {{"--unit", "a}"}, {}, "--unit: \"a}\" holds a } without its { [write {Name} for the column Name]"},
      {{"--unit", "{a{b}}"}, {}, "--unit: \"{a{b}}\" holds a { without its } [write {Name} for the column Name]"},
      {{"--unit", ""}, {}, "--unit: \"\" is empty [write {Name} for the column Name]"},
      {{"--manifest", ""}, {}, "--manifest: the path is empty []"},
      {{"--output-dir", ""}, {}, "--output-dir: the path is empty []"},
      {{"--manifest", "u.txt"},
       {},
       "--manifest: the name \"u.txt\" does not tell the format [give --manifest-format csv, or --manifest-format "
       "jsonl "
       "for one JSON object on each line]"},
      {{"--manifest", "-"},
       {},
       "--manifest: the format of stdin is not known [give --manifest-format csv, or --manifest-format jsonl for one "
       "JSON object on each line]"},
      {{"--manifest-format", "CSV"}, {}, "--manifest-format: \"CSV\" is not a manifest format [give csv or jsonl]"},
      {{"--state-dir", "/x"},
       {},
       "--state-dir cannot be given for a batch: each unit has a state directory [omit it, or name the directories in "
       "a "
       "column --state-dir of the manifest]"},
      {{"--remove-claim"},
       {},
       "--remove-claim cannot be given for a batch: its units share the claim [omit it, and delete the claim once the "
       "batch is done]"},
      {{},
       {{"FLEET_PROVISION_REMOVE_CLAIM", "yes"}},
       "FLEET_PROVISION_REMOVE_CLAIM cannot be given for a batch: its units share the claim [omit it, and delete the "
       "claim once the batch is done]"},
      {{"--claim", "-", "--parameters", "-"},
       {},
       "--claim - and --parameters - cannot both read stdin [give a file name for one of the two]"},
      {{"--manifest", "-", "--manifest-format", "csv", "--claim", "-"},
       {},
       "--manifest - and --claim - cannot both read stdin [give a file name for one of the two]"},
      {{"--report"},
       {},
       "--report requires a directory [give --output-dir DIR, or the directories as arguments: --report DIR]"},
      {{"--report", "a", "b"},
       {},
       "--report of several directories requires --output-dir [give the directory for report.csv and report.html with "
       "--output-dir]"},
      {{"--report", "a", "b", "a/", "--output-dir", "out"}, {}, "--report: a/ is given twice [give it once]"},
      {{"--report", ""}, {}, "--report: the path is empty [give the name of a directory]"},
  };
  for (const Row& each : rows) {
    CAPTURE(each.arguments);
    const auto settings = settings_of(each.arguments, each.environment);
    REQUIRE_FALSE(settings);
    CHECK(settings.error().kind == ErrorKind::kUsage);
    CHECK(settings.error().message + " [" + settings.error().hint + "]" == each.text);
  }
}

TEST_CASE("a batch needs a manifest and an output directory") {
  const auto without = [](const Arguments& arguments) {
    const auto options = options_of(arguments);
    REQUIRE(options);
    const auto settings = batch_settings_from(*options);
    return settings ? std::string() : settings.error().message + " [" + settings.error().hint + "]";
  };
  CHECK(without({"batch"}) == "--manifest is required [give --manifest FILE|- or set FLEET_PROVISION_MANIFEST]");
  CHECK(without({"batch", "--manifest", "u.csv"}) ==
        "--output-dir is required [give --output-dir DIR or set FLEET_PROVISION_OUTPUT_DIR]");
}

TEST_CASE("what a batch takes from the environment without an error") {
  CHECK(settings_of({}, {{"FLEET_PROVISION_STATE_DIR", "/x"}}));
  CHECK(settings_of({"--remove-claim=false"}, {{"FLEET_PROVISION_REMOVE_CLAIM", "true"}}));
  // A stronger option takes the place of the claim on stdin.
  CHECK(settings_of({"--parameters", "-", "--claim-cert", "c", "--claim-key", "k"}, {{"FLEET_PROVISION_CLAIM", "-"}}));
  CHECK_FALSE(settings_of({"--parameters", "-"}, {{"FLEET_PROVISION_CLAIM", "-"}}));
}

TEST_CASE("--report reads directories and writes into one") {
  struct Row {
    Arguments arguments;
    Environment environment;
    std::string output_dir;
    std::vector<std::string> sources;
  };
  const Row rows[] = {
      {{"--report", "a/"}, {}, "a", {"a"}},
      {{"--report", "--output-dir", "out/"}, {}, "out", {"out"}},
      {{"--report", "a", "--output-dir", "out"}, {}, "out", {"a"}},
      {{"--report", "a", "b", "--output-dir", "out"}, {}, "out", {"a", "b"}},
      {{"--report"}, {{"FLEET_PROVISION_OUTPUT_DIR", "out"}}, "out", {"out"}},
      // The command of a batch with --report behind it.
      {{"--report", "--manifest", "u.txt", "--output-dir", "out", "--jobs", "3"}, {}, "out", {"out"}},
  };
  for (const Row& each : rows) {
    CAPTURE(each.arguments);
    const auto settings = settings_of(each.arguments, each.environment);
    REQUIRE(settings);
    CHECK(settings->report_only);
    CHECK(settings->output_dir == each.output_dir);
    CHECK(settings->report_dirs == each.sources);
  }
}

// One line of results.jsonl, and batch.json.
#include <algorithm>

#include "batch/record/batch_facts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/batch/record_samples.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using fleet_provision::batch::test::sample_of;

namespace {

std::string without_feed(std::string line) {
  line.pop_back();
  return line;
}

/// The line with one text in the place of another.
std::string with(std::string line, const std::string& part, const std::string& by) {
  const std::size_t at = line.find(part);
  REQUIRE(at != std::string::npos);
  return line.replace(at, part.size(), by);
}

}  // namespace

TEST_CASE("a result is one line of ASCII with all its keys") {
  CHECK(
      result_line(sample_of("gw-1")) ==
      R"({"unit":"gw-1","line":2,"startedAt":"2026-11-27T03:55:49.123Z","finishedAt":"2026-11-27T03:55:50.001Z",)"
      R"("durationMs":878,"digest":"00000000000000ff","outcome":"provisioned","kind":null,"message":null,"hint":null,)"
      R"("retryable":false,"exitCode":0,"duplicateOf":null,"thingName":"thing-gw-1","certificateId":")" +
          std::string(64, 'a') +
          R"(","attempts":1,"throttled":0,"result":{"schema":1,"outcome":"provisioned"}})"
          "\n");
}

TEST_CASE("a line says what was put into it") {
  UnitResult failed = sample_of("gw-2");
  failed.outcome = UnitOutcome::kFailed;
  failed.kind = "duplicate-thing-name";
  failed.message = "the thing \"a\\b\" \xC3\xA4\x01\n was given twice";
  failed.hint = "use the serial number in the template";
  failed.retryable = true;
  failed.exit_code = 65;
  failed.duplicate_of = "gw-1";
  failed.certificate_id = std::nullopt;
  failed.throttled = 3;
  failed.run_result = "{\n  \"a\": [1, {\"result\": \"}\"}],\n  \"name\": \"\xC3\xA4\"\n}\n";
  const auto read = parse_result_line(without_feed(result_line(failed)));
  REQUIRE(read);
  CHECK(read->unit == "gw-2");
  CHECK(read->line == 2);
  CHECK(read->started_at == failed.started_at);
  CHECK(read->finished_at == failed.finished_at);
  CHECK(read->duration == Milliseconds(878));
  CHECK(read->digest == failed.digest);
  CHECK(read->outcome == UnitOutcome::kFailed);
  CHECK(read->kind == failed.kind);
  CHECK(read->message == failed.message);
  CHECK(read->hint == failed.hint);
  CHECK(read->retryable);
  CHECK(read->exit_code == 65);
  CHECK(read->duplicate_of == "gw-1");
  CHECK(read->thing_name == "thing-gw-2");
  CHECK_FALSE(read->certificate_id);
  CHECK(read->attempts == 1);
  CHECK(read->throttled == 3);
  CHECK(read->run_result == R"({"a":[1,{"result":"}"}],"name":"\u00e4"})");
}

TEST_CASE("a line is ASCII, bounded and can be read again, whatever a child wrote") {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  std::string half_character(kResultTextMax - 1, 'x');
  half_character += "\xC3\xA4 and more";
  const std::vector<std::string> texts{every_byte,     std::string(1'000'000, '\xFF'),   std::string(1'000'000, '\x01'),
                                       half_character, std::string(kResultTextMax, 'x'), std::string("\0}", 2),
                                       "\xED\xA0\x80", "\"}\n{\"unit\":\"other\"}"};
  for (const std::string& text : texts) {
    UnitResult result = sample_of("gw-1");
    result.kind = result.message = result.hint = result.duplicate_of = result.digest = text;
    result.thing_name = result.certificate_id = result.run_result = text;
    const std::string line = result_line(result);
    CHECK(line.size() <= kResultLineMax);
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(std::all_of(line.begin(), line.end() - 1, [](char c) { return c >= ' ' && c <= '~'; }));
    const auto read = parse_result_line(without_feed(line));
    REQUIRE(read);
    CHECK(result_line(*read) == line);
  }
}

TEST_CASE("the result of a run is left out with a note if it is too long or no JSON object") {
  const auto value = [](const std::string& run_result) {
    UnitResult result = sample_of("gw-1");
    result.run_result = run_result;
    return parse_result_line(without_feed(result_line(result)))->run_result;
  };
  CHECK(value("null") == "null");
  CHECK(value(" null\n") == "null");
  CHECK(value("{}") == "{}");
  CHECK(value("") == R"({"omitted":"output that is not JSON"})");
  CHECK(value("Segmentation fault") == R"({"omitted":"output that is not JSON"})");
  CHECK(value("{}\n{}") == R"({"omitted":"output that is not JSON"})");
  CHECK(value(R"({"a":1,"a":2})") == R"({"omitted":"output that is not JSON"})");
  CHECK(value(std::string("{}\0", 3)) == R"({"omitted":"output that is not JSON"})");
  CHECK(value(std::string(100'000, '[')) == R"({"omitted":"output that is not JSON"})");
  CHECK(value("[1]") == R"({"omitted":"output that is not a JSON object"})");
  CHECK(value("{\"a\":\"" + std::string(kRunResultMax, 'x') + "\"}") == R"({"omitted":"a result of 262152 bytes"})");
  // As ASCII it is six times as long.
  std::string letters;
  for (std::size_t i = 0; i < kRunResultMax / 4; ++i) letters += "\xC3\xA4";
  CHECK(value("{\"a\":\"" + letters + "\"}") == R"({"omitted":"a result of 393224 bytes"})");
}

TEST_CASE("a line that is not a result is refused, and what is wrong is named") {
  const std::string good = without_feed(result_line(sample_of("gw-1")));
  struct Row {
    std::string line;
    std::string message;
  };
  const std::vector<Row> rows{
      {"", "not JSON: the text is empty, column 1"},
      {good.substr(0, good.size() - 1), "not JSON: the text ends early, column 442"},
      {good + "x", "not JSON: data follows the document, column 443"},
      {good + std::string(1, '\0'), "it holds a NUL byte"},
      {"[" + good + "]", "it is not a JSON object"},
      {"17", "it is not a JSON object"},
      {"\"text\"", "its \"unit\" is missing or not a string"},
      {"{}", "its \"unit\" is missing or not a string"},
      {with(good, R"("unit":"gw-1",)", ""), "its \"unit\" is missing or not a string"},
      {with(good, R"("gw-1")", "17"), "its \"unit\" is missing or not a string"},
      {with(good, R"("gw-1")", R"([])"), "its \"unit\" is missing or not a string"},
      {with(good, R"("gw-1")", R"("")"), "its \"unit\" is missing or not a name"},
      {with(good, R"("line":2)", R"("line":-2)"),
       "its \"line\" is missing or not a whole number from 0 to 9007199254740992"},
      {with(good, "49.123Z", "49.1Z"), "its \"startedAt\" is missing or not a time such as 2026-11-23T06:12:00.042Z"},
      {with(good, "878", "878.5"), "its \"durationMs\" is missing or not a whole number from 0 to 9007199254740992"},
      {with(good, R"("provisioned")", R"("done")"), "its \"outcome\" is missing or not an outcome"},
      {with(good, R"("kind":null)", R"("kind":1)"), "its \"kind\" is missing or not a string or null"},
      {with(good, R"("retryable":false)", R"("retryable":0)"), "its \"retryable\" is missing or not true or false"},
      {with(good, R"("exitCode":0)", R"("exitCode":256)"),
       "its \"exitCode\" is missing or not a whole number from 0 to 255"},
      {with(good, R"("attempts":1)", R"("attempts":1e999)"),
       "not JSON: a number that is unexpected, too large or not in the form of JSON, column 381"},
      {with(good, R"({"schema":1,"outcome":"provisioned"})", "[]"),
       "its \"result\" is missing or not an object or null"},
      {with(good, R"({"schema":1,"outcome":"provisioned"})", "\"x\""),
       "its \"result\" is missing or not an object or null"},
      {with(good, R"("line":2)", R"("line":2,"line":3)"), "\"line\" is given twice"},
      {with(good, R"("line":2)", R"("line":2,"x":)" + std::string(70, '[') + std::string(70, ']')),
       "it is nested too deeply"},
  };
  for (const Row& row : rows) {
    INFO(row.line);
    const auto read = parse_result_line(row.line);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::kResultsDamaged);
    CHECK(read.error().message == row.message);
  }
}

TEST_CASE("unknown keys of a line are ignored, wherever they stand") {
  const std::string good = without_feed(result_line(sample_of("gw-1")));
  for (const std::string unknown : {R"("new":1,)", R"("new":{"unit":"other","result":7},)", R"("new":[[{}],"x"],)"}) {
    const auto read = parse_result_line(with(good, R"("digest")", unknown + R"("digest")"));
    REQUIRE(read);
    CHECK(result_line(*read) == good + "\n");
    const auto first = parse_result_line(with(good, "{", "{" + unknown));
    REQUIRE(first);
    CHECK(result_line(*first) == good + "\n");
  }
  const auto behind = parse_result_line(good.substr(0, good.size() - 1) + R"( , "new":null})");
  REQUIRE(behind);
  CHECK(result_line(*behind) == good + "\n");
}

TEST_CASE("the facts of a batch can be read again") {
  BatchFacts facts;
  facts.manifest = "units \xFF.csv";
  facts.units = 1000;
  facts.shard = "2/4";
  facts.endpoint = "example-ats.iot.eu-west-1.amazonaws.com";
  facts.template_name = "fleet";
  facts.started_at = *parse_rfc3339_milliseconds("2026-11-27T03:55:49.123Z");
  const std::string json = to_json(facts);
  const auto read = parse_batch_facts(json);
  REQUIRE(read);
  CHECK(read->manifest == "units \xEF\xBF\xBD.csv");
  CHECK(read->units == 1000);
  CHECK(read->shard == "2/4");
  CHECK(read->endpoint == facts.endpoint);
  CHECK(read->template_name == "fleet");
  CHECK(read->started_at == facts.started_at);
  CHECK(to_json(*read) == json);

  CHECK(parse_batch_facts(with(json, "{", R"({"new":1,)")));
  for (const std::string& text : {std::string(), std::string("{}"), with(json, "1000", "-1"),
                                  with(json, "1000", "\"\""), with(json, "03:55:49", "03:65:49"), json + json}) {
    INFO(text);
    const auto refused = parse_batch_facts(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::kResultsDamaged);
  }
}

TEST_CASE("batch.json need not exist, and one that is damaged is named") {
  const fleet_provision::test::TemporaryDirectory directory;
  const auto none = read_batch_facts(directory.path());
  REQUIRE(none);
  CHECK_FALSE(*none);
  fleet_provision::test::write_text(directory / "batch.json", to_json(BatchFacts{}));
  const auto some = read_batch_facts(directory.path());
  REQUIRE(some);
  CHECK(*some);
  fleet_provision::test::write_text(directory / "batch.json", "{");
  const auto damaged = read_batch_facts(directory.path());
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().message.starts_with(directory / "batch.json"));
}

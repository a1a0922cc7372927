// The readers of rows, alone: pieces of any size, places of rows, line ends.
#include <algorithm>
#include <random>

#include "batch/manifest/rows.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::batch;

namespace {

struct ReadRow {
  RowPlace place;
  std::vector<std::string> values;
};

class Collected final : public RowSink {
 public:
  void row(const RowPlace& place, std::vector<Field>& fields) override {
    ReadRow row{place, {}};
    for (const Field& each : fields)
      row.values.push_back(each.name.empty() ? each.value : each.name + "=" + each.value);
    rows.push_back(std::move(row));
  }
  void fault(RowFault fault) override { faults.push_back(std::move(fault)); }

  std::vector<ReadRow> rows;
  std::vector<RowFault> faults;
};

using Random = std::minstd_rand;

std::size_t below(Random& random, std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>{0, limit - 1}(random);
}

/// Reads `text` in pieces of random sizes.
Collected& read_in_pieces(Collected& collected, ManifestFormat format, std::string_view text, Random& random) {
  const auto reader = make_row_reader(format);
  while (!text.empty()) {
    const std::size_t size = std::min(text.size(), below(random, 9));
    reader->feed(text.substr(0, size), collected);
    text.remove_prefix(size);
  }
  reader->finish(collected);
  return collected;
}

std::string random_text(Random& random) {
  static const std::vector<std::string> parts{"a",  "b",  " ", ",", "\"", "\"\"", "\r\n",
                                              "\n", "\r", "ä", ";", "=",  "'",    "\t"};
  std::string text;
  for (std::size_t i = below(random, 6); i > 0; --i) text += parts[below(random, parts.size())];
  return text;
}

/// A field of RFC 4180: quoted where it must be, and sometimes where it need not be.
std::string as_field(const std::string& value, Random& random) {
  if (value.find_first_of(",\"\r\n") == std::string::npos && below(random, 3) > 0) return value;
  std::string field = "\"";
  for (const char each : value) field += each == '"' ? std::string("\"\"") : std::string(1, each);
  return field + "\"";
}

}  // namespace

TEST_CASE("CSV rows come out as they were written, with their places, whatever the pieces and line ends") {
  Random random(16);  // NOLINT(cert-msc32-c,cert-msc51-cpp)
  for (int round = 0; round < 300; ++round) {
    const std::string line_end = std::vector<std::string>{"\n", "\r\n", "\r"}[below(random, 3)];
    const bool has_mark = below(random, 2) == 0;
    std::string text = has_mark ? "\xEF\xBB\xBF" : "";
    std::vector<std::vector<std::string>> written;
    for (std::size_t i = 0; i < 6; ++i) {
      if (below(random, 4) == 0) text += line_end;
      std::vector<std::string> values{"x" + random_text(random), random_text(random), random_text(random)};
      for (std::size_t j = 0; j < values.size(); ++j) text += (j > 0 ? "," : "") + as_field(values[j], random);
      if (i < 5 || below(random, 2) == 0) text += line_end;
      written.push_back(std::move(values));
    }
    CAPTURE(round, text);
    Collected collected;
    read_in_pieces(collected, ManifestFormat::kCsv, text, random);
    REQUIRE(collected.faults.empty());
    REQUIRE(collected.rows.size() == written.size());
    for (std::size_t i = 0; i < written.size(); ++i) {
      const auto& [place, values] = collected.rows[i];
      CHECK(values == written[i]);
      // The place alone gives the same row again.
      Collected again;
      read_in_pieces(again, ManifestFormat::kCsv, std::string_view(text).substr(place.offset, place.length), random);
      REQUIRE(again.rows.size() == 1);
      CHECK(again.rows[0].values == values);
      std::size_t lines = 1;
      for (std::size_t at = 0; at < place.offset; ++at) {
        lines += text[at] == '\n' || (text[at] == '\r' && text[at + 1] != '\n') ? 1 : 0;
      }
      CHECK(place.line == lines);
    }
  }
}

TEST_CASE("lines are counted through quoted line feeds and through faults") {
  Random random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp)
  Collected collected;
  read_in_pieces(collected, ManifestFormat::kCsv, "a,b\r\n\r\n\"1\r\n\r\n\",2\r\nx\"y,\r\n3,\"a\nb\"c\n4,5\r\r6,7",
                 random);
  REQUIRE(collected.rows.size() == 4);
  CHECK(collected.rows[1].place.line == 3);
  CHECK(collected.rows[1].values == std::vector<std::string>{"1\r\n\r\n", "2"});
  CHECK(collected.rows[2].place.line == 9);
  CHECK(collected.rows[3].place.line == 11);
  REQUIRE(collected.faults.size() == 2);
  CHECK(collected.faults[0].line == 6);
  CHECK(collected.faults[0].column == 1);
  CHECK(collected.faults[1].line == 8);
  CHECK(collected.faults[1].column == 2);
}

TEST_CASE("an open quotation mark is told where its field begins") {
  for (const char* text : {"a,b\n1,2\n3,\"4\n5,6\n7,8\n", "a,b\n1,2\n3,\"4"}) {
    Random random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp)
    Collected collected;
    read_in_pieces(collected, ManifestFormat::kCsv, text, random);
    CHECK(collected.rows.size() == 2);
    REQUIRE(collected.faults.size() == 1);
    CHECK(collected.faults[0].line == 3);
    CHECK(collected.faults[0].column == 2);
  }
  Collected later;
  Random random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp)
  read_in_pieces(later, ManifestFormat::kCsv, "a,b,c\n\"1\n2\",3,\"4\n\n", random);
  REQUIRE(later.faults.size() == 1);
  CHECK(later.faults[0].line == 3);
  CHECK(later.faults[0].column == 3);
}

TEST_CASE("a line or a row that is too long ends the reading") {
  const std::string big(kRowBytesMax - 100, 'x');
  struct Row {
    ManifestFormat format;
    std::string text;
    std::size_t line;
    std::string what;
  };
  const Row rows[] = {
      {ManifestFormat::kCsv, "a\n" + big + "\n" + big + big, 3, "the line has more than 262144 bytes"},
      {ManifestFormat::kJsonLines, R"({"a": ")" + big + "\"}\n{\"a\": \"" + big + big, 2,
       "the line has more than 262144 bytes"},
      {ManifestFormat::kCsv, "a\n\"" + big + "\n" + big + "\n1\n", 2,
       "the quotation mark that begins this field is never closed"},
  };
  for (const Row& each : rows) {
    Collected collected;
    const auto reader = make_row_reader(each.format);
    reader->feed(each.text, collected);
    CHECK(reader->stopped());
    reader->feed("more\n", collected);
    reader->finish(collected);
    REQUIRE(collected.faults.size() == 1);
    CHECK(collected.faults[0].line == each.line);
    CHECK(collected.faults[0].what == each.what);
  }
}

TEST_CASE("JSON Lines have the places of their objects") {
  Random random(2);  // NOLINT(cert-msc32-c,cert-msc51-cpp)
  Collected collected;
  const std::string text = "\xEF\xBB\xBF{\"a\": \"1\\n\"}\r\n\n  {\"b\": \"ä\"}  \n{\"c\": \"\"}";
  read_in_pieces(collected, ManifestFormat::kJsonLines, text, random);
  REQUIRE(collected.faults.empty());
  REQUIRE(collected.rows.size() == 3);
  CHECK(collected.rows[0].values == std::vector<std::string>{"a=1\n"});
  CHECK(collected.rows[0].place.offset == 3);
  CHECK(collected.rows[1].values == std::vector<std::string>{"b=ä"});
  CHECK(collected.rows[1].place.line == 3);
  CHECK(collected.rows[2].place.line == 4);
  CHECK(text.substr(collected.rows[2].place.offset, collected.rows[2].place.length) == "{\"c\": \"\"}");
}

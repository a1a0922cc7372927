#include "core/text.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("text from outside cannot steer a terminal") {
  struct Row {
    std::string raw;
    std::string shown;
  };
  const Row rows[] = {
      {"plain", "plain"},
      {"grün 日本 🚀", "grün 日本 🚀"},
      {"a\nb\tc", R"(a\x0ab\x09c)"},
      {"\x1b[31m", R"(\x1b[31m)"},
      {"\x7f", R"(\x7f)"},
      {"\xc2\x9b", R"(\xc2\x9b)"},
      // NOLINTBEGIN(misc-misleading-bidirectional)
      {"\xe2\x80\xae", R"(\xe2\x80\xae)"},
      {"\xe2\x81\xa6", R"(\xe2\x81\xa6)"},
      // NOLINTEND(misc-misleading-bidirectional)
      {"\xff\xfe", R"(\xff\xfe)"},
      {"\xc0\xaf", R"(\xc0\xaf)"},
      {"\xed\xa0\x80", R"(\xed\xa0\x80)"},
      {std::string("a\0b", 3), R"(a\x00b)"},
  };
  for (const Row& row : rows) CHECK(printable(row.raw) == row.shown);
  CHECK(printable("abcdef", 3) == "abc…");
  CHECK(printable("abc", 3) == "abc");
}

TEST_CASE("text that only looks like UTF-8 is rejected") {
  for (const char* good : {"", "a", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x9a\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(is_utf8(good));
  }
  for (const char* bad : {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80",
                          "\xf8\x88\x80\x80\x80", "a\xff"}) {
    CHECK(!is_utf8(bad));
  }
}

TEST_CASE("a typing error is distinguished from another word") {
  const std::vector<std::string_view> known{"template", "timeout", "endpoint"};
  CHECK(nearest("templat", known) == "template");
  CHECK(nearest("tiemout", known) == "timeout");
  CHECK(nearest("banana", known).empty());
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("texts are listed, counted and changed in case without a locale") {
  CHECK(listed({}).empty());
  CHECK(listed({"a", "b\nc"}) == R"(a, b\x0ac)");
  CHECK(characters("grün 日本") == 7);
  CHECK(in_lower_case("ABC-Ünï-xyz") == "abc-Ünï-xyz");
  CHECK(in_capitals("abc-Ünï-XYZ") == "ABC-ÜNï-XYZ");
  CHECK(within_text(std::chrono::seconds(15), false) == "within 15 s");
  CHECK(within_text(std::chrono::seconds(15), true) == "before --timeout expired");
}

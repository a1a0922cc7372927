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

TEST_CASE("what a terminal shows is known at the ends of each range of characters") {
  const auto utf8 = [](std::uint32_t code_point) {
    std::string text;
    if (code_point < 0x80) return text += static_cast<char>(code_point);
    if (code_point >= 0x800) {
      text += static_cast<char>(0xE0 | (code_point >> 12));
      text += static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
    } else {
      text += static_cast<char>(0xC0 | (code_point >> 6));
    }
    return text += static_cast<char>(0x80 | (code_point & 0x3F));
  };
  for (const std::uint32_t shown : {0x20U, 0x7EU, 0xA0U, 0x61BU, 0x61DU, 0x7FFU, 0x800U, 0x200DU, 0x2010U, 0x2027U,
                                    0x202FU, 0x2065U, 0x206AU, 0xD7FFU, 0xE000U, 0xFFFFU}) {
    INFO(shown);
    CHECK(printable(utf8(shown)) == utf8(shown));
  }
  for (const std::uint32_t hidden : {0x00U, 0x1FU, 0x7FU, 0x80U, 0x9FU, 0x61CU, 0x200EU, 0x200FU, 0x2028U, 0x202EU,
                                     0x2066U, 0x2069U, 0xD800U, 0xDFFFU}) {
    INFO(hidden);
    CHECK(printable(utf8(hidden)).starts_with("\\x"));
  }
}

TEST_CASE("a limit counts the bytes that are shown, and cuts no character") {
  CHECK(printable("\xc3\xbc", 2) == "\xc3\xbc");
  CHECK(printable("\xc3\xbc", 1) == "…");
  CHECK(printable("a\n", 5) == R"(a\x0a)");
  CHECK(printable("a\n", 4) == "a…");
  CHECK(printable("", 0).empty());
  CHECK(in_quotes(std::string(80, 'a')) == "\"" + std::string(80, 'a') + "\"");
  CHECK(in_quotes(std::string(81, 'a')) == "\"" + std::string(80, 'a') + "…\"");
}

TEST_CASE("UTF-8 is valid at the ends of each length, and nowhere beyond") {
  for (const char* good : {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf3\xbf\xbf\xbf"}) {
    CHECK(is_utf8(good));
  }
  for (const char* bad : {"\xdf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xc3\x28", "\xe2\x82\x28",
                          "\xe2\x28\xac", "\xef\xbf", "\xf0\x90\x80", "\xc3\xc3", "\xfc\x80\x80\x80\x80\x80"}) {
    CHECK_FALSE(is_utf8(bad));
  }
  CHECK(utf8_prefix("a\xc3\xbc\xff!") == 3);
}

TEST_CASE("each byte is a letter, a digit or neither, in small and capital letters") {
  const std::string small = "abcdefghijklmnopqrstuvwxyz";
  const std::string capital = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const std::string digits = "0123456789";
  for (int c = 0; c < 256; ++c) {
    INFO(c);
    const std::string one(1, static_cast<char>(c));
    CHECK(is_alphanumeric_or(one, "-") == ((small + capital + digits + "-").find(one) != std::string::npos));
    CHECK(is_lower_hex(one) == ((digits + "abcdef").find(one) != std::string::npos));
    const std::size_t at = capital.find(one);
    CHECK(in_lower_case(one) == (at == std::string::npos ? one : small.substr(at, 1)));
    const std::size_t at_small = small.find(one);
    CHECK(in_capitals(one) == (at_small == std::string::npos ? one : capital.substr(at_small, 1)));
    const bool kept = (small + capital + digits).find(one) != std::string::npos;
    CHECK(is_part("P" + one, "p" + in_lower_case(one) + "x") == kept);
  }
  CHECK(to_hex("\x01\xaf\xf0") == "01aff0");
}

TEST_CASE("a part is the start or end of a name, of at least two letters and digits") {
  CHECK(is_part("P256", "P-256"));
  CHECK(is_part("ec", "EC P-256"));
  CHECK(is_part("256", "EC P-256"));
  CHECK_FALSE(is_part("6", "EC P-256"));
  CHECK_FALSE(is_part("cp", "EC P-256"));
}

TEST_CASE("a place in a text is its line and its character there") {
  const std::string text = "ab\n\xc3\xbc\x63\n";
  for (const auto& [offset, words] :
       {std::pair(0, "line 1, column 1"), std::pair(2, "line 1, column 3"), std::pair(3, "line 2, column 1"),
        std::pair(5, "line 2, column 2"), std::pair(7, "line 3, column 1"), std::pair(99, "line 3, column 1")}) {
    CHECK(in_words(position_in(text, static_cast<std::size_t>(offset))) == words);
  }
}

TEST_CASE("blanks around a text are removed, and within it they stay") {
  CHECK(trimmed("  a b ", " ") == "a b");
  CHECK(trimmed("a", " ") == "a");
  CHECK(trimmed("  ", " ").empty());
  CHECK(trimmed("", " ").empty());
}

TEST_CASE("the distance of words counts what is replaced, left out and added") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("a", "") == 1);
  CHECK(edit_distance("ab", "ba") == 2);
  CHECK(edit_distance("abc", "abc") == 0);
  CHECK(edit_distance("abcd", "xbcd") == 1);
  CHECK(edit_distance("abcd", "bcd") == 1);
}

TEST_CASE("times are in seconds where they are whole") {
  CHECK(seconds_text(std::chrono::milliseconds(0)) == "0 s");
  CHECK(seconds_text(std::chrono::milliseconds(999)) == "999 ms");
  CHECK(seconds_text(std::chrono::milliseconds(1000)) == "1 s");
  CHECK(seconds_text(std::chrono::milliseconds(1001)) == "1001 ms");
  CHECK(seconds_text(std::chrono::milliseconds(999'000)) == "999 s");
}

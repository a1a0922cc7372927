// Every character of Unicode: which are shown as they are, and which could change what a terminal or a reader sees.
#include <cstdint>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

std::string utf8(std::uint32_t code_point) {
  const auto tail = [code_point](unsigned shift) { return static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  if (code_point < 0x800) return {static_cast<char>(0xC0 | (code_point >> 6)), tail(0)};
  if (code_point < 0x10000) return {static_cast<char>(0xE0 | (code_point >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (code_point >> 18)), tail(12), tail(6), tail(0)};
}

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

/// C0, DEL and C1; Unicode's property Bidi_Control (UAX #9); line and paragraph separator; and, as no characters, the
/// surrogates.
const std::vector<Range> kEscaped{{0x0, 0x1F},      {0x7F, 0x9F},     {0x61C, 0x61C},   {0x200E, 0x200F},
                                  {0x2028, 0x2029}, {0x202A, 0x202E}, {0x2066, 0x2069}, {0xD800, 0xDFFF}};

bool escaped(std::uint32_t code_point) {
  for (const Range& range : kEscaped) {
    if (code_point >= range.first && code_point <= range.last) return true;
  }
  return false;
}

std::string in_hex(const std::string& bytes) {
  std::string text;
  for (const char each : bytes) text += "\\x" + to_hex({&each, 1});
  return text;
}

}  // namespace

TEST_CASE("exactly controls, characters that reorder and line separators are escaped") {
  std::vector<std::uint32_t> wrong;
  std::size_t tried = 0;
  for (std::uint32_t code_point = 0; code_point <= 0x10FFFF; ++code_point) {
    const std::string character = utf8(code_point);
    const std::string wanted = escaped(code_point) ? in_hex(character) : character;
    if (printable(character) != wanted) wrong.push_back(code_point);
    ++tried;
  }
  CHECK(wrong.empty());
  CHECK(tried == 0x110000);
}

TEST_CASE("what is UTF-8 is decided to the byte") {
  for (const std::uint32_t code_point :
       {0x0U, 0x7FU, 0x80U, 0x7FFU, 0x800U, 0xD7FFU, 0xE000U, 0xFFFFU, 0x10000U, 0x10FFFFU}) {
    INFO(code_point);
    const std::string character = utf8(code_point);
    CHECK(is_utf8(character));
    CHECK(is_utf8(character + character));
    CHECK(characters(character + "x" + character) == 3);
    for (std::size_t length = 1; length < character.size(); ++length) {
      CHECK_FALSE(is_utf8(character.substr(0, length)));
      CHECK_FALSE(is_utf8(character.substr(length)));
    }
  }
  for (const char* text : {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
                           "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\x80",
                           "\xBF", "\xFE", "\xFF", "\xC2\x7F", "\xC2\xC0", "\xE1\x80\x7F", "\xF1\x80\x80\xC0"}) {
    INFO(in_hex(text));
    CHECK_FALSE(is_utf8(text));
    CHECK(printable(text).find('\\') == 0);
  }
}

TEST_CASE("text is cut at a character, and only when it is longer") {
  CHECK(printable("\xC3\xA4\xC3\xA4", 4) == "\xC3\xA4\xC3\xA4");
  CHECK(printable("\xC3\xA4\xC3\xA4", 3) == "\xC3\xA4…");
  CHECK(printable("\xC3\xA4\xC3\xA4", 2) == "\xC3\xA4…");
  CHECK(printable("\xC3\xA4\xC3\xA4", 1) == "…");
  CHECK(printable("a\n", 5) == "a\\x0a");
  CHECK(printable("a\n", 4) == "a…");
  CHECK(printable("\xE2\x80\xAE", 12) == "\\xe2\\x80\\xae");
  CHECK(printable("\xE2\x80\xAE", 11) == "…");
  CHECK(printable("", 0).empty());
}

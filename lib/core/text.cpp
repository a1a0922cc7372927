#include "core/text.hpp"

#include <algorithm>
#include <cstdint>

namespace fleet_provision {
namespace {

/// One valid character of UTF-8; a size of 0 means none.
struct Character {
  std::size_t size = 0;
  std::uint32_t code_point = 0;
};

Character first_character(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  if (bytes.empty()) return {};
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {1, lead};
  std::size_t size = 0;
  std::uint32_t least = 0;
  std::uint32_t code_point = 0;
  if ((lead & 0xE0) == 0xC0) {
    size = 2, least = 0x80, code_point = lead & 0x1F;
  } else if ((lead & 0xF0) == 0xE0) {
    size = 3, least = 0x800, code_point = lead & 0x0F;
  } else if ((lead & 0xF8) == 0xF0) {
    size = 4, least = 0x10000, code_point = lead & 0x07;
  } else {
    return {};
  }
  if (bytes.size() < size) return {};
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code_point = (code_point << 6) | (byte(i) & 0x3F);
  }
  const bool overlong = code_point < least;
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (overlong || surrogate || code_point > 0x10FFFF) return {};
  return {size, code_point};
}

bool may_be_shown(std::uint32_t code_point) {
  const auto between = [code_point](std::uint32_t low, std::uint32_t high) {
    return code_point >= low && code_point <= high;
  };
  const bool control = code_point < 0x20 || between(0x7F, 0x9F);
  // Marks, embeddings, overrides and isolates of the bidirectional algorithm (Unicode UAX #9), and line separators.
  const bool reorders =
      code_point == 0x061C || between(0x200E, 0x200F) || between(0x2028, 0x202E) || between(0x2066, 0x2069);
  return !control && !reorders;
}

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_escaped(std::string& text, std::string_view bytes) {
  for (const char each : bytes) {
    text += "\\x";
    text += to_hex({&each, 1});
  }
}

}  // namespace

std::size_t utf8_prefix(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const Character next = first_character(bytes.substr(at));
    if (next.size == 0) break;
    at += next.size;
  }
  return at;
}

bool is_utf8(std::string_view bytes) {
  return utf8_prefix(bytes) == bytes.size();
}

std::string printable(std::string_view bytes, std::size_t limit) {
  std::string text;
  while (!bytes.empty()) {
    const Character next = first_character(bytes);
    const std::string_view taken = bytes.substr(0, std::max<std::size_t>(next.size, 1));
    const bool shown = next.size != 0 && may_be_shown(next.code_point);
    if (text.size() + (shown ? taken.size() : 4 * taken.size()) > limit) return text + "…";
    if (shown) {
      text += taken;
    } else {
      append_escaped(text, taken);
    }
    bytes.remove_prefix(taken.size());
  }
  return text;
}

std::string in_quotes(std::string_view text) {
  return "\"" + printable(text, 80) + "\"";
}

bool is_alphanumeric_or(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [others](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           others.find(c) != std::string_view::npos;
  });
}

std::string listed(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& each : texts) list += (list.empty() ? "" : ", ") + printable(each);
  return list;
}

std::size_t characters(std::string_view utf8) {
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), begins));
}

TextPosition position_in(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line = before.rfind('\n') + 1;  // 0 when there is none
  return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          characters(before.substr(line)) + 1};
}

std::string in_words(TextPosition position) {
  return "line " + std::to_string(position.line) + ", column " + std::to_string(position.column);
}

std::string_view trimmed(std::string_view text, std::string_view blanks) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

std::string in_lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string in_capitals(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Levenshtein with one row: row[j] is the distance of a[0, i) and b[0, j).
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string seconds_text(std::chrono::milliseconds time) {
  const auto count = time.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
}

std::string within_text(std::chrono::milliseconds patience, bool cut_short) {
  return cut_short ? "before --timeout expired" : "within " + seconds_text(patience);
}

std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char each : bytes) {
    const auto value = static_cast<unsigned char>(each);
    text += kHexDigits[value >> 4];
    text += kHexDigits[value & 0x0F];
  }
  return text;
}

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return kHexDigits.find(c) != std::string_view::npos; });
}

bool is_part(std::string_view text, std::string_view known) {
  // Keeps only letters and digits, in lower case: `P-256` becomes `p256`.
  const auto bare = [](std::string_view whole) {
    std::string left = in_lower_case(whole);
    std::erase_if(left, [](char c) { return (c < 'a' || c > 'z') && (c < '0' || c > '9'); });
    return left;
  };
  const std::string part = bare(text);
  const std::string all = bare(known);
  return part.size() >= 2 && (all.starts_with(part) || all.ends_with(part));
}

}  // namespace fleet_provision

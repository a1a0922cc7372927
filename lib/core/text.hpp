// Foreign text: validation as UTF-8, a form that is safe on a terminal, and suggestions for misspelled words.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision {

/// Whether `bytes` is valid UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view bytes);
/// The number of leading bytes that are complete characters of UTF-8.
[[nodiscard]] std::size_t utf8_prefix(std::string_view bytes);

/// A form that is safe on a terminal: control characters (C0, DEL, C1), bidirectional controls and bytes that are not
/// UTF-8 become `\xNN`; text of more than `limit` bytes is cut and ends in `…`.
[[nodiscard]] std::string printable(std::string_view bytes, std::size_t limit = 1000);
/// `text` in double quotes, printable and cut to 80 bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);
/// Whether each character is an ASCII letter or digit or one of `others`.
[[nodiscard]] bool is_alphanumeric_or(std::string_view text, std::string_view others);
/// The texts in printable form, joined by a comma and a space.
[[nodiscard]] std::string listed(const std::vector<std::string>& texts);

/// `text` without leading and trailing characters of `blanks`.
[[nodiscard]] std::string_view trimmed(std::string_view text, std::string_view blanks = " \t\r\n");

/// The number of characters in a valid UTF-8 text.
[[nodiscard]] std::size_t characters(std::string_view utf8);
/// A position in a text, both counted from 1; columns are characters.
struct TextPosition {
  std::size_t line = 1;
  std::size_t column = 1;
};
/// The position of the byte at `offset`; the end of the text if `offset` is behind it.
[[nodiscard]] TextPosition position_in(std::string_view text, std::size_t offset);
/// `line 3, column 5`.
[[nodiscard]] std::string in_words(TextPosition position);
/// Converts only ASCII letters, whatever the locale.
[[nodiscard]] std::string in_lower_case(std::string_view text);
[[nodiscard]] std::string in_capitals(std::string_view text);

/// The nearest of `known` to `text` by edit distance; empty if no word is similar enough for a typing error.
template <class Range>
[[nodiscard]] std::string_view nearest(std::string_view text, const Range& known);

[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// `15 s`, `300 ms`.
[[nodiscard]] std::string seconds_text(std::chrono::milliseconds time);
/// How long a wait without success took: `within 15 s`, or `before --timeout expired` if the deadline of the run cut
/// it short.
[[nodiscard]] std::string within_text(std::chrono::milliseconds patience, bool cut_short);

[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] bool is_lower_hex(std::string_view text);

/// Whether `text` is an abbreviation of `known`: `ca` of `ca-file`, `p256` of `ec-p256`.
[[nodiscard]] bool is_part(std::string_view text, std::string_view known);

/// The known word that contains `text`, or is contained in it, with the smallest difference in length.
template <class Range>
std::string_view akin(std::string_view text, const Range& known) {
  std::string_view best;
  for (const auto& each : known) {
    const std::string_view candidate = each;
    const auto differs = [&text](std::string_view other) {
      return other.size() > text.size() ? other.size() - text.size() : text.size() - other.size();
    };
    const bool fits = is_part(text, candidate) || is_part(candidate, text);
    if (fits && (best.empty() || differs(candidate) < differs(best))) best = candidate;
  }
  return best;
}

template <class Range>
std::string_view nearest(std::string_view text, const Range& known) {
  std::string_view best;
  std::size_t best_distance = 1 + text.size() / 3;
  for (const auto& each : known) {
    const std::string_view candidate = each;
    const std::size_t distance = edit_distance(text, candidate);
    // The edits would replace every character of `text`, so any word would be as similar.
    if (distance >= text.size()) continue;
    if (distance < best_distance || (distance == best_distance && best.empty())) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best.empty() ? akin(text, known) : best;
}

}  // namespace fleet_provision

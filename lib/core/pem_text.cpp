#include "core/pem_text.hpp"

#include <algorithm>
#include <optional>

namespace fleet_provision {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kHyphens = "-----";
constexpr std::string_view kBlanksInLine = " \t\r\v\f";
constexpr std::size_t kLabelMax = 64;

bool is_label_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == '#' || c == '.';
}

bool is_base64_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

/// The label at the start of `text`, before five hyphens; empty if there is no valid label.
std::string_view label_at(std::string_view text) {
  const std::size_t size = text.substr(0, kLabelMax).find(kHyphens);
  if (size == std::string_view::npos || size == 0) return {};
  const std::string_view label = text.substr(0, size);
  return std::all_of(label.begin(), label.end(), is_label_character) ? label : std::string_view{};
}

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  PemText all() {
    for (std::size_t at = text_.find(kBegin); at != std::string_view::npos;) at = text_.find(kBegin, pass(at));
    if (found_.blocks.empty() && found_.broken.empty()) look_for_hyphens();
    return std::move(found_);
  }

 private:
  /// Records the block that begins at `at`; returns the offset from which to continue the search.
  std::size_t pass(std::size_t at) {
    const std::string_view label = label_at(text_.substr(at + kBegin.size()));
    const std::size_t behind = at + kBegin.size() + label.size() + kHyphens.size();
    if (label.empty()) return at + kBegin.size();
    if (!alone_on_line(at, behind)) return broken(label, at, fault_around(at, behind), behind);

    const std::size_t next = std::min(text_.find(kBegin, behind), text_.size());
    const std::string own_end = std::string(kEnd) + std::string(label) + std::string(kHyphens);
    const std::size_t end = text_.substr(0, next).find(own_end, behind);
    if (end == std::string_view::npos) {
      const bool other = text_.substr(0, next).find(kEnd, behind) != std::string_view::npos;
      return broken(label, at, other ? PemFault::kOtherEnd : PemFault::kNoEnd, behind);
    }
    const std::size_t after = end + own_end.size();
    if (!alone_on_line(end, after)) return broken(label, end, fault_around(end, after), after);
    const std::string_view whole = text_.substr(at, after - at);
    if (const std::size_t nul = whole.find('\0'); nul != std::string_view::npos) {
      return broken(label, at + nul, PemFault::kNulBytes, after);
    }
    found_.blocks.push_back({label, line_of(at), whole});
    return after;
  }

  std::size_t broken(std::string_view label, std::size_t at, PemFault fault, std::size_t behind) {
    found_.broken.push_back({label, line_of(at), fault});
    return behind;
  }

  [[nodiscard]] std::string_view before(std::size_t at) const {
    const std::size_t line = at == 0 ? std::string_view::npos : text_.rfind('\n', at - 1);
    const std::size_t start = line == std::string_view::npos ? 0 : line + 1;
    return text_.substr(start, at - start);
  }
  [[nodiscard]] std::string_view behind_on_line(std::size_t at) const {
    const std::string_view rest = text_.substr(std::min(at, text_.size()));
    return rest.substr(0, rest.find('\n'));
  }
  [[nodiscard]] bool alone_on_line(std::size_t at, std::size_t behind) const {
    return before(at).empty() && behind_on_line(behind).find_first_not_of(kBlanksInLine) == std::string_view::npos;
  }

  /// Why the marker from `at` to `behind` is not alone on its line.
  [[nodiscard]] PemFault fault_around(std::size_t at, std::size_t behind) const {
    const std::string_view left = before(at);
    const std::string_view right = behind_on_line(behind);
    constexpr std::string_view kQuotes = "\"'`";
    if (left.find('\0') != std::string_view::npos || right.starts_with('\0')) return PemFault::kNulBytes;
    const std::size_t escaped = right.find_first_not_of('\\');
    const bool right_escaped =
        escaped != std::string_view::npos && escaped > 0 && (right[escaped] == 'n' || right[escaped] == 'r');
    if (right_escaped || left.ends_with("\\n")) return PemFault::kLiteralLineEnds;
    const std::size_t first = right.find_first_not_of(kBlanksInLine);
    const std::size_t last = left.find_last_not_of(kBlanksInLine);
    const bool quote_right = first != std::string_view::npos && kQuotes.find(right[first]) != std::string_view::npos;
    const bool quote_left = last != std::string_view::npos && kQuotes.find(left[last]) != std::string_view::npos;
    if (right.starts_with('\r') && first != std::string_view::npos) return PemFault::kCarriageReturns;
    if (left.ends_with('\r')) return PemFault::kCarriageReturns;
    if (quote_right || (quote_left && first == std::string_view::npos)) return PemFault::kQuoted;
    if (first != std::string_view::npos)
      return is_base64_character(right[first]) ? PemFault::kOneLine : PemFault::kOtherText;
    if (last == std::string_view::npos) return PemFault::kIndented;
    return is_base64_character(left[last]) && text_.substr(at).starts_with(kEnd) ? PemFault::kOneLine
                                                                                 : PemFault::kOtherText;
  }

  /// Finds a BEGIN with a known label whose hyphens an editor or a mail program has changed.
  void look_for_hyphens() {
    for (const std::string_view begin :
         {"BEGIN CERTIFICATE", "BEGIN PRIVATE KEY", "BEGIN EC PRIVATE KEY", "BEGIN RSA PRIVATE KEY",
          "BEGIN ENCRYPTED PRIVATE KEY", "BEGIN NEW CERTIFICATE REQUEST"}) {
      const std::size_t at = text_.find(begin);
      if (at == std::string_view::npos) continue;
      constexpr std::size_t kWordBegin = 6;
      const std::string_view rest = text_.substr(at + kWordBegin, kLabelMax);
      const auto end = std::find_if_not(rest.begin(), rest.end(), is_label_character);
      std::string_view label = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
      while (label.ends_with(' ')) label.remove_suffix(1);
      found_.broken.push_back({label, line_of(at), PemFault::kHyphens});
      return;
    }
  }

  [[nodiscard]] std::size_t line_of(std::size_t at) const {
    return 1 +
           static_cast<std::size_t>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  }

  std::string_view text_;
  PemText found_;
};

/// Removes the first line from `rest` and returns it.
std::string_view take_line(std::string_view& rest) {
  const std::size_t size = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, size);
  rest.remove_prefix(std::min(size + 1, rest.size()));
  while (!line.empty() && kBlanksInLine.find(line.back()) != std::string_view::npos) line.remove_suffix(1);
  return line;
}

}  // namespace

PemText read_pem(std::string_view text) {
  return Scan(text).all();
}

std::string damage_of(const PemBlock& block) {
  std::string_view rest = block.text;
  take_line(rest);
  std::size_t characters = 0;
  bool in_header = rest.substr(0, rest.find('\n')).find(':') != std::string_view::npos;
  for (std::size_t number = block.line + 1; !rest.empty(); ++number) {
    const std::string_view line = take_line(rest);
    if (line.starts_with(kEnd)) break;
    if (in_header) {
      in_header = !line.empty();
      continue;
    }
    for (const char each : line) {
      if (kBlanksInLine.find(each) != std::string_view::npos) continue;
      if (!is_base64_character(each)) return "line " + std::to_string(number) + " is not base64";
      ++characters;
    }
  }
  if (characters == 0) return "there is nothing between its BEGIN and END lines";
  if (characters % 4 != 0) return "a part of its base64 is missing";
  return {};
}

}  // namespace fleet_provision

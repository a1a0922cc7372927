// nlohmann's event parser reports the byte at which it stopped. Its own error text quotes the input and uses terms of
// its grammar, so this file derives the fault from the text at that byte.
#include "codec/json_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "codec/counting_iterator.hpp"
#include "codec/document.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kNumberCharacters = "0123456789+-.eE";
constexpr std::string_view kHexCharacters = "0123456789abcdefABCDEF";
constexpr std::size_t kWordShown = 20;
constexpr std::size_t kNameShown = 80;
constexpr std::string_view kMark = "\xEF\xBB\xBF";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// `key: value`, `- item`, `---` or `key:` at the end of a line, before anything that JSON could begin with.
bool looks_like_yaml(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line = trimmed(line, kBlanks);
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("---") && !line.starts_with("-----")) return true;
    if (line.starts_with("- ") || line.starts_with('%')) return true;
    if (std::string_view("{[\"").find(line.front()) != std::string_view::npos) return false;
    const std::size_t colon = line.find(": ");
    return line.ends_with(':') ||
           (colon != std::string_view::npos && line.substr(0, colon).find(' ') == std::string_view::npos);
  }
  return false;
}

/// Receives nlohmann's events and stores no values.
class Check final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Check(const std::size_t& read) : read_(read) {}

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return open(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (names_.back().insert(name).second) return true;
    // The lexer's position is behind the name.
    stopped(read_ - std::min(read_, name.size() + 2), "\"" + printable(name, kNameShown) + "\" is given twice",
            "remove one of them");
    return false;
  }
  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception&) override {
    at_ = position;
    token_ = token;
    return false;
  }

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] const std::string& token() const { return token_; }
  /// The fault that this class found; empty if the parser itself stopped.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }
  [[nodiscard]] const std::string& hint() const { return hint_; }
  /// The text was one complete value before the position where the parser stopped.
  [[nodiscard]] bool was_whole() const { return names_.empty() && begun_; }

 private:
  bool value() {
    begun_ = true;
    return true;
  }
  bool open() {
    if (names_.size() == kNestingMax) {
      stopped(read_ - std::min<std::size_t>(read_, 1),
              "nested too deeply (more than " + std::to_string(kNestingMax) + " levels)");
      return false;
    }
    names_.emplace_back();
    return value();
  }
  bool close() {
    names_.pop_back();
    return true;
  }
  void stopped(std::size_t at, std::string complaint, std::string hint = {}) {
    at_ = at;
    complaint_ = std::move(complaint);
    hint_ = std::move(hint);
  }

  const std::size_t& read_;
  std::vector<std::set<std::string>> names_;
  bool begun_ = false;
  std::size_t at_ = 0;
  std::string token_;
  std::string complaint_;
  std::string hint_;
};

/// Whether `token` is one text or one number. What nlohmann calls the last token may begin far before that token.
bool is_one_token(std::string_view token) {
  if (token.size() < 2 || token.front() != '"')
    return !token.empty() && token.find_first_not_of(kNumberCharacters) == std::string_view::npos;
  std::size_t end = 1;
  while (end < token.size() && token[end] != '"') end += token[end] == '\\' ? 2 : 1;
  return end + 1 == token.size();
}

/// The offset of the token that the parser rejected, or of the rejected byte within it.
std::size_t begin_of_token(std::string_view text, const Check& check) {
  if (check.at() > text.size()) return text.size();
  std::size_t begin = check.at() - std::min<std::size_t>(check.at(), 1);
  const std::string& token = check.token();
  if (is_one_token(token) && text.substr(0, check.at()).ends_with(token)) return check.at() - token.size();
  while (begin > 0 && is_letter(text[begin]) && is_letter(text[begin - 1])) --begin;
  return begin;
}

/// The offset of the escape of a text (RFC 8259 section 7) that the parser rejected at or directly behind it: `\q`,
/// `\u12` or half of a surrogate pair.
std::optional<std::size_t> broken_escape(std::string_view text, const Check& check) {
  if (check.at() == 0 || check.at() > text.size()) return std::nullopt;
  const std::size_t rejected = check.at() - 1;
  constexpr std::size_t kDigits = 4;
  std::size_t begin = rejected;
  while (begin > 0 && rejected - begin < kDigits && kHexCharacters.find(text[begin - 1]) != std::string_view::npos)
    --begin;
  const std::string_view digits = text.substr(begin, rejected - begin);
  const bool is_code = begin > 0 && text[begin - 1] == 'u';
  begin = is_code ? begin - 1 : rejected;
  std::size_t backslashes = 0;
  while (backslashes < begin && text[begin - backslashes - 1] == '\\') ++backslashes;
  if (backslashes % 2 == 0) return std::nullopt;
  // A whole code is good, unless the second half of its pair is missing.
  const bool is_first_half = in_lower_case(digits) >= "d800" && in_lower_case(digits) < "dc00";
  if (is_code && digits.size() == kDigits && !is_first_half) return std::nullopt;
  return begin - 1;
}

struct Reason {
  std::size_t at;
  std::string what;
  std::string hint;
};

constexpr const char* kNoComments = "JSON has no comments; remove it";

Reason reason_at(std::string_view text, std::size_t at, bool was_whole) {
  const std::string_view rest = text.substr(at);
  const std::size_t before = at == 0 ? std::string_view::npos : text.find_last_not_of(kBlanks, at - 1);
  const char last = before == std::string_view::npos ? '\0' : text[before];
  if (rest.starts_with("//") || rest.starts_with("/*") || rest.starts_with('#')) return {at, "a comment", kNoComments};
  if (was_whole && !rest.empty() && (rest[0] == '}' || rest[0] == ']')) {
    return {at, std::string("one ") + rest[0] + " too many", "remove it, or add what it closes"};
  }
  if (was_whole) return {at, "data follows the document", ""};
  if (rest.empty()) return {at, "the text ends early", "check that the text is complete"};
  if ((rest[0] == '}' || rest[0] == ']') && last == ',') {
    return {before, std::string("a comma before ") + rest[0], "remove that comma"};
  }
  if (rest[0] == '\'') return {at, "text in single quotes", "write it in double quotes"};
  if (static_cast<unsigned char>(rest[0]) < 0x20) {
    return {at, "a line break or control character within a text", R"(write it as an escape, e.g. \n)"};
  }
  if (rest[0] == '"') return {at, "a comma or colon is missing before this text", ""};
  if (is_letter(rest[0])) {
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_letter);
    const std::string word(rest.substr(0, std::min(kWordShown, static_cast<std::size_t>(end - rest.begin()))));
    return {at, word + " without quotes", "names and texts stand in double quotes; values are also true, false, null"};
  }
  if ((rest[0] >= '0' && rest[0] <= '9') || rest[0] == '-') {
    return {at, "a number that is unexpected, too large or not in the form of JSON", ""};
  }
  const bool shown = rest[0] > ' ' && rest[0] < 0x7F;
  return {at, shown ? std::string("an unexpected ") + rest[0] : "an unexpected character", ""};
}

JsonFault fault_at(std::string_view text, std::size_t at, std::string what, std::string hint = {}) {
  return {position_in(text, at), std::move(what), std::move(hint)};
}

}  // namespace

std::optional<JsonFault> json_fault(std::string_view text) {
  const std::size_t mark = text.starts_with(kMark) ? kMark.size() : 0;
  // nlohmann ends the text at a NUL byte. This function accepts NUL bytes at the end, which some firmware appends, and
  // rejects text after them.
  const std::size_t nul = std::min(text.find('\0'), text.size());
  const std::size_t behind = text.find_first_not_of(std::string_view("\0 \t\r\n", 5), nul);
  if (behind != std::string_view::npos) return fault_at(text, nul, "not JSON: data follows a NUL byte");
  const std::string_view whole = text.substr(0, nul);
  const std::size_t begin = whole.find_first_not_of(kBlanks, mark);
  if (begin == std::string_view::npos) return fault_at(text, mark, "not JSON: the text is empty");

  std::size_t read = 0;
  Check check(read);
  const CountingIterator first(whole.data(), &read);
  const CountingIterator last(whole.data() + whole.size(), &read);
  if (nlohmann::json::sax_parse(first, last, &check)) return std::nullopt;
  if (!check.complaint().empty()) return fault_at(text, check.at(), check.complaint(), check.hint());
  if (looks_like_yaml(whole.substr(mark))) {
    return fault_at(text, begin, "not JSON: it looks like YAML", "convert it to JSON, e.g. with `yq -o json`");
  }
  if (whole.substr(begin).starts_with("-----BEGIN")) return fault_at(text, begin, "not JSON: it is PEM");
  if (!is_utf8(whole)) return fault_at(text, utf8_prefix(whole), "not JSON: a byte that is not UTF-8");
  if (const auto escape = broken_escape(whole, check)) {
    return fault_at(text, *escape, "not JSON: an escape that stands for no character", R"(write a backslash as \\)");
  }
  Reason reason = reason_at(whole, begin_of_token(whole, check), check.was_whole());
  return fault_at(text, reason.at, "not JSON: " + reason.what, std::move(reason.hint));
}

}  // namespace fleet_provision

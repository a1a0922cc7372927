#include "batch/record/plain_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string>

#include "codec/document.hpp"

namespace fleet_provision::batch {
namespace {

/// Integers of so many digits are exact as a double too, so the library takes each of them for the same number.
constexpr std::size_t kPlainDigitsMax = 15;
/// Names of one object are compared with each other.
constexpr std::size_t kPlainNamesMax = 64;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Checks a text from its beginning to its end. Each function passes over what it names, or returns false; a text that
/// was rejected is not looked at further.
class PlainScan {
 public:
  explicit PlainScan(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool whole_object() {
    blanks();
    if (!next_is('{') || !object(1)) return false;
    blanks();
    return at_ == end_;
  }
  [[nodiscard]] std::vector<PlainMember> members() && { return std::move(members_); }

 private:
  [[nodiscard]] bool next_is(char c) const { return at_ != end_ && *at_ == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  void blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  bool value(std::size_t level) {
    if (at_ == end_) return false;
    switch (*at_) {
      case '{': return level <= kNestingMax && object(level);
      case '[': return level <= kNestingMax && array(level);
      case '"': return string();
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }

  bool object(std::size_t level) {
    ++at_;
    blanks();
    if (take('}')) return true;
    // Of the objects that are open; those of an inner object are removed with it.
    const std::size_t first = names_.size();
    do {
      PlainMember member;
      blanks();
      if (!name(member.name, first)) return false;
      blanks();
      if (!take(':')) return false;
      blanks();
      const char* const begin = at_;
      if (!value(level + 1)) return false;
      member.value = {begin, static_cast<std::size_t>(at_ - begin)};
      if (level == 1) members_.push_back(member);
      blanks();
    } while (take(','));
    names_.resize(first);
    return take('}');
  }

  bool array(std::size_t level) {
    ++at_;
    blanks();
    if (take(']')) return true;
    do {
      blanks();
      if (!value(level + 1)) return false;
      blanks();
    } while (take(','));
    return take(']');
  }

  /// A new name of the object whose names begin at `first`.
  bool name(std::string_view& found, std::size_t first) {
    const char* const begin = at_;
    if (!next_is('"') || !string()) return false;
    found = {begin + 1, static_cast<std::size_t>(at_ - begin - 2)};
    // The same name may be written with escapes or without.
    if (found.find('\\') != std::string_view::npos || names_.size() - first == kPlainNamesMax) return false;
    if (std::find(names_.begin() + static_cast<std::ptrdiff_t>(first), names_.end(), found) != names_.end())
      return false;
    names_.push_back(found);
    return true;
  }

  bool string() {
    for (++at_; at_ != end_; ++at_) {
      if (*at_ == '"') {
        ++at_;
        return true;
      }
      if (*at_ < ' ' || *at_ > '~') return false;
      if (*at_ == '\\' && !escape()) return false;
    }
    return false;
  }

  /// Up to the last character of the escape.
  bool escape() {
    if (++at_ == end_) return false;
    if (std::string_view("\"\\/bfnrt").find(*at_) != std::string_view::npos) return true;
    if (*at_ != 'u' || end_ - at_ < 5) return false;
    for (int i = 0; i < 4; ++i) {
      ++at_;
      const bool hex = is_digit(*at_) || (*at_ >= 'a' && *at_ <= 'f') || (*at_ >= 'A' && *at_ <= 'F');
      // Surrogates come in pairs.
      if (!hex || (i == 0 && (*at_ == 'd' || *at_ == 'D'))) return false;
    }
    return true;
  }

  bool number() {
    take('-');
    const char* const begin = at_;
    digits();
    const auto whole = static_cast<std::size_t>(at_ - begin);
    if (whole == 0 || whole > kPlainDigitsMax || (*begin == '0' && whole > 1)) return false;
    if (!take('.')) return true;
    const char* const fraction = at_;
    digits();
    return at_ != fraction && static_cast<std::size_t>(at_ - fraction) <= kPlainDigitsMax;
  }
  void digits() {
    while (at_ != end_ && is_digit(*at_)) ++at_;
  }

  bool word(std::string_view wanted) {
    if (static_cast<std::size_t>(end_ - at_) < wanted.size() || std::string_view(at_, wanted.size()) != wanted)
      return false;
    at_ += wanted.size();
    return true;
  }

  const char* at_;
  const char* end_;
  std::vector<PlainMember> members_;
  std::vector<std::string_view> names_;
};

}  // namespace

std::optional<std::vector<PlainMember>> plain_members(std::string_view text) {
  PlainScan scan(text);
  if (!scan.whole_object()) return std::nullopt;
  return std::move(scan).members();
}

nlohmann::json shallow_value(std::string_view value) {
  if (value.starts_with('{')) return nlohmann::json::object();
  if (value.starts_with('[')) return nlohmann::json::array();
  if (value == "null") return nullptr;
  if (value.starts_with('"') && value.find('\\') == std::string_view::npos) {
    return std::string(value.substr(1, value.size() - 2));
  }
  std::uint64_t number = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
  if (read.ec == std::errc() && read.ptr == value.data() + value.size()) return number;
  return nlohmann::json::parse(value.begin(), value.end(), nullptr, false);
}

}  // namespace fleet_provision::batch

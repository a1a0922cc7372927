#include "adapters/keys/distinguished_name.hpp"

#include <optional>
#include <utility>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kForm = "write it like CN=gateway-1,O=Example; a comma inside a value is \\,";

std::optional<unsigned> hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a' + 10);
  if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A' + 10);
  return std::nullopt;
}

class NameReader {
 public:
  explicit NameReader(std::string_view text) : text_(text) {}

  [[nodiscard]] Result<std::vector<RelativeName>> run() {
    if (text_.empty()) return fail(ErrorKind::kUsage, "the CSR subject is empty", std::string(kForm));
    skip_blanks();
    if (text_.substr(at_).starts_with('/')) return wrong("is in the form of openssl's -subj");
    std::vector<RelativeName> names(1);
    while (true) {
      FP_TRY_ASSIGN(auto attribute, attribute_at());
      names.back().push_back(std::move(attribute));
      if (at_ == text_.size()) return names;
      if (text_[at_++] == ',') names.emplace_back();
    }
  }

 private:
  [[nodiscard]] tl::unexpected<Error> wrong(const std::string& why) const {
    return fail(ErrorKind::kUsage, "the CSR subject " + printable(text_) + " " + why, std::string(kForm));
  }

  [[nodiscard]] Result<NameAttribute> attribute_at() {
    NameAttribute attribute;
    skip_blanks();
    while (at_ < text_.size() && text_[at_] != '=' && text_[at_] != ',' && text_[at_] != '+') {
      attribute.type += text_[at_++];
    }
    while (attribute.type.ends_with(' ')) attribute.type.pop_back();
    if (attribute.type.empty()) return wrong("has a part without a name");
    if (at_ == text_.size() || text_[at_] != '=') return wrong("has a part without =");
    ++at_;
    FP_TRY_ASSIGN(attribute.value, value_at());
    if (attribute.value.empty()) return wrong("has no value for " + printable(attribute.type));
    if (!is_utf8(attribute.value)) return wrong("is not UTF-8");
    if (attribute.value.find('\0') != std::string::npos) return wrong("holds a NUL");
    return attribute;
  }

  /// Reads the value up to an unescaped `,` or `+`; unescaped spaces at both ends do not belong to it.
  [[nodiscard]] Result<std::string> value_at() {
    std::string value;
    skip_blanks();
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '#')) {
      return wrong("has a value that begins with " + std::string(1, text_[at_]));
    }
    std::size_t wanted = 0;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '+') {
      if (text_[at_] != '\\') {
        value += text_[at_];
        if (text_[at_++] != ' ') wanted = value.size();
        continue;
      }
      const auto escaped = escaped_at();
      if (!escaped) return wrong("has a backslash before a character that needs none");
      value += *escaped;
      wanted = value.size();
    }
    value.resize(wanted);
    return value;
  }

  [[nodiscard]] std::optional<char> escaped_at() {
    constexpr std::string_view kEscapable = ",+\"\\<>;=# ";
    const std::string_view rest = text_.substr(at_ + 1);
    if (!rest.empty() && kEscapable.find(rest[0]) != std::string_view::npos) {
      at_ += 2;
      return rest[0];
    }
    if (rest.size() < 2) return std::nullopt;
    const auto high = hex_digit(rest[0]);
    const auto low = hex_digit(rest[1]);
    if (!high || !low) return std::nullopt;
    at_ += 3;
    return static_cast<char>(16 * *high + *low);
  }

  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<RelativeName>> parse_distinguished_name(std::string_view text) {
  return NameReader(text).run();
}

}  // namespace fleet_provision

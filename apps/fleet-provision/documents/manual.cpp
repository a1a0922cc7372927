#include <optional>

#include "documents.hpp"

namespace fleet_provision::documents {
namespace {

/// Text for roff (groff_char(7)): an ASCII hyphen that can be copied, a backslash, and no line that reads as a request.
std::string roff(std::string_view text) {
  std::string out;
  if (!text.empty() && (text.front() == '.' || text.front() == '\'')) out += "\\&";
  for (const char each : text) {
    switch (each) {
      case '-': out += "\\-"; break;
      case '\\': out += "\\e"; break;
      case '~': out += "\\(ti"; break;
      case '^': out += "\\(ha"; break;
      case '`': out += "\\(ga"; break;
      case '\'': out += "\\(aq"; break;
      default: out += each;
    }
  }
  return out;
}

std::string sentence(const OptionRow& option) {
  std::string text = roff(option.help);
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  text += ".";
  if (!option.default_value.empty()) text += " Default: " + roff(option.default_value) + ".";
  return text + "\n";
}

void begin_group(std::string& out, std::optional<OptionGroup>& group, OptionGroup next) {
  if (group == next) return;
  group = next;
  out += ".SS " + roff(heading(next)) + "\n";
}

std::string_view key_value(const OptionRow& option) {
  if (option.id == OptionId::kParameters) return "text, or an object of texts";
  switch (option.value) {
    case OptionValue::kFlag: return "true or false";
    case OptionValue::kCount:
    case OptionValue::kNumber: return "number";
    case OptionValue::kSeconds: return "number of seconds";
    case OptionValue::kText:
    case OptionValue::kFile: return "text";
    case OptionValue::kKeyValues: return "array of texts KEY=VALUE";
  }
  return "";
}

}  // namespace

std::string manual_options() {
  std::string out;
  std::optional<OptionGroup> group;
  for (const OptionRow& option : option_table()) {
    begin_group(out, group, option.group);
    out += ".TP\n";
    if (option.letter != 0) out += "\\fB\\-" + std::string(1, option.letter) + "\\fR, ";
    out += "\\fB\\-\\-" + roff(option.name) + "\\fR";
    if (!option.metavar.empty()) out += " \\fI" + roff(option.metavar) + "\\fR";
    out += "\n" + sentence(option);
  }
  return out;
}

std::string manual_keys() {
  std::string out;
  std::optional<OptionGroup> group;
  for (const OptionRow& option : option_table()) {
    if (option.scope != OptionScope::kEverywhere) continue;
    begin_group(out, group, option.group);
    out += ".TP\n\\fB" + roff(option.name) + "\\fR (" + std::string(key_value(option)) + ")\n" + sentence(option);
  }
  return out;
}

std::string manual_page(std::string_view page, std::string_view version, std::string_view date) {
  std::string out;
  const auto fill = [&out](std::string_view mark, const std::string& text) {
    for (std::size_t at = out.find(mark); at != std::string::npos; at = out.find(mark, at + text.size())) {
      out.replace(at, mark.size(), text);
    }
  };
  out = page;
  fill(".\\\" @options@\n", manual_options());
  fill(".\\\" @keys@\n", manual_keys());
  fill("@version@", std::string(version));
  fill("@date@", std::string(date));
  return out;
}

}  // namespace fleet_provision::documents

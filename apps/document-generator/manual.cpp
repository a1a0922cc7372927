#include <optional>

#include "cli/command.hpp"
#include "programs.hpp"
#include "service/behaviour_table.hpp"
#include "service/fault_table.hpp"
#include "simulator/option_rows.hpp"

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

/// The help of an option as a sentence, and its default, which the table or the end of the help may hold; `Row` is a
/// row of either program's table.
template <class Row>
std::string sentence(const Row& option) {
  constexpr std::string_view kDefault = " [default: ";
  const std::size_t bracket = option.help.rfind(kDefault);
  std::string text = roff(option.help.substr(0, bracket));
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  text += ".";
  if (bracket != std::string_view::npos) {
    const std::string_view value = option.help.substr(bracket + kDefault.size());
    text += " Default: " + roff(value.substr(0, value.size() - 1)) + ".";
  }
  if (!option.default_value.empty()) text += " Default: " + roff(option.default_value) + ".";
  return text + "\n";
}

void begin_group(std::string& out, std::optional<OptionGroup>& group, OptionGroup next) {
  if (group == next) return;
  group = next;
  out += ".SS " + roff(heading(next)) + "\n";
}

/// A term of a list: `-P, --parameter KEY=VALUE` and its sentence.
template <class Row>
std::string option_item(const Row& option) {
  std::string out = ".TP\n";
  if (option.letter != 0) out += "\\fB\\-" + std::string(1, option.letter) + "\\fR, ";
  out += R"(\fB\-\-)" + roff(option.name) + "\\fR";
  if (!option.metavar.empty()) out += " \\fI" + roff(option.metavar) + "\\fR";
  return out + "\n" + sentence(option);
}

/// A purpose or meaning that is rendered like the help of an option.
struct PurposeRow {
  std::string_view help;
  std::string_view default_value = {};
};

std::string_view key_value(const OptionRow& option) {
  if (option.id == OptionId::kParameters) return "text, or an object of texts";
  switch (option.value) {
    case OptionValue::kFlag: return "true or false";
    case OptionValue::kCount:
    case OptionValue::kDecimal:
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
    out += option_item(option);
  }
  return out;
}

std::string manual_simulator_options() {
  std::string out;
  for (const auto& option : simulator::option_rows()) out += option_item(option);
  return out;
}

std::string manual_report_options() {
  std::string out;
  for (const auto& option : simulator::report_option_rows()) out += option_item(option);
  return out;
}

std::string manual_commands() {
  std::string out;
  const Program program = tool_program();
  for (const auto& verb : program.verbs) {
    if (verb.word.empty()) continue;
    std::vector<std::string> own;
    for (const auto& option : verb.options) {
      const auto only = only_command_of(find_option(option.name)->id);
      if (only) own.push_back(R"(\fB\-\-)" + roff(option.name) + "\\fR");
    }
    out += ".TP\n\\fB" + std::string(verb.word) + "\\fR\n" + sentence(PurposeRow{verb.purpose});
    if (!own.empty()) out += "Its own options: " + joined(own, ", ") + ".\n";
  }
  return out;
}

std::string manual_behaviours() {
  std::string out;
  for (const auto& row : simulator::behaviour_table()) {
    out += ".TP\n\\fB" + roff(row.name) + "\\fR=\\fB" + roff(row.values[0]) + "\\fR|\\fB" + roff(row.values[1]) +
           "\\fR\n" + sentence(PurposeRow{row.meaning}) + "The default, " + roff(row.values[0]) + ", is " +
           std::string(row.basis) + ".\n";
  }
  return out;
}

std::string manual_faults() {
  // Narrow columns: neither justified nor hyphenated.
  std::string out = ".nh\n.na\n.TS\nallbox;\nlb lb lb\nlbw(22n) lw(20n) lx.\naction\toperations\tmeaning\n";
  for (const auto& row : simulator::fault_table()) {
    std::string breakable = roff(simulator::form_of(row));
    fill(breakable, "[", "\\:[");
    out += "T{\n" + breakable + "\nT}\tT{\n" + roff(simulator::operations_of(row)) + "\nT}\tT{\n" + roff(row.meaning) +
           "\nT}\n";
  }
  return out + ".TE\n.ad\n.hy\n";
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
  std::string out(page);
  fill(out, ".\\\" @options@\n", manual_options());
  fill(out, ".\\\" @commands@\n", manual_commands());
  fill(out, ".\\\" @keys@\n", manual_keys());
  fill(out, ".\\\" @simulator-options@\n", manual_simulator_options());
  fill(out, ".\\\" @report-options@\n", manual_report_options());
  fill(out, ".\\\" @behaviours@\n", manual_behaviours());
  fill(out, ".\\\" @faults@\n", manual_faults());
  fill(out, "@version@", version);
  fill(out, "@date@", date);
  return out;
}

}  // namespace fleet_provision::documents

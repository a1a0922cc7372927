#include "programs.hpp"

#include "cli/command.hpp"
#include "service/behaviour_table.hpp"
#include "service/fault_table.hpp"
#include "simulator/option_rows.hpp"

namespace fleet_provision::documents {
namespace {

ProgramOption tool_option(Command command, const OptionRow& row) {
  const bool repeatable = row.value == OptionValue::kCount || row.value == OptionValue::kKeyValues;
  return {row.name,
          row.letter,
          takes_value(row.value) ? row.metavar : "",
          repeatable,
          short_help(help_of(command, row)),
          value_offer(row)};
}

ProgramOption simulator_option(const simulator::OptionRow& row) {
  ProgramOption option{row.name,       row.letter,           row.metavar,
                       row.repeatable, short_help(row.help), value_offer(row.metavar)};
  if (row.name == "fault") option.value.offer = Offer::kFaults;
  if (row.name == "behaviour") {
    option.value.offer = Offer::kWords;
    for (const auto& each : simulator::behaviour_table()) {
      for (const auto value : each.values) {
        option.value.words.push_back(std::string(each.name) + "=" + std::string(value));
      }
    }
  }
  return option;
}

ProgramVerb tool_verb(Command command) {
  ProgramVerb verb{word(command), purpose(command), {}};
  for (const OptionRow& row : option_table()) {
    // Without a command the options of one command alone are an error.
    if (applies_to(command, row.id)) verb.options.push_back(tool_option(command, row));
  }
  return verb;
}

}  // namespace

Program tool_program() {
  Program program{"fleet-provision", {tool_verb(Command::kProvision)}, {}, false};
  for (const Command each : commands()) program.verbs.push_back(tool_verb(each));
  for (const OptionRow& row : option_table()) program.options.push_back(tool_option(Command::kProvision, row));
  return program;
}

Program simulator_program() {
  Program program{"fleet-provision-simulator", {}, {}, true};
  for (const auto& row : simulator::option_rows()) program.options.push_back(simulator_option(row));
  program.verbs.push_back({"", "the service on this machine", program.options});
  ProgramVerb report{"report", "write a page in HTML from an event log", {}};
  for (const auto& row : simulator::report_option_rows()) report.options.push_back(simulator_option(row));
  program.verbs.push_back(std::move(report));
  return program;
}

std::vector<FaultWords> fault_words() {
  std::vector<FaultWords> all;
  for (const auto& operation : simulator::fault_operations()) {
    FaultWords words{operation.name, {}};
    for (const auto& row : simulator::fault_table()) {
      if ((row.points & operation.points) != operation.points) continue;
      const bool needs_value = row.value == simulator::FaultValue::kNumber ||
                               row.value == simulator::FaultValue::kText || row.value == simulator::FaultValue::kReject;
      words.actions.push_back({std::string(row.name) + (needs_value ? "=" : ""), short_help(row.meaning)});
    }
    all.push_back(std::move(words));
  }
  return all;
}

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char each : text) out += each == '\'' ? std::string("'\\''") : std::string(1, each);
  return out + "'";
}

void fill(std::string& text, std::string_view mark, std::string_view by) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + by.size())) {
    text.replace(at, mark.size(), by);
  }
}

std::string function_name(const Program& program) {
  std::string name = "_" + std::string(program.name);
  for (char& each : name) each = each == '-' ? '_' : each;
  return name;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const auto& word : words) out.append(out.empty() ? "" : separator).append(word);
  return out;
}

}  // namespace fleet_provision::documents

#include "simulator/help.hpp"

#include <algorithm>
#include <string_view>

#include "service/behaviour_table.hpp"
#include "service/fault_table.hpp"
#include "simulator/option_rows.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kTextColumn = 28;

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size() + 2), ' ');
  return text;
}

std::string behaviour_help() {
  std::string text =
      "\nBehaviours (--behaviour NAME=VALUE; the first value is the default, observed at AWS or assumed):\n";
  for (const auto& row : behaviour_table()) {
    const std::string values = std::string(row.values[0]) + "|" + std::string(row.values[1]);
    text += padded("  " + std::string(row.name) + "=" + values, 36) + std::string(row.basis) + "\n      " +
            std::string(row.meaning) + "\n";
  }
  return text;
}

std::string fault_help() {
  std::string text =
      "\nFaults (--fault OPERATION:NTH:ACTION[=VALUE]):\n"
      "OPERATION is connect, subscribe, create, create-from-csr, create-keys or register. NTH counts its\n"
      "requests from 1; * stands for every request. Each ACTION is listed with the operations that it\n"
      "applies to; create there includes create-from-csr and create-keys.\n";
  for (const auto& row : fault_table()) {
    text += padded("  " + form_of(row), 36) + operations_of(row) + "\n      " + std::string(row.meaning) + "\n";
  }
  return text;
}

constexpr const char* kUsageText =
    "Simulate the AWS IoT Fleet Provisioning service on this machine, with mosquitto and mutual TLS.\n"
    "\n"
    "Usage: fleet-provision-simulator [OPTIONS]\n"
    "           Run until SIGTERM. Print one line of JSON to stdout when the broker accepts connections.\n"
    "       fleet-provision-simulator [OPTIONS] -- COMMAND [ARG...]\n"
    "           Run COMMAND against the simulator and exit with its status. COMMAND gets\n"
    "           FLEET_PROVISION_ENDPOINT, _PORT, _CA_FILE, _CLAIM_CERT, _CLAIM_KEY and _TEMPLATE in its\n"
    "           environment. Exit codes of the simulator itself: 125 failure, 126 COMMAND cannot be\n"
    "           executed, 127 COMMAND not found.\n"
    "       fleet-provision-simulator report --log FILE [--report FILE]\n"
    "           Write a page in HTML that shows what happened in an event log; see report --help.\n"
    "\n"
    "Options:\n";

/// `  --state-dir DIR         ` and the text, in lines that start at kTextColumn.
std::string option_help(const OptionRow& row) {
  std::string line = row.letter == 0 ? "  --" : std::string("  -") + row.letter + ", --";
  line += row.name;
  if (!row.metavar.empty()) line += " " + std::string(row.metavar);
  line = padded(line, kTextColumn);
  std::string text(row.help);
  if (!row.default_value.empty()) text += " [default: " + std::string(row.default_value) + "]";
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (line.size() + word.size() > kColumns) {
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line = std::string(kTextColumn, ' ');
    }
    line += std::string(word) + " ";
  }
  return out + line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

}  // namespace

std::string report_help_text() {
  std::string text =
      "Write a page in HTML that shows what happened on each connection, from the event log of a simulator.\n"
      "\n"
      "Usage: fleet-provision-simulator report --log FILE [--report FILE]\n"
      "\n"
      "Lines that are not events are counted on the page and on stderr. A run with --report FILE writes\n"
      "the same page when it ends.\n"
      "\n"
      "Options:\n";
  for (const auto& row : report_option_rows()) text += option_help(row);
  text += "\nExample:\n  fleet-provision-simulator report --log events.jsonl --report events.html\n";
  return text;
}

std::string help_text() {
  std::string text = kUsageText;
  for (const auto& row : option_rows()) text += option_help(row);
  text += behaviour_help() + fault_help();
  text += "\nExample:\n  fleet-provision-simulator -- fleet-provision -P SerialNumber=4711 --state-dir ./gateway\n";
  return text;
}

}  // namespace fleet_provision::simulator

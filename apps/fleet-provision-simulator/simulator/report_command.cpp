#include "simulator/report_command.hpp"

#include <utility>

#include "report/report_file.hpp"
#include "simulator/command_line.hpp"
#include "simulator/help.hpp"
#include "simulator/option_rows.hpp"

namespace fleet_provision::simulator {

bool is_report_command(const std::vector<std::string>& arguments) {
  return arguments.size() > 1 && arguments[1] == "report";
}

Result<ReportOutput> run_report_command(const std::vector<std::string>& arguments) {
  // The word takes the place of the program's name.
  FP_TRY_ASSIGN(const CommandLine line,
                parse_command_line({arguments.begin() + 1, arguments.end()}, report_option_rows()));
  if (line.help) return ReportOutput{report_help_text(), {}};
  const std::string log = line.last("log");
  const std::string file = line.last("report");
  const bool to_stdout = file.empty() || file == "-";
  if (!line.command.empty()) return fail(ErrorKind::kUsage, "report takes no COMMAND");
  if (log.empty()) return fail(ErrorKind::kUsage, "report needs --log FILE", "use - to read the event log from stdin");
  if (!to_stdout) FP_TRY(check_report_file(file, log == "-" ? "" : log));
  FP_TRY_ASSIGN(Report report, report_from_log(log));
  ReportOutput output{{}, other_lines_text(report.facts, log == "-" ? "stdin" : log)};
  if (to_stdout) {
    output.text = std::move(report.page);
  } else {
    FP_TRY(write_report(file, report.page));
  }
  return output;
}

}  // namespace fleet_provision::simulator

#include "simulator/report_at_exit.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "report/report_file.hpp"

namespace fleet_provision::simulator {

Result<std::string> prepare_report(const std::string& path, const std::string& log, const std::string& run_dir) {
  FP_TRY(check_report_file(path, log));
  std::string events = run_dir + "/report-events.jsonl";
  if (::unlink(events.c_str()) != 0 && errno != ENOENT) {
    return fail(ErrorKind::kStateNotWritable, "cannot remove " + events + ": " + std::strerror(errno));
  }
  return events;
}

Result<void> write_report_at_exit(const std::string& path, const std::string& events) {
  const auto report = report_from_log(events);
  if (!report) return fail(ErrorKind::kDiskError, "cannot write the report " + path + ": " + report.error().message);
  FP_TRY(write_report(path, report->page));
  ::unlink(events.c_str());
  return {};
}

}  // namespace fleet_provision::simulator

#include "batch/report/reports.hpp"

namespace fleet_provision::batch {

Result<std::vector<ReportSource>> open_sources(const std::vector<std::string>& /*directories*/) {
  return fail(ErrorKind::kInternal, "not built yet");
}

Result<void> write_reports(std::vector<ReportSource>& /*sources*/, const std::string& /*directory*/,
                           std::vector<std::string>& /*warnings*/) {
  return fail(ErrorKind::kInternal, "not built yet");
}

}  // namespace fleet_provision::batch

#include "batch/batch_command.hpp"

#include "batch/report/reports.hpp"
#include "batch/run/run.hpp"

namespace fleet_provision::batch {

int batch_command(const Options& options, const Environment& /*environment*/, const OutputSettings& /*output*/,
                  Report& report) {
  const auto settings = batch_settings_from(options);
  if (!settings) {
    report.failed(settings.error());
    return static_cast<int>(exit_code(settings.error().kind));
  }
  return 0;
}

}  // namespace fleet_provision::batch

// The result on stdout: `name: value` lines, or the object of `--json` (schema 1).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "ports/ports.hpp"
#include "workflow/outcome.hpp"

namespace fleet_provision {

/// One phase as it was observed; times in milliseconds since the start of the process. Phases may overlap.
struct PhaseSpan {
  Phase phase = Phase::kLoad;
  unsigned attempt = 1;
  double start_ms = 0;
  double duration_ms = 0;
};

/// What the report recorded besides the outcome.
struct RunRecord {
  std::vector<PhaseSpan> timeline;
  std::vector<std::string> warnings;
};

/// Paths of the files of an identity; absent where there is no such file.
struct IdentityFiles {
  std::optional<std::string> certificate;
  /// The URI of a key in hardware.
  std::optional<std::string> private_key;
  std::optional<std::string> thing_name;
  std::optional<std::string> identity;
};
[[nodiscard]] IdentityFiles files_of(const std::string& state_dir, const Identity& identity);

/// thingName, certificateId and the files; what is absent has no line.
[[nodiscard]] std::string identity_lines(const std::string& state_dir, const Identity& identity);

/// One line a finding, `ok      NAME: MESSAGE (1.2 ms)`, and its hint below.
[[nodiscard]] std::string check_lines(const std::vector<Check>& checks);
/// The lines of a success.
[[nodiscard]] std::string result_lines(const Plan& plan, const Outcome& outcome);
/// Every key is present, null if unknown; ASCII only, with a final newline. `plan` is null if the options were refused.
[[nodiscard]] std::string result_json(const Plan* plan, const Outcome& outcome, const RunRecord& record);

}  // namespace fleet_provision

#include "batch/record/unit_result.hpp"

namespace fleet_provision::batch {

std::string_view word(UnitOutcome outcome) {
  switch (outcome) {
    case UnitOutcome::kProvisioned: return "provisioned";
    case UnitOutcome::kAlreadyProvisioned: return "already-provisioned";
    case UnitOutcome::kFailed: return "failed";
  }
  return "";
}

std::string result_line(const UnitResult& /*result*/) {
  return {};
}

Result<UnitResult> parse_result_line(std::string_view /*line*/) {
  return fail(ErrorKind::kInternal, "not built yet");
}

}  // namespace fleet_provision::batch

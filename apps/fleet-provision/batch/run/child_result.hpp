// What a unit's run came to, from how its child ended and from the JSON result that it wrote.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "batch/record/unit_result.hpp"
#include "batch/run/child.hpp"
#include "core/error.hpp"

namespace fleet_provision::batch {

/// Fills `result` from the JSON result of a run (`--json`), except for unit, line, times and digest. False if `json` is
/// not an object with the known keys; `result` is then unchanged. `exit_code` is that of the child.
[[nodiscard]] bool fill_from_json(UnitResult& result, std::string_view json, int exit_code);

/// Makes `result` a failure that the batch found itself.
void fill_from_error(UnitResult& result, const Error& error);

/// The error of a child that gave no result (kUnitCrashed); `unit` is its name.
[[nodiscard]] Error crash_error(std::string_view unit, const ChildEnd& end);

}  // namespace fleet_provision::batch

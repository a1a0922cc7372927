// `fleet-provision status`: what was found, as lines for people or as the object of --json.
#pragma once

#include <string>

#include "result.hpp"
#include "workflow/status.hpp"

namespace fleet_provision {

/// 0, 75, 66 or 65.
[[nodiscard]] int exit_code(StateKind kind);
/// `name: value` lines.
[[nodiscard]] std::string status_lines(const std::string& state_dir, const State& state);
/// The result of schema 1 and a key `status` with the certificate, the unfinished run and the identity before.
[[nodiscard]] std::string status_json(const std::string& state_dir, const State& state, const RunRecord& record);

}  // namespace fleet_provision

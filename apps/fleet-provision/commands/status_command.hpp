// `fleet-provision status`: the state directory as text lines, JSON or variables.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "output/result.hpp"
#include "workflow/commands/status.hpp"

namespace fleet_provision {

/// `provisioned`, `pending`, `empty`, `damaged`.
[[nodiscard]] std::string_view word(StateKind kind);
/// 0, 75, 66 or 65.
[[nodiscard]] int exit_code(StateKind kind);
/// `name: value` lines.
[[nodiscard]] std::string status_lines(const std::string& state_dir, const State& state);
/// The object of --json (schema 1) with a key `status`: certificate, unfinished run and previous identity.
[[nodiscard]] std::string status_json(const std::string& state_dir, const State& state, const RunRecord& record);

/// One `NAME="VALUE"` per line, for sh and systemd's EnvironmentFile=; `state_dir` is absolute. Fails with kUsage for a
/// path that systemd would ignore: not UTF-8, or with control characters other than tab.
[[nodiscard]] Result<std::string> status_variables(const std::string& state_dir, const Identity& identity);

}  // namespace fleet_provision

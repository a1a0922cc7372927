// `fleet-provision status`: what was found, as lines for people or as the object of --json.
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
/// The result of schema 1 and a key `status` with the certificate, the unfinished run and the identity before.
[[nodiscard]] std::string status_json(const std::string& state_dir, const State& state, const RunRecord& record);

/// One `NAME="VALUE"` a line, which sh and EnvironmentFile= of systemd read alike; `state_dir` from the root. kUsage
/// for a path that a line cannot hold: with a line break or another control character but a tab, or not UTF-8.
[[nodiscard]] Result<std::string> status_variables(const std::string& state_dir, const Identity& identity);

}  // namespace fleet_provision

// The file `on-success-owed`: names the identity for which the program of --on-success has not exited with 0 yet.
//
// It is durable before the commit, so that a run that finds the identity installed finds the mark too, and removed only
// after the program has succeeded: the program runs at least once for each identity.
#pragma once

#include "core/identity.hpp"
#include "ports/disk.hpp"

namespace fleet_provision {

/// Durable when it returns.
[[nodiscard]] Result<void> set_on_success_mark(Disk& disk, const Identity& identity);
/// Whether the mark exists and names this identity. Takes no lock.
[[nodiscard]] Result<bool> has_on_success_mark(Disk& disk, const Identity& identity);
/// Durable when it returns.
[[nodiscard]] Result<void> remove_on_success_mark(Disk& disk);

}  // namespace fleet_provision

// What a run does outside its state directory: it deletes the claim's files and runs the program of --on-success.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/deadline.hpp"
#include "core/result.hpp"
#include "ports/claim_file.hpp"

namespace fleet_provision {

struct ProgramCall {
  std::string file;
  /// Added to the environment that this program was given; values are paths and texts, never secrets.
  std::vector<std::pair<std::string, std::string>> variables;
  /// By then it must have ended.
  Instant deadline;
};

/// Files that are never deleted, whatever the options say.
struct SparedFiles {
  /// And all below it.
  std::string state_dir;
  std::optional<std::string> ca_file;
};

class HostSystem {
 public:
  HostSystem() = default;
  HostSystem(const HostSystem&) = delete;
  HostSystem& operator=(const HostSystem&) = delete;
  virtual ~HostSystem() = default;

  /// Runs a program and waits for it; kOnSuccessFailed unless it exits 0, kInterrupted or kTerminated when the run is
  /// told to stop, which ends the program too.
  [[nodiscard]] virtual Result<void> run(const ProgramCall& call) = 0;
  /// Whether `run` could begin now, as far as that can be seen; kOnSuccessFailed.
  [[nodiscard]] virtual Result<void> may_run(const std::string& file) = 0;
  /// Whether `remove` could delete this file now, as far as that can be seen; false when there is none.
  /// kClaimNotRemoved.
  [[nodiscard]] virtual Result<bool> may_remove(const std::string& file, const SparedFiles& spared) = 0;
  /// Deletes one file durably, and gives how many other names (hard links) it had; removing what is not there succeeds.
  /// kClaimNotRemoved, also for what is no file, for a symbolic link, for a file that is not the one that was read, and
  /// for one that is spared.
  [[nodiscard]] virtual Result<std::uint64_t> remove(const ClaimFile& file, const SparedFiles& spared) = 0;
  /// Permission bits of a file; nothing when it cannot be looked at.
  [[nodiscard]] virtual std::optional<unsigned> mode_of(const std::string& file) = 0;
  /// Whether files can be made in `directory`, or in the one that a run would make it in; changes nothing.
  /// kStateNotWritable, kDiskFull.
  [[nodiscard]] virtual Result<void> may_create_in(const std::string& directory) = 0;
  /// `path` as it stands from the root.
  [[nodiscard]] virtual std::string absolute(const std::string& path) = 0;
};

}  // namespace fleet_provision

// The operations of a run outside its state directory: deleting the claim's files and running the program of
// --on-success.
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
  /// Added to the environment of this process; values are paths and texts, never secrets.
  std::vector<std::pair<std::string, std::string>> variables;
  /// The program must have ended by then.
  Instant deadline;
};

/// Files that are never deleted, whatever the options say.
struct SparedFiles {
  /// No file below this directory is deleted.
  std::string state_dir;
  std::optional<std::string> ca_file;
};

class HostSystem {
 public:
  HostSystem() = default;
  HostSystem(const HostSystem&) = delete;
  HostSystem& operator=(const HostSystem&) = delete;
  virtual ~HostSystem() = default;

  /// Runs a program and waits for it. kOnSuccessFailed unless it exits with 0; kInterrupted or kTerminated if the run
  /// is interrupted, which also ends the program.
  [[nodiscard]] virtual Result<void> run(const ProgramCall& call) = 0;
  /// Checks, as far as possible without running it, that the program could be started now; kOnSuccessFailed.
  [[nodiscard]] virtual Result<void> may_run(const std::string& file) = 0;
  /// Checks, as far as possible without deleting it, that `remove` could delete this file now; false if the file does
  /// not exist. kClaimNotRemoved.
  [[nodiscard]] virtual Result<bool> may_remove(const std::string& file, const SparedFiles& spared) = 0;
  /// Deletes one file durably and returns the number of its other names (hard links); succeeds if the file does not
  /// exist. kClaimNotRemoved, also for anything but a regular file, for a symbolic link, for a file other than the one
  /// that was read, and for a spared file.
  [[nodiscard]] virtual Result<std::uint64_t> remove(const ClaimFile& file, const SparedFiles& spared) = 0;
  /// Permission bits of a file; nothing if stat fails.
  [[nodiscard]] virtual std::optional<unsigned> mode_of(const std::string& file) = 0;
  /// Checks that files can be created in `directory`, or in the existing parent in which a run would create it; changes
  /// nothing. kStateNotWritable, kDiskFull.
  [[nodiscard]] virtual Result<void> may_create_in(const std::string& directory) = 0;
  /// `path` as an absolute path.
  [[nodiscard]] virtual std::string absolute(const std::string& path) = 0;
};

}  // namespace fleet_provision

// What a run does outside its state directory: it deletes the files of the claim, and runs the program of --on-success.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/deadline.hpp"
#include "core/result.hpp"

namespace fleet_provision {

struct ProgramCall {
  std::string file;
  /// Added to the environment that this program was given; values are paths and texts, never secrets.
  std::vector<std::pair<std::string, std::string>> variables;
  /// By then it must have ended.
  Instant deadline;
};

class Outside {
 public:
  Outside() = default;
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;
  virtual ~Outside() = default;

  /// Runs a program and waits for it; kOnSuccessFailed unless it exits 0, kInterrupted or kTerminated when the run is
  /// told to stop, and then the program is ended.
  [[nodiscard]] virtual Result<void> run(const ProgramCall& call) = 0;
  /// Whether `run` could begin now, as far as that can be seen; kOnSuccessFailed.
  [[nodiscard]] virtual Result<void> may_run(const std::string& file) = 0;
  /// Deletes one file durably; removing what is not there succeeds. kClaimNotRemoved, also for what is no file, for a
  /// symbolic link and for a file that is one of `spared`.
  [[nodiscard]] virtual Result<void> remove(const std::string& file, const std::vector<std::string>& spared) = 0;
  /// Permission bits of a file; nothing when it cannot be looked at.
  [[nodiscard]] virtual std::optional<unsigned> mode_of(const std::string& file) = 0;
  /// Whether files can be made in `directory`, or in the one that a run would make it in; changes nothing.
  /// kStateNotWritable, kDiskFull.
  [[nodiscard]] virtual Result<void> may_create_in(const std::string& directory) = 0;
  /// `path` as it stands from the root.
  [[nodiscard]] virtual std::string absolute(const std::string& path) = 0;
};

}  // namespace fleet_provision

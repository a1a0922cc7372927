// Runs the user's program and deletes the claim's files on a real system.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/system/interrupt.hpp"
#include "ports/host_system.hpp"

namespace fleet_provision {

class PosixHostSystem : public HostSystem {
 public:
  /// `environment` (NAME=VALUE) is the environment of a program besides its own variables. `interrupt` outlives this
  /// object.
  PosixHostSystem(std::vector<std::string> environment, const Interrupt& interrupt)
      : environment_(std::move(environment)), interrupt_(interrupt) {}

  /// The program has /dev/null as stdin and the stderr of this process as stdout and stderr. It leads its own process
  /// group, which gets SIGTERM and shortly after SIGKILL when the run is interrupted or the deadline has passed. This
  /// process must not ignore SIGCHLD, because waitpid could then not report how the program ended.
  [[nodiscard]] Result<void> run(const ProgramCall& call) override;
  [[nodiscard]] Result<void> may_run(const std::string& file) override;
  [[nodiscard]] Result<bool> may_remove(const std::string& file, const SparedFiles& spared) override;
  [[nodiscard]] Result<std::uint64_t> remove(const ClaimFile& file, const SparedFiles& spared) override;
  [[nodiscard]] std::optional<unsigned> mode_of(const std::string& file) override;
  [[nodiscard]] Result<void> may_create_in(const std::string& directory) override;
  [[nodiscard]] std::string absolute(const std::string& path) override;

 private:
  [[nodiscard]] Result<void> await(int process, const ProgramCall& call);

  std::vector<std::string> environment_;
  const Interrupt& interrupt_;
};

}  // namespace fleet_provision

// The user's program and the claim's files on a real system.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/system/interrupt.hpp"
#include "ports/host_system.hpp"

namespace fleet_provision {

class PosixHostSystem : public HostSystem {
 public:
  /// `environment` (NAME=VALUE) is what a program gets besides its variables. `interrupt` outlives this.
  PosixHostSystem(std::vector<std::string> environment, const Interrupt& interrupt)
      : environment_(std::move(environment)), interrupt_(interrupt) {}

  /// The program has /dev/null for stdin and our stderr for stdout and stderr; it leads its own process group, which is
  /// ended (SIGTERM, a moment later SIGKILL) when the run is told to stop or the deadline has come. This process must
  /// not ignore SIGCHLD: nobody could tell then how the program ended.
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

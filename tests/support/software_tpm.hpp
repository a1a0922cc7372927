// A TPM in software (swtpm) as a child process of a test, with a state of its own; the destructor ends it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::test {

class SoftwareTpm {
 public:
  struct Setup {
    /// Three wrong PINs lock the TPM, as swtpm has it; otherwise practically none do.
    bool locks_soon = false;
    /// Without, every command fails with TPM_RC_INITIALIZE.
    bool started = true;
  };

  /// Why no test can use one on this machine; empty if it can.
  [[nodiscard]] static std::string missing();

  /// Listens at two free ports of 127.0.0.1. Throws std::runtime_error if it does not start.
  explicit SoftwareTpm(const Setup& setup);
  SoftwareTpm() : SoftwareTpm(Setup{}) {}
  SoftwareTpm(const SoftwareTpm&) = delete;
  SoftwareTpm& operator=(const SoftwareTpm&) = delete;
  ~SoftwareTpm();

  [[nodiscard]] const std::string& tcti() const { return tcti_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The path of a file in its directory, where `tool` runs.
  [[nodiscard]] std::string operator/(std::string_view name) const { return directory_ / name; }
  [[nodiscard]] const TemporaryDirectory& directory() const { return directory_; }
  /// Variables that name it to tpm2-tools and tpm2-openssl.
  [[nodiscard]] std::vector<std::string> environment() const;

  /// Runs a shell command with these variables in its directory; returns its output. Throws if it fails.
  std::string shell(const std::string& command) const;  // NOLINT(modernize-use-nodiscard)
  /// The value of a property (`TPM2_PT_LOCKOUT_COUNTER`).
  [[nodiscard]] unsigned long property(const std::string& name) const;
  /// The handles of loaded keys (`handles-transient`) or persistent ones (`handles-persistent`), one line each.
  [[nodiscard]] std::string handles(const std::string& kind) const;
  void end();

 private:
  bool start(int port, bool started);

  TemporaryDirectory directory_;
  pid_t pid_ = -1;
  std::string tcti_;
};

}  // namespace fleet_provision::test

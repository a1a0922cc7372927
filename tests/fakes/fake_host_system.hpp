// Programs and files outside the state directory, as values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ports/host_system.hpp"

namespace fleet_provision::fakes {

class FakeHostSystem final : public HostSystem {
 public:
  Result<void> run(const ProgramCall& call) override {
    if (around) around();
    if (program_error) return fail(*program_error);
    calls.push_back(call);
    if (around) around();
    return {};
  }
  Result<void> may_run(const std::string& /*file*/) override {
    return program_error ? Result<void>(fail(*program_error)) : Result<void>();
  }
  Result<bool> may_remove(const std::string& file, const SparedFiles& /*spared*/) override {
    if (removal_error) return fail(*removal_error);
    return std::find(removed.begin(), removed.end(), file) == removed.end();
  }
  Result<std::uint64_t> remove(const ClaimFile& file, const SparedFiles& /*spared*/) override {
    if (around) around();
    removed.push_back(file.path);
    return other_names;
  }
  std::optional<unsigned> mode_of(const std::string& /*file*/) override { return mode; }
  Result<void> may_create_in(const std::string& /*directory*/) override {
    return write_error ? Result<void>(fail(*write_error)) : Result<void>();
  }
  std::string absolute(const std::string& path) override { return path; }

  /// Called before and after each operation; may throw.
  std::function<void()> around;
  std::optional<Error> program_error;
  std::optional<Error> write_error;
  std::optional<Error> removal_error;
  std::uint64_t other_names = 0;
  unsigned mode = 0600;
  std::vector<ProgramCall> calls;
  std::vector<std::string> removed;
};

}  // namespace fleet_provision::fakes

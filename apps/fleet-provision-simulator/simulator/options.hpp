// The simulator's command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/user.hpp"
#include "core/result.hpp"
#include "service/configuration.hpp"

namespace fleet_provision::simulator {

struct Options {
  /// `--help` or `--version`: print this and end.
  std::optional<std::string> text;
  std::string state_dir;
  std::string listen = "127.0.0.1";
  std::uint16_t port = 0;
  /// Further names for the server's certificate.
  std::vector<std::string> names;
  std::string log;
  /// Whose rights to have, once the state directory is there.
  std::optional<User> user;
  /// Templates, policy, faults and so on, with their files read.
  Configuration configuration;
  std::vector<std::string> command;
};

/// `arguments` is argv. kUsage, or what reading a named file gave.
[[nodiscard]] Result<Options> parse_options(const std::vector<std::string>& arguments);
/// Whether `--` is there, so that failures have the exit codes of a program that runs another.
[[nodiscard]] bool names_a_command(const std::vector<std::string>& arguments);

}  // namespace fleet_provision::simulator

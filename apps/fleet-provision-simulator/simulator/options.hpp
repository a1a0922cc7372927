// The simulator's options: texts of the command line, checked, and with the files that they name read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "pki/pki.hpp"
#include "service/configuration.hpp"
#include "system/user.hpp"

namespace fleet_provision::simulator {

struct Options {
  /// What --help or --version prints; nothing else is to be done then.
  std::optional<std::string> text;
  /// Empty: a temporary directory.
  std::string state_dir;
  std::string listen = "127.0.0.1";
  /// 0: a free one.
  std::uint16_t port = 0;
  /// Additional names for the server certificate.
  std::vector<std::string> names;
  /// Empty: events.jsonl in the state directory.
  std::string log;
  ClaimSettings claim;
  /// The file for the report; empty: none.
  std::string report;
  /// The user to run as, once the state directory exists.
  std::optional<User> user;
  Configuration configuration;
  std::vector<std::string> command;
};

/// `arguments` is argv. kUsage, or the error of reading a file that it names.
[[nodiscard]] Result<Options> parse_options(const std::vector<std::string>& arguments);

}  // namespace fleet_provision::simulator

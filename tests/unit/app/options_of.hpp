// Helpers that the tests of the options share.
#pragma once

#include <string>
#include <vector>

#include "config/options.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::test {

using Arguments = std::vector<std::string>;

/// Options without any configuration file of this machine.
inline Result<Options> options_of(const Arguments& arguments, const Environment& environment = {}) {
  return Options::read(arguments, environment, "/nonexistent/fleet-provision");
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace fleet_provision::test

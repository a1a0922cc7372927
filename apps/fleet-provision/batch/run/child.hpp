// A unit's run: a child process of this program, with its streams.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/system/descriptor.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

/// How children are started.
struct ChildSettings {
  /// The program; /proc/self/exe is this one, also after a new version was installed over it.
  std::string program = "/proc/self/exe";
  /// As NAME=VALUE.
  std::vector<std::string> environment;
  /// The content of stdin if a child reads it (--claim -, --parameters -); else children get /dev/null.
  int standard_input = -1;
};

/// How a child ended, with what it wrote.
struct ChildEnd {
  /// The exit code, or nullopt if a signal ended it.
  std::optional<int> exit_code;
  int signal = 0;
  std::string standard_output;
  /// The end of stderr.
  std::string standard_error;
};

}  // namespace fleet_provision::batch

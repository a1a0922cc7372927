// An option as one source gave it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/plan.hpp"

namespace fleet_provision {

/// Weakest first.
enum class Source : unsigned char { kDefault, kFile, kEnvironment, kCommandLine };

struct Setting {
  /// In the order given. A flag is `true`, or whatever was written.
  std::vector<std::string> values;
  Source source = Source::kDefault;
  /// How errors name it: `--port`, `FLEET_PROVISION_PORT`, `/etc/fleet-provision/config.json: line 3: port`.
  std::string origin;
  /// The object that a configuration file may give for `parameters`; `values` is then empty.
  std::optional<Parameters> object;
};

/// An error of a setting's value under the setting's name; kUsage becomes kConfiguration when a file said it.
[[nodiscard]] inline Error with_origin(const Setting& setting, Error error) {
  if (setting.source == Source::kFile && error.kind == ErrorKind::kUsage) error.kind = ErrorKind::kConfiguration;
  return std::move(error).within(setting.origin);
}

}  // namespace fleet_provision

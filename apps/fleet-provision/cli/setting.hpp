// The value of an option from one source.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/plan.hpp"

namespace fleet_provision {

/// In order of precedence, lowest first.
enum class Source : unsigned char { kDefault, kFile, kEnvironment, kCommandLine };

struct Setting {
  /// In the order given. A flag without a value is `true`.
  std::vector<std::string> values;
  Source source = Source::kDefault;
  /// The name in error messages: `--port`, `FLEET_PROVISION_PORT`, `/etc/fleet-provision/config.json: line 3: port`.
  std::string origin;
  /// The object for `parameters` in a configuration file; `values` is then empty.
  std::optional<Parameters> object;
};

/// Prefixes an error of a setting's value with the setting's name; kUsage and kKeyUri from a file become
/// kConfiguration.
[[nodiscard]] inline Error with_origin(const Setting& setting, Error error) {
  const bool by_value = error.kind == ErrorKind::kUsage || error.kind == ErrorKind::kKeyUri;
  if (setting.source == Source::kFile && by_value) error.kind = ErrorKind::kConfiguration;
  return std::move(error).within(setting.origin);
}

}  // namespace fleet_provision

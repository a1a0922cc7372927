// What was asked for, as text, and where it was asked: command line > environment > configuration files > default.
//
// Nothing here proves a value except that it is a flag or a number; plan_from_options.hpp does. A value that is
// overridden by a stronger source is never looked at, so a bad one there does no harm. An empty environment variable
// counts as unset.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/option_table.hpp"
#include "cli/setting.hpp"
#include "core/result.hpp"

namespace fleet_provision {

inline constexpr const char* kConfigurationDirectory = "/etc/fleet-provision";

using Environment = std::map<std::string, std::string>;

/// Smallest and largest value allowed.
template <class T>
struct Range {
  T least;
  T most;
};

/// A number of seconds, decimals allowed, within `range`.
[[nodiscard]] std::optional<std::chrono::milliseconds> seconds_of(std::string_view text,
                                                                  Range<std::chrono::milliseconds> range);

class Options {
 public:
  /// `arguments` without the program's name. Without --config the files of `configuration_directory` are read. An
  /// unknown FLEET_PROVISION_… variable becomes a warning.
  [[nodiscard]] static Result<Options> read(const std::vector<std::string>& arguments, const Environment& environment,
                                            const std::string& configuration_directory = kConfigurationDirectory);

  [[nodiscard]] Command command() const { return command_; }
  /// All settings of an option, weakest first, without the default; the last one counts.
  [[nodiscard]] const std::vector<Setting>& settings(OptionId id) const;
  /// The setting that counts; nothing when only the default is left.
  [[nodiscard]] const Setting* given(OptionId id) const;
  /// The text that counts; the default's when none was given; nothing when there is none either.
  [[nodiscard]] std::optional<std::string> text(OptionId id) const;
  [[nodiscard]] Result<bool> flag(OptionId id) const;
  [[nodiscard]] Result<unsigned> count(OptionId id) const;
  /// Decimal digits only.
  [[nodiscard]] Result<std::optional<std::uint64_t>> number(OptionId id, Range<std::uint64_t> range) const;
  /// Seconds with at most three decimals.
  [[nodiscard]] Result<std::optional<std::chrono::milliseconds>> seconds(OptionId id,
                                                                         Range<std::chrono::milliseconds> range) const;
  /// An error of a value, told to be that of the setting it came from.
  [[nodiscard]] Error with_origin(OptionId id, Error error) const;

  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  [[nodiscard]] tl::unexpected<Error> refuse(OptionId id, const std::string& what) const;
  [[nodiscard]] Result<void> add_configuration(const std::string& directory);
  void add(OptionId id, Setting setting);

  Command command_ = Command::kProvision;
  std::array<std::vector<Setting>, kOptionCount> settings_;
  std::vector<std::string> warnings_;
};

/// A warning for each FLEET_PROVISION_… variable that stands for no option.
[[nodiscard]] std::vector<std::string> unknown_variables(const Environment& environment);

/// kUsage for an option on the command line that belongs to another command.
[[nodiscard]] Result<void> check_options_of_command(const Options& options);

/// Whether `--help`, `--version` or `--json` is asked for by a command line that may be wrong otherwise.
[[nodiscard]] bool has_flag(const std::vector<std::string>& arguments, OptionId flag);

/// The value that such a command line, or else the environment, gives to an option; empty: none.
[[nodiscard]] std::string unchecked_value(const std::vector<std::string>& arguments, const Environment& environment,
                                       OptionId id);

}  // namespace fleet_provision

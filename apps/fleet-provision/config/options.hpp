// All options as text with their origin. Precedence: command line, environment, configuration files, default.
//
// Only flags and numbers are parsed here; plan_from_options.hpp checks the rest. A value that is overridden by a source
// of higher precedence is never parsed, so an invalid one there does no harm. An empty environment variable is ignored.
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

/// Seconds with at most three decimals, within `range`; else nullopt.
[[nodiscard]] std::optional<std::chrono::milliseconds> seconds_of(std::string_view text,
                                                                  Range<std::chrono::milliseconds> range);

class Options {
 public:
  /// `arguments` excludes the program's name. Without --config the files of `configuration_directory` are read. Unknown
  /// FLEET_PROVISION_ variables become warnings. Fails with kUsage, kConfiguration, kFileNotFound or kFileUnreadable.
  [[nodiscard]] static Result<Options> read(const std::vector<std::string>& arguments, const Environment& environment,
                                            const std::string& configuration_directory = kConfigurationDirectory);

  [[nodiscard]] Command command() const { return command_; }
  /// The directories of `batch --report DIR…`.
  [[nodiscard]] const std::vector<std::string>& operands() const { return operands_; }
  /// Gives an option a value that overrides every other source; for a unit of a batch, whose manifest gives it.
  void override_with(OptionId id, Setting setting);
  /// Drops what all sources gave, and takes these settings instead.
  void replace_with(OptionId id, std::vector<Setting> settings);
  /// All settings of an option without the default, lowest precedence first.
  [[nodiscard]] const std::vector<Setting>& settings(OptionId id) const;
  /// The setting with the highest precedence; null if the option was not given.
  [[nodiscard]] const Setting* given(OptionId id) const;
  /// The text of `given(id)`, else of the default, else nullopt.
  [[nodiscard]] std::optional<std::string> text(OptionId id) const;
  [[nodiscard]] Result<bool> flag(OptionId id) const;
  [[nodiscard]] Result<unsigned> count(OptionId id) const;
  /// Decimal digits only; fails with kUsage outside `range`. nullopt if there is neither a value nor a default.
  [[nodiscard]] Result<std::optional<std::uint64_t>> number(OptionId id, Range<std::uint64_t> range) const;
  /// Seconds with at most three decimals.
  [[nodiscard]] Result<std::optional<std::chrono::milliseconds>> seconds(OptionId id,
                                                                         Range<std::chrono::milliseconds> range) const;
  /// Prefixes an error of an option's value with the name of the setting that gave it.
  [[nodiscard]] Error with_origin_of(OptionId id, Error error) const;

  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  [[nodiscard]] tl::unexpected<Error> refuse(OptionId id, const std::string& what) const;
  [[nodiscard]] Result<void> add_configuration(const std::string& directory);
  void add(OptionId id, Setting setting);

  Command command_ = Command::kProvision;
  std::vector<std::string> operands_;
  std::array<std::vector<Setting>, kOptionCount> settings_;
  std::vector<std::string> warnings_;
};

/// A warning for each FLEET_PROVISION_… variable that does not match any option.
[[nodiscard]] std::vector<std::string> unknown_variables(const Environment& environment);

/// Fails with kUsage if the command line holds an option of another command.
[[nodiscard]] Result<void> check_options_of_command(const Options& options);

/// Whether a command line that may be invalid has the flag.
[[nodiscard]] bool has_flag(const std::vector<std::string>& arguments, OptionId flag);

/// The value of an option in such a command line, else in the environment, else empty.
[[nodiscard]] std::string unchecked_value(const std::vector<std::string>& arguments, const Environment& environment,
                                          OptionId id);

}  // namespace fleet_provision

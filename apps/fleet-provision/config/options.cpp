#include "config/options.hpp"

#include <algorithm>

#include "cli/synonyms.hpp"
#include "config/configuration_file.hpp"
#include "config/file_name.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kEnvironmentPrefix = "FLEET_PROVISION_";
/// The options of the simulator share the prefix.
constexpr std::string_view kSimulatorPrefix = "FLEET_PROVISION_SIMULATOR_";

std::optional<bool> truth(std::string_view text) {
  for (const std::string_view each : {"true", "1", "yes", "on"}) {
    if (text == each) return true;
  }
  for (const std::string_view each : {"false", "0", "no", "off"}) {
    if (text == each) return false;
  }
  return std::nullopt;
}

/// A decimal number like `2` or `0.25`, in thousandths.
std::optional<std::uint64_t> thousandths(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto whole = parse_number<std::uint64_t>(text.substr(0, point));
  if (!whole || *whole > 1'000'000'000) return std::nullopt;
  if (point == std::string_view::npos) return *whole * 1000;
  std::string decimals(text.substr(point + 1));
  if (decimals.empty() || decimals.size() > 3) return std::nullopt;
  decimals.resize(3, '0');
  const auto part = parse_number<std::uint64_t>(decimals);
  if (!part) return std::nullopt;
  return *whole * 1000 + *part;
}

std::string in_seconds(std::chrono::milliseconds time) {
  std::string text = std::to_string(time.count() / 1000);
  if (const auto rest = time.count() % 1000; rest != 0) {
    std::string decimals = std::to_string(1000 + rest).substr(1);
    decimals.erase(decimals.find_last_not_of('0') + 1);
    text += "." + decimals;
  }
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::optional<Setting> from_environment(const OptionRow& option, const Environment& environment) {
  if (option.scope == OptionScope::kCommandLine) return std::nullopt;
  std::string name = environment_name(option);
  const auto found = environment.find(name);
  if (found == environment.end() || found->second.empty()) return std::nullopt;
  // The variable of a repeatable option holds one value per line.
  auto values =
      option.value == OptionValue::kKeyValues ? lines_of(found->second) : std::vector<std::string>{found->second};
  return Setting{std::move(values), Source::kEnvironment, std::move(name), std::nullopt};
}

}  // namespace

std::vector<std::string> unknown_variables(const Environment& environment) {
  std::vector<std::string> warnings;
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kEnvironmentPrefix) || name.starts_with(kSimulatorPrefix)) continue;
    const auto known =
        std::find_if(option_table().begin(), option_table().end(), [&wanted = name](const OptionRow& option) {
          return option.scope != OptionScope::kCommandLine && environment_name(option) == wanted;
        });
    if (known != option_table().end()) continue;
    std::string warning = "the environment variable " + printable(name, 80) + " does not match any option";
    const std::string hint =
        suggest_option(std::string_view(name).substr(kEnvironmentPrefix.size()), Spelling::kVariable);
    if (!hint.empty()) warning += "; " + hint;
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

Result<Options> Options::read(const std::vector<std::string>& arguments, const Environment& environment,
                              const std::string& configuration_directory) {
  FP_TRY_ASSIGN(CommandLine line, split_command_line(arguments));
  GivenValues& given = line.given;
  Options options;
  options.command_ = line.command;
  options.operands_ = std::move(line.operands);
  options.warnings_ = unknown_variables(environment);
  for (const OptionRow& option : option_table()) {
    if (auto setting = from_environment(option, environment)) options.add(option.id, std::move(*setting));
    if (const auto found = given.find(option.id); found != given.end()) {
      options.add(option.id, {std::move(found->second), Source::kCommandLine, "--" + std::string(option.name), {}});
    }
  }
  FP_TRY(options.add_configuration(configuration_directory));
  return options;
}

Result<void> Options::add_configuration(const std::string& directory) {
  std::vector<std::string> files;
  if (const Setting* named = given(OptionId::kConfig)) {
    if (auto fits = check_file_name(named->values.back()); !fits)
      return fail(with_origin(*named, std::move(fits).error()));
    files.push_back(named->values.back());
  } else {
    FP_TRY_ASSIGN(files, default_configuration_files(directory));
  }
  for (const std::string& file : files) {
    FP_TRY_ASSIGN(auto settings, read_configuration_file(file));
    for (auto& [id, setting] : settings) add(id, std::move(setting));
  }
  return {};
}

/// Inserts by precedence, lowest first, and after other settings of the same source.
void Options::add(OptionId id, Setting setting) {
  auto& all = settings_[static_cast<std::size_t>(id)];
  const auto stronger =
      std::find_if(all.begin(), all.end(), [&setting](const Setting& each) { return each.source > setting.source; });
  all.insert(stronger, std::move(setting));
}

void Options::override_with(OptionId id, Setting setting) {
  settings_[static_cast<std::size_t>(id)].push_back(std::move(setting));
}

void Options::replace_with(OptionId id, std::vector<Setting> settings) {
  settings_[static_cast<std::size_t>(id)] = std::move(settings);
}

const std::vector<Setting>& Options::settings(OptionId id) const {
  return settings_[static_cast<std::size_t>(id)];
}

const Setting* Options::given(OptionId id) const {
  const auto& all = settings(id);
  return all.empty() ? nullptr : &all.back();
}

std::optional<std::string> Options::text(OptionId id) const {
  const Setting* setting = given(id);
  if (setting != nullptr && !setting->values.empty()) return setting->values.back();
  const std::string_view fallback = row(id).default_value;
  return fallback.empty() ? std::nullopt : std::optional<std::string>(fallback);
}

tl::unexpected<Error> Options::refuse(OptionId id, const std::string& what) const {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.message = "\"" + printable(text(id).value_or(""), 80) + "\" is not " + what;
  return fail(with_origin_of(id, std::move(error)));
}

Result<bool> Options::flag(OptionId id) const {
  const Setting* setting = given(id);
  if (setting == nullptr) return false;
  const auto value = truth(setting->values.back());
  if (!value) return refuse(id, "true or false");
  return *value;
}

Result<unsigned> Options::count(OptionId id) const {
  const Setting* setting = given(id);
  unsigned total = 0;
  if (setting == nullptr) return total;
  for (const std::string& value : setting->values) {
    const auto word = truth(value);
    const auto number = parse_number<std::uint64_t>(value);
    if (!word && (!number || *number > 9)) return refuse(id, "a number from 0 to 9");
    total += word ? (*word ? 1U : 0U) : static_cast<unsigned>(*number);
  }
  return total;
}

Result<std::optional<std::uint64_t>> Options::number(OptionId id, Range<std::uint64_t> range) const {
  const auto given_text = text(id);
  if (!given_text) return std::optional<std::uint64_t>{};
  const auto value = parse_number<std::uint64_t>(*given_text);
  if (!value || *value < range.least || *value > range.most) {
    return refuse(id, "a whole number from " + std::to_string(range.least) + " to " + std::to_string(range.most));
  }
  return value;
}

std::optional<std::chrono::milliseconds> seconds_of(std::string_view text, Range<std::chrono::milliseconds> range) {
  const auto value = thousandths(text);
  const std::chrono::milliseconds time{value.value_or(0)};
  if (!value || time < range.least || time > range.most) return std::nullopt;
  return time;
}

Result<std::optional<std::chrono::milliseconds>> Options::seconds(OptionId id,
                                                                  Range<std::chrono::milliseconds> range) const {
  const auto given_text = text(id);
  if (!given_text) return std::optional<std::chrono::milliseconds>{};
  const auto time = seconds_of(*given_text, range);
  if (!time) {
    return refuse(id, "a number of seconds from " + in_seconds(range.least) + " to " + in_seconds(range.most));
  }
  return time;
}

Error Options::with_origin_of(OptionId id, Error error) const {
  const Setting* setting = given(id);
  return setting == nullptr ? std::move(error).within("--" + std::string(row(id).name))
                            : with_origin(*setting, std::move(error));
}

Result<void> check_options_of_command(const Options& options) {
  for (const OptionRow& option : option_table()) {
    const Setting* setting = options.given(option.id);
    const auto only = only_command_of(option.id);
    if (setting == nullptr || !only || *only == options.command() || setting->source != Source::kCommandLine) continue;
    return fail(ErrorKind::kUsage, setting->origin + " belongs to `fleet-provision " + std::string(word(*only)) + "`",
                "omit it, or use that command");
  }
  return {};
}

bool has_flag(const std::vector<std::string>& arguments, OptionId flag) {
  const OptionRow& option = row(flag);
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::any_of(arguments.begin(), end, [&option](const std::string& each) {
    return each == "--" + std::string(option.name) || (option.letter != 0 && each == std::string{'-', option.letter});
  });
}

std::string unchecked_value(const std::vector<std::string>& arguments, const Environment& environment, OptionId id) {
  const std::string name = "--" + std::string(row(id).name);
  const auto variable = environment.find(environment_name(row(id)));
  std::string value = variable != environment.end() ? variable->second : "";
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  for (auto each = arguments.begin(); each != end; ++each) {
    if (each->starts_with(name + "=")) value = each->substr(name.size() + 1);
    if (*each == name && each + 1 != end) value = *(each + 1);
  }
  return value;
}

}  // namespace fleet_provision

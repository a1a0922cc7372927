#include "simulator/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "core/text.hpp"

namespace fleet_provision::simulator {

namespace {

using Arguments = std::vector<std::string>;

bool contains(const Arguments& arguments, std::string_view wanted) {
  return std::find(arguments.begin(), arguments.end(), wanted) != arguments.end();
}

void declare_options(CLI::App& app, std::span<const OptionRow> rows) {
  for (const auto& row : rows) {
    if (row.metavar.empty()) continue;
    app.add_option("--" + std::string(row.name))
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false);
  }
}

std::optional<Error> find_unknown_option(const Arguments& arguments, std::span<const OptionRow> rows) {
  Arguments known;
  for (const auto& row : rows) known.push_back("--" + std::string(row.name));
  for (const auto& argument : arguments) {
    if (!argument.starts_with("--")) continue;
    const std::string name = argument.substr(0, argument.find('='));
    if (contains(known, name)) continue;
    const std::string_view near = nearest(name, known);
    const std::string hint =
        near.empty() ? "run with --help for the options" : "did you mean " + std::string(near) + "?";
    return fail(ErrorKind::kUsage, "unknown option " + printable(name), hint).value();
  }
  return std::nullopt;
}

Result<void> parse(CLI::App& app, Arguments arguments) {
  // CLI11 takes them from the end.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
    return {};
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string_view message = error.what();
    return fail(ErrorKind::kUsage, printable(message.substr(0, message.find(':'))) + " needs a value",
                "run with --help for the options");
  } catch (const CLI::Error& error) {
    return fail(ErrorKind::kUsage, printable(error.what()), "run with --help for the options");
  }
}

}  // namespace

std::vector<std::string> CommandLine::all(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::vector<std::string>{} : found->second;
}

std::string CommandLine::last(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::string() : found->second.back();
}

bool names_a_command(const std::vector<std::string>& arguments) {
  return contains(arguments, "--");
}

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments, std::span<const OptionRow> rows) {
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  const Arguments own(arguments.begin() + (arguments.empty() ? 0 : 1), separator);
  CommandLine result;
  result.help = contains(own, "--help") || contains(own, "-h");
  result.version = contains(own, "--version");
  if (result.help || result.version) return result;
  if (auto unknown = find_unknown_option(own, rows)) return fail(std::move(*unknown));
  CLI::App app;
  app.set_help_flag();
  declare_options(app, rows);
  FP_TRY(parse(app, own));
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() != 0) result.values[option->get_name(false, false).substr(2)] = option->results();
  }
  if (separator != arguments.end()) {
    result.command.assign(separator + 1, arguments.end());
    if (result.command.empty()) {
      return fail(ErrorKind::kUsage, "no COMMAND after --", "name a command, or leave out --");
    }
  }
  return result;
}

}  // namespace fleet_provision::simulator

// CLI11 splits argv and does nothing else here: no environment (a bad value there would break --help), no
// conversion (it takes 0x50 for a port), no lists (it would split `[a,b]`), no exit codes of its own. It takes four
// seconds to compile, so nothing else includes it.
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "cli/synonyms.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr const char* kSeeHelp = "see `fleet-provision --help`";

std::string names_of(const OptionRow& option) {
  std::string names = "--" + std::string(option.name);
  if (option.letter != 0) names = std::string{'-', option.letter, ','} + names;
  return names;
}

/// Whether an argument may name the option. CLI11 compares each option that it learns with all others, so the sixty of
/// the table would cost half as much as everything else that a start does.
bool may_be_named(const OptionRow& option, const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [&option](std::string_view each) {
    if (each.starts_with("--")) return each.substr(2).starts_with(option.name);
    return each.starts_with('-') && option.letter != 0 && each.find(option.letter) != std::string_view::npos;
  });
}

/// Arguments in the form that CLI11 needs. It takes the next argument as the value of `--name=`, so an empty value
/// becomes an argument of its own; and it reads arguments in reverse order.
std::vector<std::string> prepared(const std::vector<std::string>& arguments) {
  std::vector<std::string> result;
  bool options_end = false;
  for (const std::string& each : arguments) {
    options_end = options_end || each == "--";
    const bool empty_value = !options_end && each.size() > 3 && each.starts_with("--") && each.back() == '=' &&
                             each.find('=') == each.size() - 1;
    const OptionRow* option = empty_value ? find_option(std::string_view(each).substr(2, each.size() - 3)) : nullptr;
    if (option != nullptr && takes_value(option->value)) {
      result.push_back(each.substr(0, each.size() - 1));
      result.emplace_back();
    } else {
      result.push_back(each);
    }
  }
  std::reverse(result.begin(), result.end());
  return result;
}

/// The argument that `left` remains of: CLI11 removes known letters from an argument with one dash, e.g. `-v` from
/// `-verify`.
std::string whole_word(const std::string& left, const std::vector<std::string>& arguments) {
  if (left.starts_with("--")) return left;
  for (const std::string& each : arguments) {
    if (each.size() <= left.size() || each[0] != '-' || each[1] == '-' || !each.ends_with(left.substr(1))) continue;
    const std::string taken = each.substr(1, each.size() - left.size());
    const bool letters = std::all_of(taken.begin(), taken.end(), [](char c) {
      return std::any_of(option_table().begin(), option_table().end(),
                         [c](const OptionRow& option) { return option.letter == c; });
    });
    if (letters) return each;
  }
  return left;
}

tl::unexpected<Error> unknown_option(const std::string& argument) {
  const std::string option = argument.substr(0, argument.find('='));
  const std::size_t name = std::min(option.find_first_not_of('-'), option.size());
  const std::string hint = suggest_option(std::string_view(option).substr(name), Spelling::kOption);
  return fail(ErrorKind::kUsage, "unknown option " + printable(option, 80), hint.empty() ? kSeeHelp : hint);
}

tl::unexpected<Error> unexpected_argument(const std::string& argument) {
  if (argument == "provision") {
    return fail(ErrorKind::kUsage, "unexpected argument \"provision\"",
                "omit it: fleet-provision without a command provisions");
  }
  const std::string_view near = nearest_command(argument);
  return fail(ErrorKind::kUsage, "unexpected argument \"" + printable(argument, 80) + "\"",
              near.empty() ? kSeeHelp : "did you mean `fleet-provision " + std::string(near) + "`?");
}

/// The command among the arguments that belong to no option. Reports an unknown option before an unexpected word, which
/// may be that option's value.
Result<Command> command_among(const std::vector<std::string>& left, const std::vector<std::string>& arguments,
                              std::vector<std::string>* operands) {
  const auto end = std::find(left.begin(), left.end(), "--");
  const auto option =
      std::find_if(left.begin(), end, [](const std::string& each) { return each.size() > 1 && each.front() == '-'; });
  if (option != end) return unknown_option(whole_word(*option, arguments));
  std::optional<Command> command;
  for (const std::string& each : left) {
    if (each == "--") continue;
    const auto known = find_command(each);
    if (known && command) {
      return fail(
          ErrorKind::kUsage,
          "unexpected argument \"" + each + "\": the command is already \"" + std::string(word(*command)) + "\"",
          "give one command");
    }
    if (!known && operands != nullptr && command == Command::kBatch) {
      operands->push_back(each);
    } else if (!known) {
      return unexpected_argument(each);
    } else {
      command = known;
    }
  }
  return command.value_or(Command::kProvision);
}

}  // namespace

Result<CommandLine> split_command_line(const std::vector<std::string>& arguments) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::map<OptionId, CLI::Option*> known;
  for (const OptionRow& option : option_table()) {
    if (!may_be_named(option, arguments)) continue;
    CLI::Option* added = nullptr;
    if (takes_value(option.value)) {
      added = app.add_option(names_of(option), CLI::callback_t([](const CLI::results_t&) { return true; }));
      added->expected(1)->allow_extra_args(false);
    } else {
      added = app.add_flag(names_of(option));
    }
    added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    known.emplace(option.id, added);
  }
  try {
    app.parse(prepared(arguments));
  } catch (const CLI::ParseError&) {
    // Without conversions, limits and required options, only a last option that lacks its value fails.
    return fail(ErrorKind::kUsage,
                "option " + printable(arguments.empty() ? "" : arguments.back(), 80) + " needs a value", kSeeHelp);
  }
  CommandLine line;
  const auto report = known.find(OptionId::kReport);
  const bool takes_operands = report != known.end() && report->second->count() > 0;
  FP_TRY_ASSIGN(line.command, command_among(app.remaining(), arguments, takes_operands ? &line.operands : nullptr));
  for (const auto& [id, option] : known) {
    if (option->count() > 0) line.given.emplace(id, option->results());
  }
  return line;
}

Command command_of(const std::vector<std::string>& arguments) {
  for (const std::string& each : arguments) {
    if (const auto known = find_command(each)) return *known;
  }
  return Command::kProvision;
}

}  // namespace fleet_provision

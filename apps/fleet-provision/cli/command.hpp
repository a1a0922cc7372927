// The commands of fleet-provision, and the options that apply to each.
//
// All commands share one set of options, so that one configuration file or unit serves them all; a command ignores
// options that do not apply to it. A few options belong to one command only and are an error on the command line of
// another one.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "cli/option_table.hpp"

namespace fleet_provision {

enum class Command : unsigned char { kProvision, kCheck, kVerify, kStatus, kPolicy, kRotate, kBatch };

/// `status`; empty for kProvision.
[[nodiscard]] std::string_view word(Command command);
/// What the command does, in one line.
[[nodiscard]] std::string_view purpose(Command command);
/// All commands but kProvision, in the order of --help.
[[nodiscard]] std::span<const Command> commands();
[[nodiscard]] std::optional<Command> find_command(std::string_view word);
/// The command nearest to `word` by spelling, or empty.
[[nodiscard]] std::string_view nearest_command(std::string_view word);

/// The only command that takes this option; nullopt if several do.
[[nodiscard]] std::optional<Command> only_command_of(OptionId id);
/// Whether the option applies to the command and `command --help` shows it.
[[nodiscard]] bool applies_to(Command command, OptionId id);
/// The help and the default of an option, which differ for some commands.
[[nodiscard]] std::string_view help_of(Command command, const OptionRow& option);
[[nodiscard]] std::string_view default_of(Command command, const OptionRow& option);

}  // namespace fleet_provision

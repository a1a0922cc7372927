// The commands of fleet-provision, and which options matter to each.
//
// All commands share one vocabulary of options, so that one configuration file or unit serves them all: what means
// nothing to a command is passed over. Only a few options belong to one command alone; given on the command line of
// another, they are an error.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "cli/option_table.hpp"

namespace fleet_provision {

enum class Command : unsigned char { kProvision, kCheck, kVerify, kStatus, kPolicy, kRotate };

/// `status`; empty for kProvision, which has no word.
[[nodiscard]] std::string_view word(Command command);
/// One line on what it does.
[[nodiscard]] std::string_view purpose(Command command);
/// Those that have a word, in the order of --help.
[[nodiscard]] std::span<const Command> commands();
[[nodiscard]] std::optional<Command> find_command(std::string_view word);
/// The known word nearest to `word`, or empty.
[[nodiscard]] std::string_view nearest_command(std::string_view word);

/// The one command an option belongs to; nothing for the common ones.
[[nodiscard]] std::optional<Command> only_command_of(OptionId id);
/// Whether `command --help` shows the option.
[[nodiscard]] bool applies_to(Command command, OptionId id);

}  // namespace fleet_provision

// The commands and options of a program as completions and manual pages need them, taken from the programs' own tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "documents.hpp"

namespace fleet_provision::documents {

struct ProgramOption {
  std::string_view name;
  /// 0 if there is none.
  char letter = 0;
  /// Empty if the option takes no value.
  std::string_view metavar;
  bool repeatable = false;
  /// The short help that a shell shows beside a completion.
  std::string_view help;
  ValueOffer value;
};

/// A command of the program and the options that apply to it.
struct ProgramVerb {
  /// Empty for the program without a command.
  std::string_view word;
  std::string_view purpose;
  std::vector<ProgramOption> options;
};

struct Program {
  std::string_view name;
  /// The first is the program without a command.
  std::vector<ProgramVerb> verbs;
  /// The options of all commands.
  std::vector<ProgramOption> options;
  /// Whether a command line of another program may follow after `--`.
  bool runs_a_command = false;
};

[[nodiscard]] Program tool_program();
[[nodiscard]] Program simulator_program();

/// An operation of `--fault OPERATION:NTH:ACTION[=VALUE]` and its actions.
struct FaultWords {
  std::string_view operation;
  struct Action {
    /// Ends with `=` if the action needs a value.
    std::string word;
    std::string_view meaning;
  };
  std::vector<Action> actions;
};
[[nodiscard]] std::vector<FaultWords> fault_words();

/// `text` in single quotes for POSIX shells and zsh.
[[nodiscard]] std::string shell_quoted(std::string_view text);
/// Replaces every `mark` with `by`.
void fill(std::string& text, std::string_view mark, std::string_view by);
/// `_fleet_provision` for `fleet-provision`.
[[nodiscard]] std::string function_name(const Program& program);
[[nodiscard]] std::string joined(const std::vector<std::string>& words, std::string_view separator = " ");

}  // namespace fleet_provision::documents

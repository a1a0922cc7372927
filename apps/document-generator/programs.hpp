// What completions and manual pages tell of a program: its commands and options, from the tables that the programs
// themselves read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "documents.hpp"

namespace fleet_provision::documents {

struct ProgramOption {
  std::string_view name;
  /// 0: none.
  char letter = 0;
  /// Empty: takes no value.
  std::string_view metavar;
  bool repeatable = false;
  /// What fits beside a completion.
  std::string_view help;
  ValueOffer value;
};

/// A word that says what the program is to do, with the options that matter to it.
struct ProgramVerb {
  /// Empty: what it does without one.
  std::string_view word;
  std::string_view purpose;
  std::vector<ProgramOption> options;
};

struct Program {
  std::string_view name;
  /// The first is the one without a word.
  std::vector<ProgramVerb> verbs;
  /// Every option, whatever the verb.
  std::vector<ProgramOption> options;
  /// Whether a command line of another program may follow after `--`.
  bool runs_a_command = false;
};

[[nodiscard]] Program tool_program();
[[nodiscard]] Program simulator_program();

/// An operation of `--fault OPERATION:NTH:ACTION[=VALUE]` and the actions that may befall it.
struct FaultWords {
  std::string_view operation;
  struct Action {
    /// With a `=` at its end when it needs a value.
    std::string word;
    std::string_view meaning;
  };
  std::vector<Action> actions;
};
[[nodiscard]] std::vector<FaultWords> fault_words();

/// `text` inside single quotes, as POSIX shells and zsh read it.
[[nodiscard]] std::string shell_quoted(std::string_view text);
/// Puts `by` in place of every `mark`.
void fill(std::string& text, std::string_view mark, std::string_view by);
/// `_fleet_provision` for `fleet-provision`.
[[nodiscard]] std::string function_name(const Program& program);
[[nodiscard]] std::string joined(const std::vector<std::string>& words, std::string_view separator = " ");

}  // namespace fleet_provision::documents

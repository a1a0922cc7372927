// The option table in the languages of those who read it without running the program: roff, three shells, JSON Schema.
//
// Each function gives whole lines. Nothing here belongs to the program; fleet-provision-documents runs while it is
// built.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/option_table.hpp"

namespace fleet_provision::documents {

/// What a shell can offer as an option's value, besides `words`. kFaults: the simulator's OPERATION:NTH:ACTION.
enum class Offer : unsigned char { kNothing, kWords, kFiles, kDirectories, kFaults };

struct ValueOffer {
  Offer offer = Offer::kNothing;
  /// For kWords all there is to offer, for kFiles words that stand for themselves.
  std::vector<std::string> words;
  /// Whether the program takes nothing but `words`.
  bool only_these = true;
};

[[nodiscard]] ValueOffer value_offer(const OptionRow& option);
/// By the placeholder of the value alone: `DIR`, `FILE`, `csr|keys`, `deny|allow|FILE`.
[[nodiscard]] ValueOffer value_offer(std::string_view metavar);
/// The help text up to its first semicolon: what fits beside a completion.
[[nodiscard]] std::string_view short_help(std::string_view help);

/// Parts of manual pages in man(7), each of `.TP` items: options (with `.SS` for each group) and commands of the tool,
/// keys of a configuration file, options, behaviours and faults (a table for tbl) of the simulator.
[[nodiscard]] std::string manual_options();
[[nodiscard]] std::string manual_commands();
[[nodiscard]] std::string manual_keys();
[[nodiscard]] std::string manual_simulator_options();
[[nodiscard]] std::string manual_behaviours();
[[nodiscard]] std::string manual_faults();
/// `page` with its lines `.\" @options@` and so on replaced by those, and @version@ and @date@ filled in.
[[nodiscard]] std::string manual_page(std::string_view page, std::string_view version, std::string_view date);

struct Program;
/// Scripts that offer commands, options, their values and, where a program runs another, that one's command line.
[[nodiscard]] std::string bash_completion(const Program& program);
[[nodiscard]] std::string zsh_completion(const Program& program);
[[nodiscard]] std::string fish_completion(const Program& program);

/// JSON Schema (draft 2020-12) of a configuration file.
[[nodiscard]] std::string configuration_schema();

}  // namespace fleet_provision::documents

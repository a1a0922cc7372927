// Renders the option tables as manual pages (roff), completions for three shells, and JSON Schema.
//
// Each function returns whole lines. This code is not part of the programs: fleet-provision-documents runs during the
// build.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/option_table.hpp"

namespace fleet_provision::documents {

/// What a shell offers as the value of an option besides `words`; kFaults is the simulator's OPERATION:NTH:ACTION.
enum class Offer : unsigned char { kNothing, kWords, kFiles, kDirectories, kFaults };

struct ValueOffer {
  Offer offer = Offer::kNothing;
  /// For kWords all offers; for kFiles words that are offered beside files.
  std::vector<std::string> words;
  /// Whether the program accepts only `words`.
  bool only_these = true;
};

[[nodiscard]] ValueOffer value_offer(const OptionRow& option);
/// From the placeholder of the value alone: `DIR`, `FILE`, `csr|keys`, `deny|allow|FILE`.
[[nodiscard]] ValueOffer value_offer(std::string_view metavar);
/// The help text up to its first semicolon, as shown beside a completion.
[[nodiscard]] std::string_view short_help(std::string_view help);

/// Parts of manual pages in man(7), each of `.TP` items: options (with `.SS` for each group) and commands of the tool,
/// keys of a configuration file, options (also of its command report), behaviours and faults (a table for tbl) of the
/// simulator.
[[nodiscard]] std::string manual_options();
[[nodiscard]] std::string manual_commands();
[[nodiscard]] std::string manual_keys();
[[nodiscard]] std::string manual_simulator_options();
[[nodiscard]] std::string manual_report_options();
[[nodiscard]] std::string manual_behaviours();
[[nodiscard]] std::string manual_faults();
/// `page` with its lines `.\" @options@` and so on replaced by those, and @version@ and @date@ filled in.
[[nodiscard]] std::string manual_page(std::string_view page, std::string_view version, std::string_view date);

struct Program;
/// Completion scripts for commands, options and their values and, after `--`, for the command line of the program to
/// run.
[[nodiscard]] std::string bash_completion(const Program& program);
[[nodiscard]] std::string zsh_completion(const Program& program);
[[nodiscard]] std::string fish_completion(const Program& program);

/// JSON Schema (draft 2020-12) of a configuration file.
[[nodiscard]] std::string configuration_schema();

}  // namespace fleet_provision::documents

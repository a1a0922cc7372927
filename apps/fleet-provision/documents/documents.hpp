// The option table in the languages of those who read it without running the program: roff, three shells, JSON Schema.
//
// Each function gives a whole text with a final line end, except the roff ones, which give the part of a manual page
// that describes the options. Nothing here belongs to the program; fleet-provision-documents runs while it is built.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "option_table.hpp"

namespace fleet_provision::documents {

/// What a shell can offer as an option's value.
enum class Offer : unsigned char { kNothing, kWords, kFiles, kDirectories };

struct ValueOffer {
  Offer offer = Offer::kNothing;
  /// For kWords.
  std::vector<std::string_view> words;
};

[[nodiscard]] ValueOffer value_offer(const OptionRow& option);
/// The help text up to its first semicolon: what fits beside a completion.
[[nodiscard]] std::string_view short_help(const OptionRow& option);

/// Sections of man(7): one `.TP` an option, under `.SS` for each group.
[[nodiscard]] std::string manual_options();
/// The same for the keys of a configuration file: fleet-provision.json(5).
[[nodiscard]] std::string manual_keys();
/// `page` with the line `.\" @options@` or `.\" @keys@` replaced, and @version@ and @date@ filled in.
[[nodiscard]] std::string manual_page(std::string_view page, std::string_view version, std::string_view date);

[[nodiscard]] std::string bash_completion();
[[nodiscard]] std::string zsh_completion();
[[nodiscard]] std::string fish_completion();

/// JSON Schema (draft 2020-12) of a configuration file.
[[nodiscard]] std::string configuration_schema();

}  // namespace fleet_provision::documents

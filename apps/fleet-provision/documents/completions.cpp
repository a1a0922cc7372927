// Completion scripts. All three offer every option with its words, files or directories, and nothing where only the
// caller can know the value.
#include "documents.hpp"

namespace fleet_provision::documents {
namespace {

std::string dashed(const OptionRow& option, std::string_view separator) {
  std::string names = "--" + std::string(option.name);
  if (option.letter != 0) names = "-" + std::string(1, option.letter) + std::string(separator) + names;
  return names;
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

/// `text` inside single quotes, as POSIX shells, zsh and fish read it.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char each : text) out += each == '\'' ? std::string("'\\''") : std::string(1, each);
  return out + "'";
}

std::string bash_values(const OptionRow& option) {
  const ValueOffer value = value_offer(option);
  switch (value.offer) {
    case Offer::kNothing: return "";
    case Offer::kWords: return "_fleet_provision_words " + quoted(joined(value.words)) + "; ";
    case Offer::kFiles: return "_fleet_provision_files -f; ";
    case Offer::kDirectories: return "_fleet_provision_files -d; ";
  }
  return "";
}

/// For _arguments of zsh: the characters it reads as its own get a backslash.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char each : text) {
    if (each == '[' || each == ']' || each == ':' || each == '\\') out += '\\';
    out += each;
  }
  return out;
}

std::string zsh_action(const ValueOffer& value) {
  switch (value.offer) {
    case Offer::kNothing: return " ";
    case Offer::kWords: return "(" + joined(value.words) + ")";
    case Offer::kFiles: return "_files";
    case Offer::kDirectories: return "_files -/";
  }
  return " ";
}

std::string zsh_option(const OptionRow& option) {
  const bool repeatable = option.value == OptionValue::kCount || option.value == OptionValue::kKeyValues;
  std::string tail = "[" + zsh_text(short_help(option)) + "]";
  if (takes_value(option.value)) tail += ":" + zsh_text(option.metavar) + ":" + zsh_action(value_offer(option));
  const std::string name = "--" + std::string(option.name) + (takes_value(option.value) ? "=" : "");
  if (option.letter == 0) return quoted((repeatable ? "*" : "") + name + tail);
  const std::string letter = "-" + std::string(1, option.letter);
  const std::string exclusive = repeatable ? "'*'" : quoted("(" + dashed(option, " ") + ")");
  return exclusive + "{" + letter + "," + name + "}" + quoted(tail);
}

std::string fish_values(const OptionRow& option) {
  if (!takes_value(option.value)) return "";
  const ValueOffer value = value_offer(option);
  switch (value.offer) {
    case Offer::kNothing: return " -x";
    case Offer::kWords: return " -x -a " + quoted(joined(value.words));
    case Offer::kFiles: return " -r -F";
    case Offer::kDirectories: return " -x -a '(__fish_complete_directories)'";
  }
  return "";
}

}  // namespace

std::string bash_completion() {
  std::string values;
  std::string names;
  for (const OptionRow& option : option_table()) {
    names += " " + dashed(option, " ");
    if (takes_value(option.value)) {
      values += "    " + dashed(option, " | ") + ") " + bash_values(option) + "return ;;\n";
    }
  }
  return R"(# bash completion for fleet-provision, made from its option table

_fleet_provision_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
_fleet_provision_files() {
  compopt -o filenames 2> /dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
}

_fleet_provision() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  # "=" is a word of its own in bash: --method = csr
  if [[ $current == "=" ]]; then
    current=
  elif [[ $before == "=" ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
  case $before in
)" + values +
         "  esac\n  _fleet_provision_words '" + names.substr(1) +
         "'\n}\ncomplete -F _fleet_provision fleet-provision\n";
}

std::string zsh_completion() {
  std::string out = "#compdef fleet-provision\n# zsh completion for fleet-provision, made from its option table\n\n_arguments -s -S";
  for (const OptionRow& option : option_table()) out += " \\\n  " + zsh_option(option);
  return out + "\n";
}

std::string fish_completion() {
  std::string out =
      "# fish completion for fleet-provision, made from its option table\ncomplete -c fleet-provision -f\n";
  for (const OptionRow& option : option_table()) {
    out += "complete -c fleet-provision";
    if (option.letter != 0) out += std::string(" -s ") + option.letter;
    out += " -l " + std::string(option.name) + fish_values(option) + " -d " + quoted(short_help(option)) + "\n";
  }
  return out;
}

}  // namespace fleet_provision::documents

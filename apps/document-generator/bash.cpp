// Completion for bash, without the package bash-completion, which many gateways and containers lack.
//
// The word under the cursor is read from the line itself: bash splits words at the characters of COMP_WORDBREAKS, `=`
// and `:` among them, and replaces the last part only. In the texts below @@ stands for the name of
// the function.
#include "programs.hpp"

namespace fleet_provision::documents {
namespace {

std::string names_of(const ProgramOption& option, std::string_view separator) {
  std::string names = "--" + std::string(option.name);
  if (option.letter != 0) names = "-" + std::string(1, option.letter) + std::string(separator) + names;
  return names;
}

std::string value_cases(const Program& program) {
  std::string cases;
  for (const auto& option : program.options) {
    if (option.metavar.empty()) continue;
    cases += "    " + names_of(option, " | ") + ") ";
    if (!option.value.words.empty()) cases += "@@_offer " + joined(option.value.words) + "; ";
    switch (option.value.offer) {
      case Offer::kNothing:
      case Offer::kWords: break;
      case Offer::kFiles: cases += "@@_files -f; "; break;
      case Offer::kDirectories: cases += "@@_files -d; "; break;
      case Offer::kFaults: cases += "@@_fault; "; break;
    }
    cases += "return 0 ;;\n";
  }
  return cases;
}

std::vector<std::string> verb_words(const Program& program) {
  std::vector<std::string> words;
  for (const auto& verb : program.verbs) {
    if (!verb.word.empty()) words.emplace_back(verb.word);
  }
  return words;
}

std::string verb_cases(const Program& program) {
  std::string cases;
  for (const auto& verb : program.verbs) {
    std::vector<std::string> offers;
    if (verb.word.empty()) offers = verb_words(program);
    for (const auto& option : verb.options) offers.push_back(names_of(option, " "));
    cases += "    " + shell_quoted(verb.word) + ") @@_offer " + joined(offers) + " ;;\n";
  }
  return cases;
}

std::string fault_function() {
  std::vector<std::string> operations;
  std::string cases;
  for (const auto& each : fault_words()) {
    operations.push_back(std::string(each.operation) + ":");
    cases += "    " + std::string(each.operation) + ":*:*) for each in";
    for (const auto& action : each.actions) cases += " " + action.word;
    cases += "; do @@_offer \"${value%:*}:$each\"; done ;;\n";
  }
  return "@@_fault() {\n  local each\n  case $value in\n" + cases +
         "    *:*) @@_offer \"${value%%:*}:1:\" \"${value%%:*}:*:\" ;;\n    *) @@_offer " + joined(operations) +
         " ;;\n  esac\n}\n";
}

constexpr std::string_view kShared = R"(
# WORD…: those that begin as the value does, without what bash takes for words of their own
@@_offer() {
  local each breaks=${COMP_WORDBREAKS//[^:=]/} there=
  if [[ -n $breaks ]]; then there=${value%"${value##*[$breaks]}"}; fi
  for each; do [[ $each != "$value"* ]] || COMPREPLY+=("${each#"$there"}"); done
  if [[ ${#COMPREPLY[@]} -gt 0 && ${COMPREPLY[0]} == *[:=] ]]; then compopt -o nospace 2> /dev/null; fi
}
@@_files() {
  local found
  compopt -o filenames 2> /dev/null
  mapfile -t found < <(compgen "$1" -- "$value")
  COMPREPLY+=("${found[@]}")
}
)";

constexpr std::string_view kBegin = R"(@@() {
  local value option= verb= at words
  COMPREPLY=()
  read -r -a words <<< "${COMP_LINE:0:COMP_POINT}"
  if [[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]]; then words+=(''); fi
  value=${words[-1]}
  if ((${#words[@]} > 1)); then option=${words[-2]}; fi
)";

/// The line of the command after `--` is that command's own.
constexpr std::string_view kCommandPart = R"(  for ((at = 1; at < COMP_CWORD; ++at)); do
    [[ ${COMP_WORDS[at]} == -- ]] || continue
    if declare -F _command_offset > /dev/null; then
      _command_offset $((at + 1))
    elif ((at + 1 == COMP_CWORD)); then
      mapfile -t COMPREPLY < <(compgen -c -- "$value")
    else
      @@_files -f
    fi
    return 0
  done
)";

/// Finds the verb on the line; the values of options are not it.
std::string verb_part(const Program& program) {
  std::vector<std::string> takers;
  for (const auto& option : program.options) {
    if (!option.metavar.empty()) takers.push_back(names_of(option, " | "));
  }
  return "  for ((at = 1; at < COMP_CWORD; ++at)); do\n    case ${COMP_WORDS[at]} in\n      " + joined(takers, " | ") +
         ")\n        if [[ ${COMP_WORDS[at + 1]} == = ]]; then ((at += 2)); else ((++at)); fi ;;\n      " +
         joined(verb_words(program), " | ") + ") verb=${COMP_WORDS[at]} ;;\n    esac\n  done\n";
}

bool has_faults(const Program& program) {
  for (const auto& option : program.options) {
    if (option.value.offer == Offer::kFaults) return true;
  }
  return false;
}

}  // namespace

std::string bash_completion(const Program& program) {
  std::string text =
      "# bash completion for " + std::string(program.name) + ", made from its option table\n" + std::string(kShared);
  if (has_faults(program)) text += fault_function();
  text += kBegin;
  if (program.runs_a_command) text += kCommandPart;
  if (program.verbs.size() > 1) text += verb_part(program);
  text += "  if [[ $value == --*=* ]]; then option=${value%%=*} value=${value#*=}; fi\n  case $option in\n" +
          value_cases(program) + "  esac\n  case $verb in\n" + verb_cases(program) + "  esac\n}\ncomplete -F @@ " +
          std::string(program.name) + "\n";
  fill(text, "@@", function_name(program));
  return text;
}

}  // namespace fleet_provision::documents

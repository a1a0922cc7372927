// Completion for zsh, by its _arguments. In the texts below @@ stands for the name of the function.
#include "programs.hpp"

namespace fleet_provision::documents {
namespace {

/// The characters that _arguments and _describe read as their own get a backslash.
std::string plain(std::string_view text) {
  std::string out;
  for (const char each : text) {
    if (each == '[' || each == ']' || each == ':' || each == '\\') out += '\\';
    out += each;
  }
  return out;
}

/// What is called for a value: words first, then files.
std::string action(const ValueOffer& value) {
  switch (value.offer) {
    case Offer::kNothing: return " ";
    case Offer::kWords: return "(" + plain(joined(value.words)) + ")";
    case Offer::kFiles: return value.words.empty() ? "_files" : " @@_or_files " + joined(value.words);
    case Offer::kDirectories: return "_files -/";
    case Offer::kFaults: return "@@_fault";
  }
  return " ";
}

std::string option_spec(const ProgramOption& option) {
  std::string tail = "[" + plain(option.help) + "]";
  if (!option.metavar.empty()) tail += ":" + plain(option.metavar) + ":" + action(option.value);
  const std::string name = "--" + std::string(option.name) + (option.metavar.empty() ? "" : "=");
  if (option.letter == 0) return shell_quoted((option.repeatable ? "*" : "") + name + tail);
  const std::string letter = "-" + std::string(1, option.letter);
  const std::string exclusive =
      option.repeatable ? "'*'" : shell_quoted("(" + letter + " --" + std::string(option.name) + ")");
  return exclusive + "{" + letter + "," + name + "}" + shell_quoted(tail);
}

std::string arguments_of(const ProgramVerb& verb, const std::string& positional, std::string_view margin) {
  std::string out = "_arguments -s -S";
  for (const auto& option : verb.options) out += " \\\n" + std::string(margin) + option_spec(option);
  return out + " \\\n" + std::string(margin) + positional;
}

std::string fault_function() {
  std::string operations;
  std::string cases;
  for (const auto& each : fault_words()) {
    operations += " " + shell_quoted(each.operation);
    cases += "    " + std::string(each.operation) + ":*:*) actions=(";
    for (const auto& one : each.actions) {
      cases += "\n      " + shell_quoted(plain(one.word) + ":" + std::string(one.meaning));
    }
    cases += ") ;;\n";
  }
  return "@@_fault() {\n  local -a actions\n  case $PREFIX in\n" + cases +
         "    *:*) compset -P '*:'; compadd -S : 1 '*'; return ;;\n    *) compadd -S :" + operations +
         "; return ;;\n  esac\n  compset -P '*:*:'\n  _describe action actions -S ''\n}\n";
}

constexpr std::string_view kCommandPart = R"(@@_or_files() {
  local status_of_both=1
  compadd -- "$@" && status_of_both=0
  _files && status_of_both=0
  return status_of_both
}
@@_command_line() {
  if [[ $words[1] == -- ]]; then shift words; ((CURRENT--)); fi
  _normal
}
)";

/// The first word that is no option: a verb of ours, or after `--` the command to run.
std::string first_word_function(const Program& program) {
  std::string verbs;
  for (const auto& verb : program.verbs) verbs += verb.word.empty() ? "" : " " + std::string(verb.word);
  return "@@_first_word() {\n  if ((${words[(I)--]})); then _command_names -e; else compadd --" + verbs + "; fi\n}\n";
}

/// The verbs of a program that runs a command: they must come first.
std::string first_verbs(const Program& program) {
  std::string cases;
  for (const auto& verb : program.verbs) {
    if (verb.word.empty()) continue;
    cases += "  if [[ CURRENT -gt 2 && $words[2] == " + std::string(verb.word) + " ]]; then\n    " +
             arguments_of(verb, "': :'", "      ") + "\n    return\n  fi\n";
  }
  return cases;
}

/// Finds the verb among the other words of the line; the values of options are not it.
std::string verb_part(const Program& program) {
  std::string takers;
  std::string verbs;
  std::string cases;
  for (const auto& option : program.options) {
    if (option.metavar.empty()) continue;
    takers += (takers.empty() ? "" : "|") +
              std::string(option.letter == 0 ? "" : "-" + std::string(1, option.letter) + "|") + "--" +
              std::string(option.name);
  }
  for (const auto& verb : program.verbs) {
    if (verb.word.empty()) continue;
    verbs += (verbs.empty() ? "" : "|") + std::string(verb.word);
    cases += "    " + std::string(verb.word) + ")\n      " + arguments_of(verb, "': :'", "        ") + " ;;\n";
  }
  return R"(@@() {
  local verb= word skip=
  for word in ${words[2,CURRENT-1]} ${words[CURRENT+1,-1]}; do
    if [[ -n $skip ]]; then skip=; continue; fi
    case $word in
      ()" +
         takers + R"() skip=1 ;;
      ()" +
         verbs + R"() verb=$word ;;
    esac
  done
  case $verb in
)" + cases;
}

}  // namespace

std::string zsh_completion(const Program& program) {
  const std::string name(program.name);
  std::string text = "#compdef " + name + "\n# zsh completion for " + name + ", made from its option table\n\n";
  if (program.runs_a_command) {
    text += fault_function() + std::string(kCommandPart) + first_word_function(program) + "@@() {\n" +
            first_verbs(program) + "  " +
            arguments_of(program.verbs.front(), "'(-)1:command:@@_first_word' \\\n    '*::arguments:@@_command_line'",
                         "    ") +
            "\n}\n";
  } else {
    text += verb_part(program) + "    *)\n      " +
            arguments_of(program.verbs.front(), "':command:@@_verbs'", "        ") +
            " ;;\n  esac\n}\n@@_verbs() {\n  local -a verbs=(";
    for (const auto& verb : program.verbs) {
      if (!verb.word.empty()) text += "\n    " + shell_quoted(std::string(verb.word) + ":" + plain(verb.purpose));
    }
    text += ")\n  _describe command verbs\n}\n";
  }
  text += "@@ \"$@\"\n";
  fill(text, "@@", function_name(program));
  return text;
}

}  // namespace fleet_provision::documents

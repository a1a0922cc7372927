// Completion for fish. In the texts below @@ stands for the name of a function.
#include "programs.hpp"

namespace fleet_provision::documents {
namespace {

/// fish knows two escapes inside single quotes.
std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char each : text) {
    if (each == '\'' || each == '\\') out += '\\';
    out += each;
  }
  return out + "'";
}

std::string values_of(const ProgramOption& option) {
  if (option.metavar.empty()) return "";
  const std::string words = option.value.words.empty() ? "" : " -a " + fish_quoted(joined(option.value.words));
  switch (option.value.offer) {
    case Offer::kNothing: return " -x";
    case Offer::kWords: return " -x" + words;
    case Offer::kFiles: return " -r -F" + words;
    case Offer::kDirectories: return " -x -a '(__fish_complete_directories)'";
    case Offer::kFaults: return " -x -a '(@@_fault)'";
  }
  return "";
}

/// What must hold on the line for an offer, `verbs` of ours and that another command's line has not begun.
std::string condition(const Program& program, const std::string& verbs) {
  std::string all = program.runs_a_command ? "not contains -- -- (commandline -opc)" : "";
  if (!verbs.empty()) all += (all.empty() ? "" : "; and ") + ("@@_has_verb " + verbs);
  return all.empty() ? "" : " -n '" + all + "'";
}

/// The verbs for which an option is offered; empty: all.
std::string verbs_with(const Program& program, const ProgramOption& option) {
  std::vector<std::string> those;
  for (const auto& verb : program.verbs) {
    for (const auto& each : verb.options) {
      if (each.name == option.name) those.push_back(verb.word.empty() ? "none" : std::string(verb.word));
    }
  }
  return those.size() == program.verbs.size() ? "" : joined(those);
}

/// Whether the verb of the line is one of the given, `none` for a line without; the values of options are not it.
std::string verb_function(const Program& program) {
  std::string takers;
  std::string verbs;
  for (const auto& option : program.options) {
    if (option.metavar.empty()) continue;
    if (option.letter != 0) takers += std::string(" -") + option.letter;
    takers += " --" + std::string(option.name);
  }
  for (const auto& verb : program.verbs) verbs += verb.word.empty() ? "" : " " + std::string(verb.word);
  return R"(function @@_has_verb
  set -l verb none
  set -l skip no
  for word in (commandline -opc)[2..-1]
    if test $skip = yes
      set skip no
    else if contains -- $word)" +
         takers + R"(
      set skip yes
    else if contains -- $word)" +
         verbs + R"(
      set verb $word
    end
  end
  contains -- $verb $argv
end
)";
}

std::string fault_function() {
  std::string cases;
  std::string operations;
  for (const auto& each : fault_words()) {
    operations += " " + std::string(each.operation) + ":";
    cases += "    case '" + std::string(each.operation) + ":*:*'\n";
    for (const auto& action : each.actions) {
      cases +=
          "      printf '%s:%s\\t%s\\n' $begun " + fish_quoted(action.word) + " " + fish_quoted(action.meaning) + "\n";
    }
  }
  return R"(function @@_fault
  set -l typed (string replace -r '^--fault=' '' -- (commandline -ct))
  set -l begun (string replace -r ':[^:]*$' '' -- $typed)
  switch $typed
)" + cases +
         R"(    case '*:*'
      printf '%s\n' $begun:1: $begun:'*':
    case '*'
      printf '%s\n')" +
         operations + "\n  end\nend\n";
}

/// After `--` the line is another command's.
constexpr std::string_view kCommandPart = R"(function @@_command
  set -l words (commandline -opc)
  set -l at (contains -i -- -- $words); or return
  complete -C (string join -- ' ' (string escape -- $words[(math $at + 1)..-1]) (commandline -ct))
end
complete -c @name -n 'contains -- -- (commandline -opc)' -x -a '(@@_command)'
)";

}  // namespace

std::string fish_completion(const Program& program) {
  const std::string name(program.name);
  std::string text = "# fish completion for " + name + ", made from its option table\n";
  if (program.runs_a_command) text += fault_function() + std::string(kCommandPart);
  text += "complete -c " + name + " -f\n";
  if (program.verbs.size() > 1) text += verb_function(program);
  for (const auto& verb : program.verbs) {
    if (verb.word.empty()) continue;
    text += "complete -c " + name + condition(program, "none") + " -a " + std::string(verb.word) + " -d " +
            fish_quoted(verb.purpose) + "\n";
  }
  for (const auto& option : program.options) {
    text += "complete -c " + name + condition(program, verbs_with(program, option));
    if (option.letter != 0) text += std::string(" -s ") + option.letter;
    text += " -l " + std::string(option.name) + values_of(option) + " -d " + fish_quoted(option.help) + "\n";
  }
  fill(text, "@@", "_" + function_name(program));
  fill(text, "@name", name);
  return text;
}

}  // namespace fleet_provision::documents

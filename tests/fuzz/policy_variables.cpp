// Patterns of policies with variables, against a matcher that follows the definition. The input is a pattern, a text,
// and the value of a variable, on three lines.
#include "service/policy_pattern.hpp"

#include <vector>

#include "tests/fuzz/bytes_reader.hpp"
#include "tests/fuzz/target.hpp"

using namespace fleet_provision;
using namespace fleet_provision::simulator;

namespace {

/// One character of a pattern with its variables replaced: `*` and `?` only where they are wildcards.
struct Part {
  char character;
  bool wildcard;
};

/// False if a variable has no value or no end.
bool expand(std::string_view pattern, const PolicyVariables& variables, std::vector<Part>& parts) {
  while (!pattern.empty()) {
    if (!pattern.starts_with("${")) {
      parts.push_back({pattern[0], pattern[0] == '*' || pattern[0] == '?'});
      pattern.remove_prefix(1);
      continue;
    }
    const std::size_t end = pattern.find('}');
    if (end == std::string_view::npos) return false;
    const std::string name(pattern.substr(2, end - 2));
    pattern.remove_prefix(end + 1);
    if (name == "*" || name == "?" || name == "$") {
      parts.push_back({name[0], false});
    } else if (const auto found = variables.find(name); found != variables.end()) {
      for (const char each : found->second) parts.push_back({each, false});
    } else {
      return false;
    }
  }
  return true;
}

/// By the definition: which ends of the text the pattern up to here can reach.
bool matches_by_definition(const std::vector<Part>& pattern, std::string_view text) {
  std::vector<bool> reached(text.size() + 1, false);
  reached[0] = true;
  for (const Part& part : pattern) {
    std::vector<bool> next(text.size() + 1, false);
    if (part.wildcard && part.character == '*') {
      bool before = false;
      for (std::size_t i = 0; i <= text.size(); ++i) next[i] = before = before || reached[i];
    } else {
      for (std::size_t i = 0; i < text.size(); ++i) {
        next[i + 1] = reached[i] && (part.wildcard || part.character == text[i]);
      }
    }
    reached = std::move(next);
  }
  return reached[text.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  BytesReader input(as_text(data, size));
  const std::string_view pattern = input.text();
  const std::string_view text = input.text();
  const PolicyVariables variables{{"iot:ClientId", std::string(input.text())}, {"a", "*?${a}"}};
  std::vector<Part> parts;
  const bool complete = expand(pattern, variables, parts);
  const bool matches = matches_pattern(pattern, text, variables);
  must_hold(matches == (complete && matches_by_definition(parts, text)),
            "the pattern matches what the definition says");
  const std::string missing = variable_without_value(pattern, variables);
  must_hold(missing.empty() || !matches, "without the value of a variable nothing matches");
  const std::string widened = with_wildcards_for_missing(pattern, variables);
  must_hold(variable_without_value(widened, variables).empty(), "a wildcard needs no value");
  must_hold(!matches || matches_pattern(widened, text, variables), "wildcards match no less");
  const std::string literal = literal_pattern(text);
  must_hold(matches_pattern(literal, text, {}), "the pattern of a text matches it");
  must_hold(text == pattern || !matches_pattern(literal, pattern, {}), "the pattern of a text matches it alone");
  return 0;
}

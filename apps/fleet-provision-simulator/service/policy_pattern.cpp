#include "service/policy_pattern.hpp"

#include <optional>
#include <vector>

namespace fleet_provision::simulator {

namespace {

// A pattern whose variables have been replaced by their values.
struct PatternCharacter {
  char character;
  bool wildcard;
};
using Pattern = std::vector<PatternCharacter>;

// Matches greedily and goes back only to the last star, so the time is at most the product of both lengths.
bool matches(const Pattern& pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p].wildcard && pattern[p].character == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && ((pattern[p].wildcard && pattern[p].character == '?') ||
                                      (!pattern[p].wildcard && pattern[p].character == text[t]))) {
      ++p;
      ++t;
    } else if (star) {
      p = *star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p].wildcard && pattern[p].character == '*') ++p;
  return p == pattern.size();
}

bool is_character(std::string_view name) {
  return name == "*" || name == "?" || name == "$";
}

// Nothing when a variable has no value or no closing brace.
std::optional<Pattern> with_values(std::string_view text, const PolicyVariables& variables) {
  Pattern pattern;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 >= text.size() || text[i + 1] != '{') {
      pattern.push_back({text[i], text[i] == '*' || text[i] == '?'});
      continue;
    }
    const std::size_t close = text.find('}', i);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string name(text.substr(i + 2, close - i - 2));
    i = close;
    if (is_character(name)) {
      pattern.push_back({name[0], false});
      continue;
    }
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    for (const char c : found->second) pattern.push_back({c, false});
  }
  return pattern;
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text, const PolicyVariables& variables) {
  const auto filled = with_values(pattern, variables);
  return filled && matches(*filled, text);
}

std::string variable_without_value(std::string_view pattern, const PolicyVariables& variables) {
  for (std::size_t open = pattern.find("${"); open != std::string_view::npos; open = pattern.find("${", open + 2)) {
    const std::size_t close = pattern.find('}', open);
    if (close == std::string_view::npos) break;
    std::string name(pattern.substr(open + 2, close - open - 2));
    if (!is_character(name) && variables.find(name) == variables.end()) return name;
  }
  return {};
}

std::string with_wildcards_for_missing(std::string_view pattern, const PolicyVariables& variables) {
  std::string result(pattern);
  for (std::string name = variable_without_value(result, variables); !name.empty();
       name = variable_without_value(result, variables)) {
    result.replace(result.find("${" + name + "}"), name.size() + 3, "*");
  }
  return result;
}

std::string literal_pattern(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool special = text[i] == '*' || text[i] == '?' || text.substr(i, 2) == "${";
    result += special ? std::string("${") + text[i] + "}" : std::string(1, text[i]);
  }
  return result;
}

}  // namespace fleet_provision::simulator

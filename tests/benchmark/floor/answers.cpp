#include "tests/benchmark/floor/answers.hpp"

#include "tests/benchmark/floor/failure.hpp"

namespace fleet_provision::floor {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

/// Where the value of the member `name` begins; npos without one.
std::size_t value_of(std::string_view json, std::string_view name) {
  const std::size_t found = json.find("\"" + std::string(name) + "\"");
  if (found == std::string_view::npos) return found;
  return json.find_first_not_of(std::string(kBlank) + ":", found + name.size() + 2);
}

char unescaped(char letter) {
  switch (letter) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': fail("an escape that the floor does not know");
    default: return letter;
  }
}

}  // namespace

std::string text_in(std::string_view json, std::string_view name) {
  const std::size_t begin = value_of(json, name);
  if (begin == std::string_view::npos || json[begin] != '"') fail("no " + std::string(name) + " in the answer");
  std::string text;
  for (std::size_t i = begin + 1; i < json.size(); ++i) {
    if (json[i] == '"') return text;
    if (json[i] == '\\' && i + 1 < json.size()) {
      text += unescaped(json[++i]);
    } else {
      text += json[i];
    }
  }
  fail("the answer is cut off");
}

std::string object_in(std::string_view json, std::string_view name) {
  const std::size_t begin = value_of(json, name);
  if (begin == std::string_view::npos || json[begin] != '{') return "{}";
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = begin; i < json.size(); ++i) {
    if (in_text && json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      in_text = !in_text;
    } else if (!in_text && json[i] == '{') {
      ++depth;
    } else if (!in_text && json[i] == '}' && --depth == 0) {
      return std::string(json.substr(begin, i + 1 - begin));
    }
  }
  fail("the answer is cut off");
}

std::string in_quotes(std::string_view text) {
  std::string json = "\"";
  for (const char letter : text) {
    if (letter == '\n') {
      json += "\\n";
    } else {
      if (letter == '"' || letter == '\\') json += '\\';
      json += letter;
    }
  }
  return json + '"';
}

}  // namespace fleet_provision::floor

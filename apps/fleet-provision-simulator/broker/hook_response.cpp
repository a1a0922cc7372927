#include "broker/hook_response.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "service/decode.hpp"

namespace fleet_provision::simulator {

namespace {

// Where the JSON object that begins at `begin` ends; npos when it does not end.
std::size_t end_of_object(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (in_text) {
      if (text[i] == '\\')
        ++i;
      else if (text[i] == '"')
        in_text = false;
    } else if (text[i] == '"') {
      in_text = true;
    } else if (text[i] == '{') {
      ++depth;
    } else if (text[i] == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// The first line of what a program printed, cut before the first value of a parameter.
std::string quoted_beginning(std::string_view text, const std::map<std::string, std::string>& parameters) {
  constexpr std::size_t kBytesMax = 60;
  std::string_view shown = text.substr(0, text.find('\n'));
  for (const auto& [name, value] : parameters) {
    if (!value.empty()) shown = shown.substr(0, shown.find(value));
  }
  shown = shown.substr(0, kBytesMax);
  return "\"" + printable(shown) + (shown.size() < text.size() ? "…" : "") + "\"";
}

// `it printed "Checking …" before the JSON object`, for output that has a response and something else around it.
std::optional<std::string> stray_output(std::string_view output, const std::map<std::string, std::string>& parameters) {
  // Each attempt reads the rest of the output once.
  constexpr int kAttemptsMax = 100;
  std::size_t begin = output.find('{');
  for (int attempt = 0; attempt < kAttemptsMax && begin != std::string_view::npos; ++attempt) {
    const std::size_t end = end_of_object(output, begin);
    if (end == std::string_view::npos) {
      begin = output.find('{', begin + 1);
      continue;
    }
    const auto object = parse_json("", output.substr(begin, end - begin));
    if (object && object->find("allowProvisioning") != nullptr) {
      const std::string_view before = trimmed(output.substr(0, begin));
      const std::string_view after = trimmed(output.substr(end));
      if (!before.empty()) return "it printed " + quoted_beginning(before, parameters) + " before the JSON object";
      return "it printed " + quoted_beginning(after, parameters) + " after the JSON object";
    }
    begin = output.find('{', object ? end : begin + 1);
  }
  return std::nullopt;
}

// The guide's text says that the service takes the string "true" too.
bool is_true(const Value& value) {
  return (value.boolean() != nullptr && *value.boolean()) || (value.text() != nullptr && *value.text() == "true");
}

// The overrides, or why they are not some.
tl::expected<std::map<std::string, std::string>, std::string> read_overrides(const Value* given) {
  std::map<std::string, std::string> overrides;
  if (given == nullptr || given->is_null()) return overrides;
  if (given->members() == nullptr) return tl::unexpected<std::string>("parameterOverrides is not a JSON object");
  for (const auto& [name, value] : *given->members()) {
    if (value.text() == nullptr)
      return tl::unexpected<std::string>("parameterOverrides." + printable(name) + " is not text");
    overrides[name] = *value.text();
  }
  return overrides;
}

}  // namespace

HookResponse parse_hook_response(std::uint64_t question, const std::string& output,
                                 const std::map<std::string, std::string>& parameters) {
  HookResponse response{question, false, {}, {}};
  const auto document = parse_json("the hook's response", output);
  if (!document) {
    response.reason = stray_output(output, parameters).value_or(document.error().message);
    return response;
  }
  if (document->members() == nullptr) {
    response.reason = "the hook's response is not a JSON object";
    return response;
  }
  const Value* allowed = document->find("allowProvisioning");
  if (allowed == nullptr || allowed->is_null()) {
    response.reason = "no allowProvisioning in the hook's response";
    return response;
  }
  if (!is_true(*allowed)) {
    response.reason = kHookDenies;
    return response;
  }
  if (auto overrides = read_overrides(document->find("parameterOverrides")); overrides) {
    response.allowed = true;
    response.parameter_overrides = std::move(*overrides);
  } else {
    response.reason = std::move(overrides).error();
  }
  return response;
}

}  // namespace fleet_provision::simulator

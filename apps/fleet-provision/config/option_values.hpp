// Parses the text of an option; errors name the setting that gave it.
#pragma once

#include <optional>
#include <string>

#include "config/options.hpp"

namespace fleet_provision {

/// The result of `parse`; an error gets the name of the option, variable or key.
template <class Parse>
auto parsed(const Options& options, OptionId id, const Parse& parse) -> decltype(parse(std::string())) {
  auto result = parse(options.text(id).value_or(""));
  if (!result) return fail(options.with_origin_of(id, std::move(result).error()));
  return result;
}

/// The text of an option; kUsage if it was not given.
[[nodiscard]] inline Result<std::string> required(const Options& options, OptionId id) {
  if (auto text = options.text(id)) return std::move(*text);
  const OptionRow& option = row(id);
  return fail(
      ErrorKind::kUsage, "--" + std::string(option.name) + " is required",
      "give --" + std::string(option.name) + " " + std::string(option.metavar) + " or set " + environment_name(option));
}

/// The path of an option, nullopt if it was not given; kUsage if it is empty.
[[nodiscard]] inline Result<std::optional<std::string>> path(const Options& options, OptionId id) {
  auto text = options.text(id);
  if (text && text->empty()) {
    Error error;
    error.kind = ErrorKind::kUsage;
    error.message = "the path is empty";
    return fail(options.with_origin_of(id, std::move(error)));
  }
  return text;
}

/// --state-dir without its trailing slashes.
[[nodiscard]] inline Result<std::string> state_directory(const Options& options) {
  FP_TRY_ASSIGN(const auto given, path(options, OptionId::kStateDir));
  std::string directory = given.value_or("");
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  return directory;
}

}  // namespace fleet_provision

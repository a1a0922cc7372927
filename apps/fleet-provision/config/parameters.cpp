#include "config/parameters.hpp"

#include <algorithm>
#include <utility>

#include "config/file_name.hpp"
#include "config/input_file.hpp"
#include "config/json_reader.hpp"
#include "core/file_format.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// Far more than the service accepts.
constexpr std::size_t kParametersBytesMax = 1024 * 1024;
constexpr std::size_t kValueFileBytesMax = 64 * 1024;

using Warnings = std::vector<std::string>;
constexpr std::size_t kNameShown = 80;

constexpr std::string_view kBlanks{" \t\r\n\0", 5};
/// Ends of a line, or of a string in a device tree.
constexpr std::string_view kEnds{"\r\n\0", 3};

/// Whether trimming removes more than the end of a line or string.
bool has_blanks_around(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kEnds) + 1) != trimmed(text, kBlanks);
}

Result<std::string> value_from_file(const std::string& name, const std::string& path, Warnings& warnings) {
  if (auto fits = check_file_name(path); !fits) {
    return fail(std::move(fits).error().within("parameter " + in_quotes(name)));
  }
  auto bytes = read_input_file(path, kValueFileBytesMax, ErrorKind::kParametersUnusable);
  if (!bytes) return fail(std::move(bytes).error().within("parameter " + in_quotes(name)));
  if (const auto wide = wide_encoding(*bytes)) {
    return fail(ErrorKind::kParametersUnusable,
                "parameter " + in_quotes(name) + ": " + printable(path, 300) + " is " +
                    std::string(name_of_encoding(*wide)) + " text, not UTF-8",
                "convert it: " + utf8_command(*wide, path));
  }
  const std::string_view text = without_byte_order_mark(*bytes);
  std::string value(trimmed(text, kBlanks));
  if (value.empty()) {
    return fail(ErrorKind::kParametersUnusable,
                "parameter " + in_quotes(name) + ": " + printable(path, 300) + " is empty",
                "write the value to the file, or give it as -P " + printable(name, 80) + "=VALUE");
  }
  if (auto fits = check_parameter(name, value); !fits) {
    Error error = std::move(fits).error().within(printable(path, 300));
    error.kind = ErrorKind::kParametersUnusable;
    return fail(std::move(error));
  }
  if (has_blanks_around(text)) {
    warnings.push_back("parameter " + in_quotes(name) + ": removed whitespace around the text of " +
                       printable(path, 300));
  }
  return value;
}

Result<std::string> value_of(const std::string& name, std::string value, Warnings& warnings) {
  if (value.starts_with("@@")) return value.substr(1);
  if (value.starts_with("@")) return value_from_file(name, value.substr(1), warnings);
  return value;
}

/// Parses the KEY=VALUE strings of one source.
Result<Parameters> read_key_values(const std::vector<std::string>& texts, Warnings& warnings) {
  Parameters parameters;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      const bool json = trimmed(text, kBlanks).starts_with('{');
      return fail(ErrorKind::kUsage, in_quotes(text) + " has no =",
                  json ? "give each parameter as -P KEY=VALUE, or pipe the JSON text to `--parameters -`"
                       : "write it as KEY=VALUE or KEY=@FILE");
    }
    const std::string name = text.substr(0, equals);
    FP_TRY_ASSIGN(std::string value, value_of(name, text.substr(equals + 1), warnings));
    FP_TRY(check_parameter(name, value));
    if (!parameters.emplace(name, std::move(value)).second) {
      return fail(ErrorKind::kUsage, "parameter " + in_quotes(name) + " is given twice", "give it once");
    }
  }
  return parameters;
}

Result<Parameters> read_parameters_file(const std::string& path) {
  const bool from_stdin = path == "-";
  const std::string name = from_stdin ? "stdin" : printable(path, 300);
  FP_TRY_ASSIGN(const std::string text,
                from_stdin ? read_standard_input(kParametersBytesMax, ErrorKind::kParametersUnusable)
                           : read_input_file(path, kParametersBytesMax, ErrorKind::kParametersUnusable));
  const std::string hint = R"(write a JSON object of strings, e.g. {"SerialNumber": "4711"})";
  const auto refuse = [&hint](std::string message) {
    return fail(ErrorKind::kParametersUnusable, std::move(message), hint);
  };
  if (trimmed(text, kBlanks).empty()) return refuse(name + " is empty");
  if (const auto wide = wide_encoding(text)) {
    return fail(ErrorKind::kParametersUnusable,
                name + " is " + std::string(name_of_encoding(*wide)) + " text, not UTF-8",
                "convert it: " + utf8_command(*wide, path));
  }
  auto members = read_json_object(text, name, ErrorKind::kParametersUnusable);
  if (!members && !members.error().hint.empty()) return fail(std::move(members).error());
  if (!members) return refuse(std::move(members).error().message);
  Parameters parameters;
  for (JsonMember& member : *members) {
    const std::string where = name + ": line " + std::to_string(member.line) + ": ";
    if (member.value.type != JsonType::kText) {
      return refuse(where + in_quotes(member.key) + " is " + std::string(describe(member.value.type)) + ", not text");
    }
    if (auto fits = check_parameter(member.key, member.value.text); !fits) return refuse(where + fits.error().message);
    parameters.emplace(std::move(member.key), std::move(member.value.text));
  }
  return parameters;
}

/// The parameters that one source gives with --parameters: those of the last file, or of all objects in configuration
/// files.
Result<Parameters> named_by(const std::vector<const Setting*>& settings) {
  Parameters parameters;
  for (const Setting* setting : settings) {
    if (setting->object) {
      for (const auto& [name, value] : *setting->object) parameters.insert_or_assign(name, value);
    } else if (!setting->values.empty()) {
      auto read = read_parameters_file(setting->values.back());
      if (!read) return fail(with_origin(*setting, std::move(read).error()));
      parameters = std::move(*read);
    }
  }
  return parameters;
}

std::vector<const Setting*> of_source(const std::vector<Setting>& settings, Source source) {
  std::vector<const Setting*> result;
  for (const Setting& each : settings) {
    if (each.source == source) result.push_back(&each);
  }
  return result;
}

}  // namespace

Result<Parameters> read_parameters(const Options& options, Warnings& warnings) {
  const Setting* strongest = options.given(OptionId::kParameters);
  Parameters parameters;
  for (const Source source : {Source::kFile, Source::kEnvironment, Source::kCommandLine}) {
    if (strongest != nullptr && strongest->source == source) {
      FP_TRY_ASSIGN(const auto named, named_by(of_source(options.settings(OptionId::kParameters), source)));
      for (const auto& [name, value] : named) parameters.insert_or_assign(name, value);
    }
    for (const Setting* setting : of_source(options.settings(OptionId::kParameter), source)) {
      auto read = read_key_values(setting->values, warnings);
      if (!read) return fail(with_origin(*setting, std::move(read).error()));
      for (auto& [name, value] : *read) parameters.insert_or_assign(name, std::move(value));
    }
  }
  for (const auto& [name, value] : parameters) {
    if (value.empty()) warnings.push_back("the template parameter " + printable(name, kNameShown) + " is empty");
  }
  return parameters;
}

}  // namespace fleet_provision

#include "config/file_name.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

#include "cli/command.hpp"
#include "config/json_reader.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// Shorter ones may be names of files.
constexpr std::size_t kKeyTextBytesMin = 100;
constexpr std::size_t kParametersShown = 3;
constexpr std::size_t kValueBytesShown = 40;

bool is_pem(std::string_view text) {
  return text.find("-----BEGIN") != std::string_view::npos;
}

/// The base64 of a key or certificate without the lines around it; DER begins with a SEQUENCE, which is `M`.
bool is_base64_of_der(std::string_view text) {
  return text.size() >= kKeyTextBytesMin && text.starts_with("MI") && std::all_of(text.begin(), text.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                  std::string_view("+/=\\ \r\n").find(c) != std::string_view::npos;
         });
}

bool is_json(std::string_view text) {
  return text.starts_with("{") || text.starts_with("[");
}

/// `https` of `https://…`; empty: no address.
std::string_view scheme_of(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos || end == 0) return {};
  const std::string_view scheme = text.substr(0, end);
  const bool plain = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  });
  return plain ? scheme : std::string_view{};
}

bool is_plain_word(std::string_view text) {
  return !text.empty() && text.size() <= kValueBytesShown && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-_.:/@+,").find(c) != std::string_view::npos;
  });
}

/// `-P SerialNumber=1` for each of the first members of an object of texts; KEY=VALUE where that says no more.
std::string as_parameter_options(std::string_view text) {
  const auto members = read_json_object(text, "", ErrorKind::kUsage);
  if (!members || members->empty() || members->size() > kParametersShown) return "-P KEY=VALUE";
  std::string options;
  for (const JsonMember& each : *members) {
    if (!is_plain_word(each.key)) return "-P KEY=VALUE";
    const bool shown = each.value.type == JsonType::kText && is_plain_word(each.value.text);
    options += (options.empty() ? "-P " : " -P ") + each.key + "=" + (shown ? each.value.text : "VALUE");
  }
  return options;
}

Error usage(std::string message, std::string hint) {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

std::optional<Error> no_file_name(std::string_view text) {
  const std::string_view begin = trimmed(text);
  if (is_pem(text) || is_base64_of_der(begin)) {
    return usage("expects a file name but got the text of a key or certificate",
                 "save the text to a file and give the file's name; a command line is visible to all users");
  }
  if (is_json(begin)) {
    return usage("expects a file name but got JSON text", "save the text to a file and give the file's name");
  }
  if (const std::string_view scheme = scheme_of(begin); !scheme.empty()) {
    const std::string shown(scheme);
    const bool local = scheme == "file" || scheme == "fileb";
    return usage("expects a file name but got a URL (" + shown + "://)",
                 local ? "omit " + shown + "://" : "download the file and give its name");
  }
  if (begin.starts_with("arn:")) {
    return usage("expects a file name but got an ARN",
                 "give the file to which the certificate or key was saved when AWS created it");
  }
  if (text.starts_with("~")) {
    return usage("\"" + printable(text, 80) + "\" begins with a ~ that the shell did not expand",
                 "give an absolute path, or ./~ for a file of that name");
  }
  return std::nullopt;
}

/// `SerialNumber=1` given to --parameters instead of --parameter.
std::optional<Error> key_value_for_file(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || !is_plain_word(text.substr(0, equals))) return std::nullopt;
  if (::access(text.c_str(), F_OK) == 0) return std::nullopt;
  const std::string value = text.substr(equals + 1);
  return usage("expects a file name but got KEY=VALUE",
               "use -P " + text.substr(0, equals) + "=" + (is_plain_word(value) ? value : "VALUE"));
}

/// The PIN itself where its file is expected; the message does not repeat it.
std::optional<Error> pin_for_file(const std::string& text) {
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || ::access(text.c_str(), F_OK) == 0) return std::nullopt;
  return usage("expects a file name but got a number, and there is no such file",
               "write the PIN to a private file and give the file's name; a command line is visible to all users");
}

/// The URI of a key in hardware, valid or not; its paths are checked by the code that reads them.
bool is_key_uri(OptionId id, std::string_view text) {
  return (id == OptionId::kClaimKey || id == OptionId::kKey) &&
         (text.starts_with("handle:") || text.starts_with("pkcs11:"));
}

bool names_a_file(const OptionRow& option, const Setting& setting, const std::string& text) {
  if (option.value != OptionValue::kFile || setting.object || is_key_uri(option.id, text)) return false;
  return !(option.id == OptionId::kParameters && text == "-");
}

}  // namespace

Result<void> check_file_name(const std::string& text) {
  auto wrong = no_file_name(text);
  if (!wrong || ::access(text.c_str(), F_OK) == 0) return {};
  return fail(std::move(*wrong));
}

Result<void> check_file_names(const Options& options) {
  for (const OptionRow& option : option_table()) {
    const Setting* setting = options.given(option.id);
    if (setting == nullptr || setting->values.empty() || !applies_to(options.command(), option.id)) continue;
    const std::string& text = setting->values.back();
    if (!names_a_file(option, *setting, text)) continue;
    if (option.id == OptionId::kParameters) {
      if (auto wrong = key_value_for_file(text)) return fail(with_origin(*setting, std::move(*wrong)));
    }
    if (option.id == OptionId::kPinFile) {
      if (auto wrong = pin_for_file(text)) return fail(with_origin(*setting, std::move(*wrong)));
    }
    auto fits = check_file_name(text);
    if (fits) continue;
    Error error = std::move(fits).error();
    if (option.id == OptionId::kParameters && is_json(trimmed(text))) {
      error.hint = "use " + as_parameter_options(trimmed(text)) + ", or pipe the JSON text to `--parameters -`";
    }
    return fail(with_origin(*setting, std::move(error)));
  }
  return {};
}

std::string without_key_text(const std::string& text) {
  const std::string_view begin = trimmed(text);
  if (is_pem(text) || is_base64_of_der(begin)) return "(the text of a key or certificate)";
  return is_json(begin) ? "(JSON text)" : text;
}

}  // namespace fleet_provision

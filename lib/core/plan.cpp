#include "core/plan.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kTemplateNameMax = 36;    // API_CreateProvisioningTemplate
constexpr std::size_t kClientIdBytesMax = 128;  // AWS IoT message broker limits
constexpr std::size_t kThingNameMax = 128;      // API_ThingAttribute

template <class Enum>
struct Word {
  Enum value;
  std::string_view word;
};

constexpr std::array kMethods{Word<Method>{Method::kCsr, "csr"}, Word<Method>{Method::kKeys, "keys"}};
constexpr std::array kFormats{Word<PayloadFormat>{PayloadFormat::kJson, "json"},
                              Word<PayloadFormat>{PayloadFormat::kCbor, "cbor"}};
constexpr std::array kMqttVersions{Word<MqttVersion>{MqttVersion::k5, "5"},
                                   Word<MqttVersion>{MqttVersion::k311, "3.1.1"}};
constexpr std::array kKeyTypes{Word<KeyType>{KeyType::kEcP256, "ec-p256"}, Word<KeyType>{KeyType::kEcP384, "ec-p384"},
                               Word<KeyType>{KeyType::kRsa2048, "rsa-2048"},
                               Word<KeyType>{KeyType::kRsa3072, "rsa-3072"},
                               Word<KeyType>{KeyType::kRsa4096, "rsa-4096"}};

template <class Table, class Enum>
std::string_view word_in(const Table& table, Enum value) {
  for (const auto& row : table) {
    if (row.value == value) return row.word;
  }
  return {};
}

template <class Enum, class Table>
Result<Enum> value_in(const Table& table, std::string_view text, std::string_view what) {
  std::vector<std::string> words;
  for (const auto& row : table) {
    if (row.word == text) return row.value;
    words.emplace_back(row.word);
  }
  const std::string_view near = nearest(text, words);
  return fail(ErrorKind::kUsage, "\"" + printable(text, 60) + "\" is not " + std::string(what),
              "give one of " + listed(words) + (near.empty() ? "" : "; the nearest is " + std::string(near)));
}

}  // namespace

std::string_view word(Method method) {
  return word_in(kMethods, method);
}
std::string_view word(PayloadFormat format) {
  return word_in(kFormats, format);
}
std::string_view word(MqttVersion version) {
  return word_in(kMqttVersions, version);
}
std::string_view word(KeyType type) {
  return word_in(kKeyTypes, type);
}

Result<Method> parse_method(std::string_view text) {
  return value_in<Method>(kMethods, text, "a method");
}
Result<PayloadFormat> parse_payload_format(std::string_view text) {
  return value_in<PayloadFormat>(kFormats, text, "a payload format");
}
Result<MqttVersion> parse_mqtt_version(std::string_view text) {
  return value_in<MqttVersion>(kMqttVersions, text, "an MQTT version");
}
Result<KeyType> parse_key_type(std::string_view text) {
  return value_in<KeyType>(kKeyTypes, text, "a key type");
}

Result<std::string> parse_template_name(std::string_view text) {
  if (text.empty() || text.size() > kTemplateNameMax || !is_alphanumeric_or(text, "_-")) {
    return fail(ErrorKind::kUsage, in_quotes(text) + " is not a template name",
                "give 1 to 36 of the characters 0-9 A-Z a-z _ -");
  }
  return std::string(text);
}

Result<std::string> parse_client_id(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  std::string reason;
  if (text.empty()) reason = "it is empty";
  if (text.size() > kClientIdBytesMax) reason = "it has " + std::to_string(text.size()) + " bytes, more than 128";
  if (!text.empty() && text.front() == '$') reason = "a leading $ is reserved by the service";
  if (!is_utf8(text) || std::any_of(text.begin(), text.end(), is_control)) {
    reason = "it holds control characters or is not UTF-8";
  }
  if (!reason.empty()) {
    return fail(ErrorKind::kUsage, in_quotes(text) + " is not a client ID: " + reason,
                "give 1 to 128 bytes of text that the claim policy allows");
  }
  return std::string(text);
}

Result<void> check_parameter(std::string_view name, std::string_view value) {
  const auto refuse = [&](const std::string& reason) {
    return fail(ErrorKind::kUsage, "parameter " + in_quotes(name) + " " + reason,
                "give UTF-8: 1 to 2048 characters for a name, at most 4096 for a value");
  };
  if (name.empty()) return refuse("has an empty name");
  if (!is_utf8(name) || !is_utf8(value)) return refuse("is not UTF-8");
  if (characters(name) > kParameterNameMax)
    return refuse("has a name of " + std::to_string(characters(name)) + " characters");
  if (characters(value) > kParameterValueMax)
    return refuse("has a value of " + std::to_string(characters(value)) + " characters");
  return {};
}

bool is_thing_name(std::string_view text) {
  return !text.empty() && text.size() <= kThingNameMax && is_alphanumeric_or(text, ":_-");
}

Result<std::string> fill_placeholders(std::string_view text, const Parameters& parameters) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '}') {
      return fail(ErrorKind::kUsage, in_quotes(text) + " holds a } without its {",
                  "write {Name} for the template parameter Name");
    }
    if (text[at] != '{') {
      result += text[at++];
      continue;
    }
    const std::size_t end = text.find_first_of("{}", at + 1);
    if (end == std::string_view::npos || text[end] == '{') {
      return fail(ErrorKind::kUsage, in_quotes(text) + " holds a { without its }",
                  "write {Name} for the template parameter Name");
    }
    const std::string name(text.substr(at + 1, end - at - 1));
    const auto found = parameters.find(name);
    if (found == parameters.end()) {
      std::vector<std::string_view> names;
      for (const auto& [each, value] : parameters) names.push_back(each);
      const std::string_view near = nearest(name, names);
      return fail(ErrorKind::kUsage,
                  in_quotes(text) + " names the parameter " + in_quotes(name) + ", which was not given",
                  near.empty() ? "give it with -P " + printable(name, 80) + "=VALUE"
                               : "did you mean {" + printable(near, 80) + "}?");
    }
    result += found->second;
    at = end + 1;
  }
  return result;
}

}  // namespace fleet_provision

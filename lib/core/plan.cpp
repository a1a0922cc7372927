#include "core/plan.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "core/aws_endpoint.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kHostBytesMax = 253;        // RFC 1035 section 2.3.4, without the final dot
constexpr std::size_t kTemplateNameMax = 36;      // API_CreateProvisioningTemplate
constexpr std::size_t kClientIdBytesMax = 128;    // AWS IoT message broker limits
constexpr std::size_t kThingNameMax = 128;        // API_ThingAttribute
constexpr std::size_t kParameterNameMax = 2048;   // API_RegisterThing, in characters
constexpr std::size_t kParameterValueMax = 4096;  // API_RegisterThing, in characters

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
  std::string known;
  std::vector<std::string_view> words;
  for (const auto& row : table) {
    if (row.word == text) return row.value;
    known += known.empty() ? "" : ", ";
    known += row.word;
    words.push_back(row.word);
  }
  const std::string_view near = nearest(text, words);
  return fail(ErrorKind::kUsage, "\"" + printable(text, 60) + "\" is not " + std::string(what),
              (near.empty() ? "" : "did you mean " + std::string(near) + "? ") + "it is one of " + known);
}

bool all_of_class(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [extra](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           extra.find(c) != std::string_view::npos;
  });
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > kHostBytesMax) return false;
  return all_of_class(host, "-._") && host.front() != '.' && host.front() != '-' &&
         host.find("..") == std::string_view::npos;
}

/// Only the characters of an address; whether it is one is for the resolver to say. A zone (`%eth0`) is kept.
bool is_ipv6_text(std::string_view host) {
  const std::string_view address = host.substr(0, host.find('%'));
  const std::string_view zone = host.substr(address.size());
  return address.find(':') != std::string_view::npos &&
         address.find_first_not_of("0123456789abcdef:.") == std::string_view::npos &&
         (zone.empty() || (zone.size() > 1 && all_of_class(zone.substr(1), "-._")));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

/// Host and the text of the port, still unproved.
struct HostAndPort {
  std::string_view host;
  std::optional<std::string_view> port;
  bool bracketed = false;
};

std::optional<HostAndPort> split_endpoint(std::string_view text) {
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(end + 1);
    HostAndPort result{text.substr(1, end - 1), std::nullopt, true};
    if (rest.empty()) return result;
    if (rest.front() != ':') return std::nullopt;
    result.port = rest.substr(1);
    return result;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return HostAndPort{text, std::nullopt};
  // More than one colon and no brackets: an IPv6 address by itself.
  if (text.find(':', colon + 1) != std::string_view::npos) return HostAndPort{text, std::nullopt, true};
  return HostAndPort{text.substr(0, colon), text.substr(colon + 1)};
}

// An account has endpoints of these names beside the one for devices; nothing there listens on 8883.
std::string_view other_service_of(std::string_view host) {
  if (!is_aws_host(host)) return {};
  for (const std::string_view each : {"credentials", "jobs"}) {
    const std::size_t at = host.find(each);
    if (at == std::string_view::npos || at == 0 || host[at - 1] != '.') continue;
    if (host.substr(at + each.size()).starts_with(".iot")) return each;
  }
  return {};
}

std::string in_quotes(std::string_view text) {
  return "\"" + printable(text, 80) + "\"";
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

Result<Endpoint> parse_endpoint(std::string_view text, std::optional<std::uint16_t> port) {
  const std::string hint = "give the host alone, e.g. abc-ats.iot.eu-central-1.amazonaws.com, or HOST:PORT";
  std::string_view rest = text;
  if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos && scheme > 0) {
    rest.remove_prefix(scheme + 3);
  }
  while (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  if (rest.find('/') != std::string_view::npos) {
    return fail(ErrorKind::kUsage, "endpoint " + in_quotes(text) + " must not include a path", hint);
  }
  if (rest.find_first_of(" \t\r\n") != std::string_view::npos) {
    return fail(ErrorKind::kUsage, in_quotes(text) + " is not an endpoint: there is a blank in it", hint);
  }
  const auto parts = split_endpoint(rest);
  if (!parts) return fail(ErrorKind::kUsage, in_quotes(text) + " is not an endpoint", hint);

  std::string host = in_lower_case(parts->host);
  if (!host.empty() && host.back() == '.') host.pop_back();
  if (!(parts->bracketed ? is_ipv6_text(host) : is_host(host))) {
    return fail(ErrorKind::kUsage, in_quotes(text) + " is not an endpoint", hint);
  }
  if (const std::string_view other = other_service_of(host); !other.empty()) {
    return fail(
        ErrorKind::kUsage,
        in_quotes(text) + " is the account's endpoint for " + std::string(other) + ", which does not speak MQTT",
        "`aws iot describe-endpoint --endpoint-type iot:Data-ATS` tells the one for devices");
  }
  Endpoint endpoint{std::move(host), port.value_or(kDefaultPort)};
  if (parts->port) {
    const auto stated = parse_port(*parts->port);
    if (!stated) return fail(ErrorKind::kUsage, "the port of endpoint " + in_quotes(text) + " is not 1 to 65535", hint);
    if (port && *port != *stated) {
      return fail(ErrorKind::kUsage,
                  "endpoint " + in_quotes(text) + " and --port " + std::to_string(*port) + " name two ports",
                  "give the port once");
    }
    endpoint.port = *stated;
  }
  return endpoint;
}

Result<std::string> parse_template_name(std::string_view text) {
  if (text.empty() || text.size() > kTemplateNameMax || !all_of_class(text, "_-")) {
    return fail(ErrorKind::kUsage, in_quotes(text) + " is not a template name",
                "it has 1 to 36 of the characters 0-9 A-Z a-z _ -");
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
    return fail(ErrorKind::kUsage, in_quotes(text) + " is not a client id: " + reason,
                "give 1 to 128 bytes of text that the claim policy allows");
  }
  return std::string(text);
}

Result<void> check_parameter(std::string_view name, std::string_view value) {
  const auto refuse = [&](const std::string& reason) {
    return fail(ErrorKind::kUsage, "parameter " + in_quotes(name) + " " + reason,
                "a name has 1 to 2048 characters, a value at most 4096, both UTF-8");
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
  return !text.empty() && text.size() <= kThingNameMax && all_of_class(text, ":_-");
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

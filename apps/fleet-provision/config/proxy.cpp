#include "config/proxy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include "adapters/system/named_file.hpp"
#include "aws/endpoint_parser.hpp"
#include "core/file_format.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::size_t kPasswordBytesMax = 4096;
constexpr const char* kForm = "write it as http://HOST:PORT or http://USER@HOST:PORT";

/// The parts of a URL, undecoded.
struct UrlParts {
  std::string_view scheme;
  std::optional<std::string_view> user_info;
  std::string_view host_and_port;
};

UrlParts split_url(std::string_view text) {
  UrlParts parts{"http", std::nullopt, text};
  if (const std::size_t end = text.find("://"); end != std::string_view::npos) {
    parts.scheme = text.substr(0, end);
    parts.host_and_port = text.substr(end + 3);
  }
  parts.host_and_port = parts.host_and_port.substr(0, parts.host_and_port.find('/'));
  if (const std::size_t at = parts.host_and_port.rfind('@'); at != std::string_view::npos) {
    parts.user_info = parts.host_and_port.substr(0, at);
    parts.host_and_port.remove_prefix(at + 1);
  }
  return parts;
}

/// Of text that parse_endpoint takes: `host:1`, `[::1]:1`, but not `::1`.
bool states_port(std::string_view host_and_port) {
  const std::size_t bracket = host_and_port.find(']');
  if (bracket != std::string_view::npos) return bracket + 1 < host_and_port.size();
  return std::count(host_and_port.begin(), host_and_port.end(), ':') == 1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto value = parse_number<unsigned char>(text.substr(i + 1, 2), 16);
    if (!value) return std::nullopt;
    result += static_cast<char>(*value);
    i += 2;
  }
  return result;
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// An IPv4 or IPv6 address in network order; 4 or 16 bytes.
struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;
};

std::optional<Address> parse_address(const std::string& text) {
  Address address;
  if (::inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) {
    address.size = 4;
    return address;
  }
  if (::inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), address.bytes.data()) == 1) {
    address.size = 16;
    return address;
  }
  return std::nullopt;
}

bool is_loopback(const std::string& host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  const auto address = parse_address(host);
  if (!address) return false;
  if (address->size == 4) return address->bytes[0] == 127;
  Address loopback;
  loopback.bytes[15] = 1;
  return address->bytes == loopback.bytes;
}

/// `10.0.0.0/8`, `fd00::/8`.
bool network_covers(std::string_view network, const Address& address) {
  const std::size_t slash = network.find('/');
  const auto base = parse_address(std::string(network.substr(0, slash)));
  if (!base || base->size != address.size) return false;
  std::size_t bits = 8 * base->size;
  if (slash != std::string_view::npos) {
    const auto prefix_bits = parse_number<std::size_t>(network.substr(slash + 1));
    if (!prefix_bits || *prefix_bits > bits) return false;
    bits = *prefix_bits;
  }
  for (std::size_t i = 0; i < base->size && bits > 0; ++i) {
    const std::size_t here = std::min<std::size_t>(bits, 8);
    const auto mask = static_cast<unsigned char>(0xFFU << (8 - here));
    if ((base->bytes[i] & mask) != (address.bytes[i] & mask)) return false;
    bits -= here;
  }
  return true;
}

bool entry_covers(std::string_view entry, const Endpoint& endpoint) {
  if (entry == "*") return true;
  std::string name = in_lower_case(entry);
  if (const auto address = parse_address(endpoint.host)) {
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    if (network_covers(name, *address)) return true;
  }
  // `host:443` covers that port only; an IPv6 address has more colons than one.
  if (std::count(name.begin(), name.end(), ':') == 1) {
    const std::size_t colon = name.find(':');
    if (name.substr(colon + 1) != std::to_string(endpoint.port)) return false;
    name.resize(colon);
  }
  if (name.starts_with("*.")) name.erase(0, 1);
  if (name.starts_with('.')) name.erase(0, 1);
  if (name.ends_with('.')) name.pop_back();
  if (name.empty()) return false;
  return endpoint.host == name || endpoint.host.ends_with("." + name);
}

/// The first of two names that is set and not empty, with its name.
std::optional<std::pair<std::string, std::string>> variable(const Environment& environment, const char* first,
                                                            const char* second) {
  for (const char* name : {first, second}) {
    const auto found = environment.find(name);
    if (found != environment.end() && !found->second.empty()) return std::pair{std::string(name), found->second};
  }
  return std::nullopt;
}

Result<std::optional<Proxy>> proxy_of_environment(const Environment& environment, const Endpoint& endpoint) {
  const auto named = variable(environment, "https_proxy", "HTTPS_PROXY");
  if (!named || is_loopback(endpoint.host)) return std::optional<Proxy>{};
  const auto exceptions = variable(environment, "no_proxy", "NO_PROXY");
  if (exceptions && is_covered(endpoint, exceptions->second)) return std::optional<Proxy>{};
  auto proxy = parse_proxy(named->second);
  if (!proxy) return fail(std::move(proxy).error().within(named->first));
  return std::optional(std::move(*proxy));
}

Result<std::optional<Proxy>> proxy_of_options(const Options& options) {
  const std::string text = options.text(OptionId::kProxy).value_or("");
  if (text.empty()) return std::optional<Proxy>{};
  auto proxy = parse_proxy(text);
  if (!proxy) return fail(options.with_origin_of(OptionId::kProxy, std::move(proxy).error()));
  if (!proxy->password.empty() && options.given(OptionId::kProxy)->source != Source::kEnvironment) {
    Error error;
    error.kind = ErrorKind::kUsage;
    error.message = "the URL holds a password, which other users can read";
    error.hint = "give --proxy http://USER@HOST:PORT and --proxy-password-file FILE";
    return fail(options.with_origin_of(OptionId::kProxy, std::move(error)));
  }
  return std::optional(std::move(*proxy));
}

}  // namespace

Result<Proxy> parse_proxy(std::string_view text) {
  const UrlParts parts = split_url(text);
  const std::string shown = "\"" + printable(without_password(text), 200) + "\"";
  if (in_lower_case(parts.scheme) != "http") {
    return fail(ErrorKind::kUsage,
                shown + " uses the proxy scheme " + printable(parts.scheme, 40) + ", which is not supported",
                "give an HTTP proxy that allows CONNECT, as http://HOST:PORT or http://USER@HOST:PORT");
  }
  const auto endpoint = parse_endpoint(parts.host_and_port, std::nullopt);
  if (!endpoint) return fail(ErrorKind::kUsage, shown + " is not the URL of a proxy", kForm);
  Proxy proxy;
  proxy.host = endpoint->host;
  proxy.port = states_port(parts.host_and_port) ? endpoint->port : kHttpPort;
  if (!parts.user_info) return proxy;
  const std::size_t colon = parts.user_info->find(':');
  const auto user = percent_decoded(parts.user_info->substr(0, colon));
  auto password = percent_decoded(colon == std::string_view::npos ? "" : parts.user_info->substr(colon + 1));
  if (!user || !password || has_control_characters(*user) || has_control_characters(*password)) {
    return fail(ErrorKind::kUsage, shown + " has an invalid user or password", kForm);
  }
  const WipedAtEnd wiped(*password);
  proxy.user = *user;
  proxy.password = Secret(*password);
  return proxy;
}

bool is_covered(const Endpoint& endpoint, std::string_view no_proxy) {
  constexpr std::string_view kSeparators = ", \t";
  while (!no_proxy.empty()) {
    const std::string_view entry = no_proxy.substr(0, no_proxy.find_first_of(kSeparators));
    if (!entry.empty() && entry_covers(entry, endpoint)) return true;
    no_proxy.remove_prefix(std::min(entry.size() + 1, no_proxy.size()));
  }
  return false;
}

Result<std::optional<Proxy>> choose_proxy(const Options& options, const Environment& environment,
                                          const Endpoint& endpoint) {
  const bool asked = options.given(OptionId::kProxy) != nullptr;
  FP_TRY_ASSIGN(auto proxy, asked ? proxy_of_options(options) : proxy_of_environment(environment, endpoint));
  if (!proxy || options.given(OptionId::kProxyPasswordFile) == nullptr) return proxy;
  const std::string file = options.text(OptionId::kProxyPasswordFile).value_or("");
  auto password = read_named_file(file, "proxy password file", ErrorKind::kUsage, kPasswordBytesMax);
  if (!password) return fail(options.with_origin_of(OptionId::kProxyPasswordFile, std::move(password).error()));
  const std::string_view text = without_byte_order_mark(password->reveal());
  const std::string_view line = text.substr(0, text.find_last_not_of("\r\n") + 1);
  Error error;
  error.kind = ErrorKind::kUsage;
  if (const auto wide = wide_encoding(text)) {
    error.message = printable(file, 300) + " is " + std::string(name_of_encoding(*wide)) + " text, not UTF-8";
    error.hint = "convert it: (umask 077; " + utf8_command(*wide, file) + ")";
    return fail(options.with_origin_of(OptionId::kProxyPasswordFile, std::move(error)));
  }
  if (proxy->user.empty()) error.message = "the proxy URL has no user";
  if (has_control_characters(line)) error.message = "the password contains control characters";
  if (!error.message.empty()) return fail(options.with_origin_of(OptionId::kProxyPasswordFile, std::move(error)));
  proxy->password = Secret(line);
  return proxy;
}

std::string without_password(std::string_view url) {
  // Up to the last @, wherever it stands: with a / in it that was not escaped a password is no part of a URL any more,
  // and a secret all the same.
  const std::size_t at = url.rfind('@');
  std::size_t colon = url.find(':');
  if (colon != std::string_view::npos && url.substr(colon).starts_with("://")) colon = url.find(':', colon + 1);
  if (at == std::string_view::npos || colon == std::string_view::npos || colon > at) return std::string(url);
  return std::string(url.substr(0, colon)) + ":***" + std::string(url.substr(at));
}

}  // namespace fleet_provision

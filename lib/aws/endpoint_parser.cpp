#include "aws/endpoint_parser.hpp"

#include <string>
#include <utility>

#include "aws/endpoint.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kHostBytesMax = 253;  // RFC 1035 section 2.3.4, without the final dot

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > kHostBytesMax) return false;
  return is_alphanumeric_or(host, "-._") && host.front() != '.' && host.front() != '-' && host.back() != '.' &&
         host.find("..") == std::string_view::npos;
}

/// Whether `host` has only characters of an IPv6 address; the resolver validates it. A zone (`%eth0`) is kept.
bool is_ipv6_text(std::string_view host) {
  const std::string_view address = host.substr(0, host.find('%'));
  const std::string_view zone = host.substr(address.size());
  return address.find(':') != std::string_view::npos &&
         address.find_first_not_of("0123456789abcdef:.") == std::string_view::npos &&
         (zone.empty() || (zone.size() > 1 && is_alphanumeric_or(zone.substr(1), "-._")));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_number<std::uint16_t>(text);
  return port == 0 ? std::nullopt : port;
}

/// Host and the text of the port, not yet validated.
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

// An account also has endpoints with these names, which do not listen on port 8883.
std::string_view other_service_of(std::string_view host) {
  if (!is_aws_host(host)) return {};
  for (const std::string_view each : {"credentials", "jobs"}) {
    const std::size_t at = host.find(each);
    if (at == std::string_view::npos || at == 0 || host[at - 1] != '.') continue;
    if (host.substr(at + each.size()).starts_with(".iot")) return each;
  }
  return {};
}

}  // namespace

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
    return fail(ErrorKind::kUsage, in_quotes(text) + " is not an endpoint: it contains a blank", hint);
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
        "`aws iot describe-endpoint --endpoint-type iot:Data-ATS` gives the one for devices");
  }
  Endpoint endpoint{std::move(host), port.value_or(kDefaultPort)};
  if (parts->port) {
    const auto stated = parse_port(*parts->port);
    if (!stated) return fail(ErrorKind::kUsage, "the port of endpoint " + in_quotes(text) + " is not 1 to 65535", hint);
    if (port && *port != *stated) {
      return fail(ErrorKind::kUsage,
                  "endpoint " + in_quotes(text) + " and --port " + std::to_string(*port) + " specify two ports",
                  "give the port once");
    }
    endpoint.port = *stated;
  }
  return endpoint;
}

}  // namespace fleet_provision

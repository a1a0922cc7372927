#include "adapters/network/http_proxy.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/secret.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kHeaderBytesMax = 16 * 1024;

/// RFC 4648 section 4.
void append_base64(std::string& out, std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t j) { return j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0U; };
    const unsigned group = (at(i) << 16) | (at(i + 1) << 8) | at(i + 2);
    out += alphabet[(group >> 18) & 63];
    out += alphabet[(group >> 12) & 63];
    out += i + 1 < bytes.size() ? alphabet[(group >> 6) & 63] : '=';
    out += i + 2 < bytes.size() ? alphabet[group & 63] : '=';
  }
}

std::string name(const Proxy& proxy) {
  return "proxy " + printable(proxy.host) + ":" + std::to_string(proxy.port);
}

std::string authority(const Endpoint& target) {
  const bool ipv6 = target.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + target.host + "]" : target.host) + ":" + std::to_string(target.port);
}

/// kProxyRefused, which is retried, because a proxy that is stopping or that cannot reach the endpoint closes the
/// connection in the same way.
tl::unexpected<Error> lost(const Proxy& proxy) {
  return fail(ErrorKind::kProxyRefused, name(proxy) + " closed the connection without a response",
              "check that --proxy or https_proxy names an HTTP proxy that is running and allows CONNECT");
}

Result<void> send_all(int socket, std::string_view bytes, const Proxy& proxy, Instant deadline, const Wait& wait) {
  while (!bytes.empty()) {
    FP_TRY_ASSIGN(const bool ready, wait.until(socket, POLLOUT, deadline));
    if (!ready) return fail(ErrorKind::kProxyRefused, name(proxy) + " does not accept a request");
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && !would_block(errno)) return lost(proxy);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

/// The end of the empty line in `header`, searched from `from`; lines may end without CR (RFC 9112 section 2.2).
std::size_t end_of_header(std::string_view header, std::size_t from) {
  for (std::size_t at = header.find('\n', from); at != std::string_view::npos; at = header.find('\n', at + 1)) {
    std::string_view next = header.substr(at + 1);
    if (next.starts_with('\r')) next.remove_prefix(1);
    if (next.starts_with('\n')) return header.size() - next.size() + 1;
  }
  return std::string_view::npos;
}

bool may_be_http(std::string_view header) {
  constexpr std::string_view kStart = "HTTP/1.";
  return header.substr(0, kStart.size()) == kStart.substr(0, header.size());
}

/// The header of one response with its empty line; bytes that do not begin like HTTP are returned as received. Peeks
/// before it reads, so that no byte of the target is read. `left` is the number of bytes that all headers together may
/// still have.
Result<std::string> read_header(int socket, const Proxy& proxy, std::size_t& left, Instant deadline, const Wait& wait) {
  std::string header;
  char peeked[2048];
  while (true) {
    FP_TRY_ASSIGN(const bool ready, wait.until(socket, POLLIN, deadline));
    if (!ready) {
      return fail(ErrorKind::kProxyRefused, name(proxy) + " did not answer CONNECT in time",
                  "check that the proxy can reach the endpoint and allows this port");
    }
    const ssize_t count = ::recv(socket, peeked, sizeof peeked, MSG_PEEK);
    if (count < 0 && would_block(errno)) continue;
    if (count <= 0) return lost(proxy);
    const std::size_t before = header.size();
    header.append(peeked, static_cast<std::size_t>(count));
    const std::size_t end = end_of_header(header, before > 2 ? before - 2 : 0);
    const std::size_t used = std::min(end, header.size()) - before;
    if (::recv(socket, peeked, used, 0) < 0) return lost(proxy);
    if (used > left) {
      return fail(ErrorKind::kNotAProxy,
                  name(proxy) + " answered with a header of more than " + std::to_string(kHeaderBytesMax) + " bytes",
                  "check --proxy and https_proxy");
    }
    left -= used;
    if (end != std::string::npos) return header.substr(0, end);
    if (!may_be_http(header)) return header;
  }
}

/// Without its end and blanks before it. Blanks at the beginning stay: such a line is no HTTP.
std::string_view status_line_of(std::string_view header) {
  const std::string_view line = header.substr(0, header.find('\n'));
  return line.substr(0, line.find_last_not_of(" \t\r") + 1);
}

/// `HTTP/1.1 200 words` (RFC 9112 section 4): the three digits, or nothing for any other line.
std::optional<int> status_of(std::string_view line) {
  const auto digit = [line](std::size_t at) { return line[at] >= '0' && line[at] <= '9'; };
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || !digit(7) || line[8] != ' ') return std::nullopt;
  if (!digit(9) || !digit(10) || !digit(11) || (line.size() > 12 && line[12] != ' ')) return std::nullopt;
  const int status = 100 * (line[9] - '0') + 10 * (line[10] - '0') + (line[11] - '0');
  return status >= 100 && status < 600 ? std::optional(status) : std::nullopt;
}

/// Removes the text up to the next comma outside quotes from the front of `list` and returns it.
std::string_view next_element(std::string_view& list) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < list.size() && (quoted || list[end] != ','); ++end) {
    if (list[end] == '"') quoted = !quoted;
    if (quoted && list[end] == '\\' && end + 1 < list.size()) ++end;
  }
  const std::string_view element = trimmed(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

/// The schemes of all Proxy-Authenticate fields, printable. An element that is `name=value` belongs to the scheme
/// before it (RFC 9110 section 11.6.1).
std::vector<std::string> schemes_offered(std::string_view header) {
  std::vector<std::string> schemes;
  while (!header.empty()) {
    const std::string_view line = header.substr(0, header.find('\n'));
    header.remove_prefix(std::min(line.size() + 1, header.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || in_lower_case(line.substr(0, colon)) != "proxy-authenticate") continue;
    std::string_view list = line.substr(colon + 1);
    while (!list.empty()) {
      const std::string_view element = next_element(list);
      const std::string_view scheme = element.substr(0, element.find_first_of(" \t="));
      const std::string_view rest = trimmed(element.substr(scheme.size()));
      const bool known = std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
      if (!scheme.empty() && !known && !rest.starts_with('=')) schemes.push_back(printable(scheme, 40));
    }
  }
  return schemes;
}

tl::unexpected<Error> unauthenticated(const Proxy& proxy, const std::string& status_line, std::string_view header) {
  const std::vector<std::string> schemes = schemes_offered(header);
  const bool basic = std::any_of(schemes.begin(), schemes.end(),
                                 [](const std::string& each) { return in_lower_case(each) == "basic"; });
  if (!schemes.empty() && !basic) {
    std::string list;
    for (const std::string& each : schemes) list += (list.empty() ? "" : ", ") + each;
    return fail(ErrorKind::kProxyAuthentication,
                name(proxy) + " authenticates by " + list + " only, which is not supported: " + status_line,
                "enable Basic authentication on the proxy, or exempt this gateway from authentication");
  }
  if (proxy.user.empty() && proxy.password.empty()) {
    return fail(ErrorKind::kProxyAuthentication, name(proxy) + " requires credentials: " + status_line,
                "give user and password with --proxy http://USER@HOST:PORT and --proxy-password-file");
  }
  return fail(ErrorKind::kProxyAuthentication, name(proxy) + " rejected user or password: " + status_line,
              "correct the user in the proxy's URL or the password (--proxy-password-file, https_proxy)");
}

/// The header of the final response; skips interim responses (1xx).
Result<std::string> read_final_header(int socket, const Proxy& proxy, Instant deadline, const Wait& wait) {
  std::size_t left = kHeaderBytesMax;
  while (true) {
    FP_TRY_ASSIGN(std::string header, read_header(socket, proxy, left, deadline, wait));
    const auto status = status_of(status_line_of(header));
    if (!status || *status == 101 || *status >= 200) return header;
  }
}

}  // namespace

Result<void> ask_proxy(int socket, const Proxy& proxy, const Endpoint& target, Instant deadline, const Wait& wait) {
  std::string request = "CONNECT " + authority(target) + " HTTP/1.1\r\nHost: " + authority(target) + "\r\n";
  const WipedAtEnd wiped(request);
  if (!proxy.user.empty() || !proxy.password.empty()) {
    std::string credentials;
    // Reserved, so that a reallocation leaves no copy behind.
    credentials.reserve(proxy.user.size() + 1 + proxy.password.size());
    const WipedAtEnd wiped_credentials(credentials);
    credentials.append(proxy.user).append(":").append(proxy.password.reveal());
    request.reserve(request.size() + 64 + 2 * credentials.size());
    request += "Proxy-Authorization: Basic ";
    append_base64(request, credentials);
    request += "\r\n";
  }
  request += "\r\n";
  FP_TRY(send_all(socket, request, proxy, deadline, wait));
  FP_TRY_ASSIGN(const std::string header, read_final_header(socket, proxy, deadline, wait));

  const std::string_view line = status_line_of(header);
  const std::string status_line = printable(trimmed(line), 120);
  const auto status = status_of(line);
  if (!status) {
    return fail(ErrorKind::kNotAProxy, name(proxy) + " does not speak HTTP; it said: " + status_line,
                "check --proxy and https_proxy");
  }
  if (*status >= 200 && *status < 300) return {};
  if (*status == 407) return unauthenticated(proxy, status_line, header);
  return fail(ErrorKind::kProxyRefused,
              name(proxy) + " refused CONNECT to " + printable(authority(target)) + ": " + status_line,
              *status >= 500 ? "check the proxy's log: the proxy cannot reach this host and port"
                             : "allow CONNECT to this host and port on the proxy");
}

}  // namespace fleet_provision

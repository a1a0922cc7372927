#include "adapters/http_proxy.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

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

tl::unexpected<Error> lost(const Proxy& proxy) {
  return fail(ErrorKind::kNotAProxy, name(proxy) + " closed the connection without an answer",
              "check --proxy and https_proxy: is it an HTTP proxy that allows CONNECT?");
}

Result<void> send_all(int socket, std::string_view bytes, const Proxy& proxy, Instant deadline, const Wait& wait) {
  while (!bytes.empty()) {
    FP_TRY_ASSIGN(const bool ready, wait.until(socket, POLLOUT, deadline));
    if (!ready) return fail(ErrorKind::kProxyRefused, name(proxy) + " takes no request");
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return lost(proxy);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

/// The header of the answer, up to and without its empty line. One byte at a time behind a peek, so that nothing of
/// what the target may send is taken.
Result<std::string> read_header(int socket, const Proxy& proxy, Instant deadline, const Wait& wait) {
  std::string header;
  char peeked[2048];
  while (true) {
    FP_TRY_ASSIGN(const bool ready, wait.until(socket, POLLIN, deadline));
    if (!ready) {
      return fail(ErrorKind::kProxyRefused, name(proxy) + " did not answer CONNECT in time",
                  "the proxy may not be able to reach the endpoint, or may not allow this port");
    }
    const ssize_t count = ::recv(socket, peeked, sizeof peeked, MSG_PEEK);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) return lost(proxy);
    const std::size_t before = header.size();
    header.append(peeked, static_cast<std::size_t>(count));
    const std::size_t end = header.find("\r\n\r\n");
    const std::size_t used = end == std::string::npos ? header.size() - before : end + 4 - before;
    if (::recv(socket, peeked, used, 0) < 0) return lost(proxy);
    if (end != std::string::npos) return header.substr(0, end);
    const std::string_view start("HTTP/1.");
    if (header.compare(0, std::min(header.size(), start.size()), start.substr(0, header.size())) != 0) return header;
    if (header.size() > kHeaderBytesMax) {
      return fail(ErrorKind::kNotAProxy,
                  name(proxy) + " answered with a header of more than " + std::to_string(kHeaderBytesMax) + " bytes",
                  "check --proxy and https_proxy");
    }
  }
}

}  // namespace

Result<void> ask_proxy(int socket, const Proxy& proxy, const Endpoint& target, Instant deadline, const Wait& wait) {
  std::string request = "CONNECT " + authority(target) + " HTTP/1.1\r\nHost: " + authority(target) + "\r\n";
  const WipedAtEnd wiped(request);
  if (!proxy.user.empty() || !proxy.password.empty()) {
    std::string credentials;
    // Reserved, so that no shorter copy of it is left behind.
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
  FP_TRY_ASSIGN(const std::string header, read_header(socket, proxy, deadline, wait));

  const std::string status_line = printable(header.substr(0, header.find("\r\n")), 120);
  if (!header.starts_with("HTTP/1.") || header.size() < 12) {
    return fail(ErrorKind::kNotAProxy, name(proxy) + " does not speak HTTP; it said: " + status_line,
                "check --proxy and https_proxy");
  }
  const std::string_view status = std::string_view(header).substr(9, 3);
  if (status.starts_with('2')) return {};
  if (status == "407") {
    return fail(ErrorKind::kProxyAuthentication, name(proxy) + " wants other credentials: " + status_line,
                "give the user in the proxy's URL and its password by --proxy-password-file");
  }
  return fail(ErrorKind::kProxyRefused,
              name(proxy) + " refused a way to " + printable(authority(target)) + ": " + status_line,
              status.starts_with('5') ? "the proxy does not reach this host and port itself; look at its log"
                                      : "the proxy must allow CONNECT to this host and port");
}

}  // namespace fleet_provision

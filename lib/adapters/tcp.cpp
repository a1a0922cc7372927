#include "adapters/tcp.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// 0, or the errno of the connect; ETIMEDOUT at the deadline.
Result<int> try_address(int socket, const SocketAddress& address, Instant deadline, const Wait& wait) {
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return 0;
  if (errno != EINPROGRESS) return int{errno};
  FP_TRY_ASSIGN(const bool ready, wait.until(socket, POLLOUT, deadline));
  if (!ready) return int{ETIMEDOUT};
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

ErrorKind kind_of(int error) {
  if (error == ECONNREFUSED) return ErrorKind::kConnectionRefused;
  return error == ETIMEDOUT ? ErrorKind::kConnectionTimeout : ErrorKind::kNoRoute;
}

std::string hint_for(ErrorKind kind, std::uint16_t port) {
  if (kind == ErrorKind::kConnectionRefused) return "nothing listens there; check the endpoint and the port";
  if (kind == ErrorKind::kNoRoute) return "is the network up, with an address and a default route?";
  if (port == 8883) {
    return "a firewall may drop port 8883; AWS IoT also listens on 443 (--port 443), or use a proxy (--proxy)";
  }
  return "a firewall may drop this port; check the endpoint, the port and whether a proxy is needed (--proxy)";
}

/// Of several failures the one that says most about the server is told: it refused, it was silent, it is not there.
unsigned weight(ErrorKind kind) {
  if (kind == ErrorKind::kConnectionRefused) return 2;
  return kind == ErrorKind::kConnectionTimeout ? 1 : 0;
}

}  // namespace

std::string place(const std::string& host, const std::string& address, std::uint16_t port) {
  const std::string where = host == address || address.empty() ? host : host + " (" + address + ")";
  return printable(where) + ", port " + std::to_string(port);
}

Result<TcpConnection> connect_tcp(const std::string& host, std::uint16_t port,
                                  const std::vector<SocketAddress>& addresses, Milliseconds each_timeout,
                                  Instant deadline, const Wait& wait) {
  ErrorKind kind = ErrorKind::kNoRoute;
  std::string causes;
  for (const SocketAddress& address : addresses) {
    const Instant now = std::chrono::steady_clock::now();
    if (now >= deadline && !causes.empty()) break;
    TcpConnection connection;
    connection.socket = Descriptor(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    int error = errno;
    if (connection.socket) {
      const int on = 1;
      ::setsockopt(connection.socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const Instant end = std::min(deadline, now + each_timeout);
      FP_TRY_ASSIGN(error, try_address(connection.socket.get(), address, end, wait));
      if (error == 0) {
        connection.address = address.text;
        return connection;
      }
    }
    if (causes.empty() || weight(kind_of(error)) > weight(kind)) kind = kind_of(error);
    std::string reason = std::generic_category().message(error);
    std::transform(reason.begin(), reason.begin() + 1, reason.begin(), [](char c) { return c | ('a' ^ 'A'); });
    causes += (causes.empty() ? ": " : "; ") + (addresses.size() > 1 ? address.text + ": " : "") + reason;
  }
  const std::string only = addresses.size() == 1 ? addresses.front().text : host;
  return fail(kind, "cannot connect to " + place(host, only, port) + causes, hint_for(kind, port));
}

}  // namespace fleet_provision

#include "adapters/mqtt/loopback_listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "adapters/system/resources.hpp"

namespace fleet_provision {
namespace {

using GetName = int (*)(int, sockaddr*, socklen_t*);

/// The address by getsockname or getpeername; family 0 if the descriptor is not an IPv4 socket.
sockaddr_in name(GetName get, int descriptor) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (get(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0 || address.sin_family != AF_INET) return {};
  return address;
}

bool same(const sockaddr_in& a, const sockaddr_in& b) {
  return a.sin_family == AF_INET && b.sin_family == AF_INET && a.sin_port == b.sin_port &&
         a.sin_addr.s_addr == b.sin_addr.s_addr;
}

/// The search ends after so many closed numbers in a row, since a new descriptor gets the lowest free number.
constexpr int kClosedInARowMax = 64;

/// A socket of this process and its own address; number -1 for none.
struct OwnEnd {
  int number = -1;
  sockaddr_in address{};
};

/// The socket of this process that is connected to `listener`. The descriptors are tried one by one: first those below
/// `accepted`, from the highest on, since Paho's was opened a moment before; then all others. /proc could list them,
/// but it may not be mounted where an image is built.
OwnEnd find_own_end(const sockaddr_in& listener, int accepted) {
  const auto is_own_end = [&listener](int each) { return same(name(::getpeername, each), listener); };
  for (int each = accepted - 1; each >= 0; --each) {
    if (is_own_end(each)) return {each, name(::getsockname, each)};
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65536));
  int closed = 0;
  for (int each = accepted + 1; each < end && closed < kClosedInARowMax; ++each) {
    errno = 0;
    if (is_own_end(each)) return {each, name(::getsockname, each)};
    closed = errno == EBADF ? closed + 1 : 0;
  }
  return {};
}

tl::unexpected<Error> cannot_listen(int number, const char* call) {
  const std::string failed = std::string(call) + " on 127.0.0.1";
  if (auto lack = out_of_resources(number, failed)) return fail(std::move(*lack));
  return fail(ErrorKind::kInternal, failed + ": " + std::generic_category().message(number),
              "check that the loopback interface is up (ip link show lo)");
}

Error not_connected_in_time(std::size_t foreign, std::uint16_t port) {
  Error error;
  error.kind = ErrorKind::kNoAnswer;
  error.message = "the MQTT library did not connect to the program's port on 127.0.0.1";
  error.hint = "check that the loopback interface is up (ip link show lo)";
  if (foreign > 0) {
    error.message += ", port " + std::to_string(port) + ": other processes of this machine connected to it " +
                     std::to_string(foreign) + " times";
    error.hint = "stop the process that opens these connections to 127.0.0.1; ss -tp lists it";
  }
  return error;
}

}  // namespace

Result<LoopbackListener> LoopbackListener::open() {
  Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return cannot_listen(errno, "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return cannot_listen(errno, "bind");
  // A long queue: a connection that does not fit into it is retried after a second, and that may be Paho's.
  if (::listen(listener.get(), SOMAXCONN) != 0) return cannot_listen(errno, "listen");
  const std::uint16_t port = ntohs(name(::getsockname, listener.get()).sin_port);
  return LoopbackListener(std::move(listener), port);
}

Result<OwnConnection> LoopbackListener::admit(Instant deadline, const Wait& wait) {
  const sockaddr_in here = name(::getsockname, listener_.get());
  OwnEnd own;
  std::size_t foreign = 0;
  while (true) {
    FP_TRY_ASSIGN(const bool ready, wait.until(listener_.get(), POLLIN, deadline));
    if (!ready) return fail(not_connected_in_time(foreign, ntohs(here.sin_port)));
    Descriptor accepted(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    const int number = accepted ? 0 : errno;
    // The connection stays in the queue, so that retrying would spin.
    if (!limit_words(number).empty()) return cannot_listen(number, "accept");
    if (!accepted) continue;
    // Paho may have closed the socket that was found, and connected with another.
    if (own.number < 0 || !same(name(::getsockname, own.number), own.address)) {
      own = find_own_end(here, accepted.get());
    }
    if (own.number < 0 || !same(name(::getpeername, accepted.get()), own.address)) {
      ++foreign;
      continue;
    }
    listener_.reset();
    const int on = 1;
    ::setsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return OwnConnection{std::move(accepted), own.number};
  }
}

}  // namespace fleet_provision

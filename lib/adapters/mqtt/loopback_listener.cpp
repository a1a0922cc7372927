#include "adapters/mqtt/loopback_listener.hpp"

#include <fcntl.h>
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

/// The address by getsockname or getpeername; family 0 for what is no IPv4 socket.
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

/// Descriptors that are not open, in a row, after which none is looked for: a new one gets the lowest free number.
constexpr int kClosedInARowMax = 64;

/// One of our sockets and its own address; number -1 for none.
struct OwnEnd {
  int number = -1;
  sockaddr_in address{};
};

/// Which of our sockets is connected to `listener`. They are asked one by one (lowest first, so that ours is found
/// among the first) and not listed from /proc, which an image that is being made may not have.
OwnEnd find_own_end(const sockaddr_in& listener) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65536));
  int closed = 0;
  for (int each = 0; each < end && closed < kClosedInARowMax; ++each) {
    if (::fcntl(each, F_GETFD) < 0) {
      ++closed;
      continue;
    }
    closed = 0;
    if (same(name(::getpeername, each), listener)) return {each, name(::getsockname, each)};
  }
  return {};
}

tl::unexpected<Error> no_door(int number, const char* call) {
  const std::string failed = std::string(call) + " on 127.0.0.1";
  if (auto lack = out_of_resources(number, failed)) return fail(std::move(*lack));
  return fail(ErrorKind::kInternal, failed + ": " + std::generic_category().message(number),
              "the loopback interface must be up");
}

Error nobody_came(std::size_t strangers, std::uint16_t port) {
  Error error;
  error.kind = ErrorKind::kNoAnswer;
  error.message = "the MQTT library did not connect to its tunnel on 127.0.0.1";
  error.hint = "the loopback interface must be up";
  if (strangers > 0) {
    error.message += ", port " + std::to_string(port) + ": another process of this machine connected to it " +
                     std::to_string(strangers) + " times";
    error.hint = "stop the process that floods 127.0.0.1 with connections; ss -tp shows it";
  }
  return error;
}

}  // namespace

Result<LoopbackListener> LoopbackListener::open() {
  Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return no_door(errno, "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return no_door(errno, "bind");
  // A long queue: what does not fit into it comes again after a second, and that may be the library.
  if (::listen(listener.get(), SOMAXCONN) != 0) return no_door(errno, "listen");
  const std::uint16_t port = ntohs(name(::getsockname, listener.get()).sin_port);
  return LoopbackListener(std::move(listener), port);
}

Result<OwnConnection> LoopbackListener::admit(Instant deadline, const Wait& wait) {
  const sockaddr_in here = name(::getsockname, listener_.get());
  OwnEnd own;
  std::size_t strangers = 0;
  while (true) {
    FP_TRY_ASSIGN(const bool ready, wait.until(listener_.get(), POLLIN, deadline));
    if (!ready) return fail(nobody_came(strangers, ntohs(here.sin_port)));
    Descriptor accepted(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    const int number = accepted ? 0 : errno;
    // It would stay ready to be accepted, and this would never sleep.
    if (!limit_words(number).empty()) return no_door(number, "accept");
    if (!accepted) continue;
    // Ours is connected before it can be accepted; the library may have closed it and begun again.
    if (own.number < 0 || !same(name(::getsockname, own.number), own.address)) own = find_own_end(here);
    if (own.number < 0 || !same(name(::getpeername, accepted.get()), own.address)) {
      ++strangers;
      continue;
    }
    listener_.reset();
    const int on = 1;
    ::setsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return OwnConnection{std::move(accepted), own.number};
  }
}

}  // namespace fleet_provision

#include "adapters/loopback_door.hpp"

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

#include "adapters/resources.hpp"

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

/// Which of our descriptors is the other end, -1 if none. They are asked one by one (lowest first, so that ours is
/// found among the first) and not listed from /proc, which an image that is being made may not have.
int other_end_of(int accepted) {
  const sockaddr_in here = name(::getsockname, accepted);
  const sockaddr_in there = name(::getpeername, accepted);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65536));
  for (int each = 0; each < end; ++each) {
    if (each != accepted && same(name(::getsockname, each), there) && same(name(::getpeername, each), here))
      return each;
  }
  return -1;
}

tl::unexpected<Error> no_door(const char* call) {
  const int number = errno;
  const std::string failed = std::string(call) + " on 127.0.0.1";
  if (auto lack = out_of_resources(number, failed)) return fail(std::move(*lack));
  return fail(ErrorKind::kInternal, failed + ": " + std::generic_category().message(number),
              "the loopback interface must be up");
}

}  // namespace

Result<LoopbackDoor> LoopbackDoor::open() {
  Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return no_door("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return no_door("bind");
  if (::listen(listener.get(), 16) != 0) return no_door("listen");
  const std::uint16_t port = ntohs(name(::getsockname, listener.get()).sin_port);
  return LoopbackDoor(std::move(listener), port);
}

Result<OwnConnection> LoopbackDoor::admit(Instant deadline, const Wait& wait) {
  while (true) {
    FP_TRY_ASSIGN(const bool ready, wait.until(listener_.get(), POLLIN, deadline));
    if (!ready) {
      return fail(ErrorKind::kNoAnswer, "the MQTT library did not connect to its tunnel on 127.0.0.1",
                  "the loopback interface must be up");
    }
    Descriptor accepted(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    // It would stay ready to be accepted, and this would never sleep.
    if (!accepted && !limit_words(errno).empty()) return no_door("accept");
    const int theirs = accepted ? other_end_of(accepted.get()) : -1;
    if (theirs < 0) continue;
    listener_.reset();
    const int on = 1;
    ::setsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return OwnConnection{std::move(accepted), theirs};
  }
}

}  // namespace fleet_provision

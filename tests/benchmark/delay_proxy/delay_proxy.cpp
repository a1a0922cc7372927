#include "tests/benchmark/delay_proxy/delay_proxy.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "tests/support/loopback.hpp"

namespace fleet_provision::benchmark {
namespace {

using Clock = std::chrono::steady_clock;
using test::loopback;

int required(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), std::string("delay proxy: ") + what);
  return result;
}

void send_at_once(int socket) {
  const int yes = 1;
  required(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes), "TCP_NODELAY");
}

/// One direction between two sockets.
struct Wire {
  int from = -1;
  int to = -1;
  DelayLine line;
  bool reading = true;
  bool writing = true;
  /// The socket takes no more for now.
  bool blocked = false;

  /// When the wire has something to do by itself.
  [[nodiscard]] std::optional<Instant> next() const { return writing && !blocked ? line.next() : std::nullopt; }

  /// The bytes that are there to be read, or nothing when the other side has ended.
  std::string read() {
    std::string bytes(64 * std::size_t{1024}, '\0');
    const ssize_t size = ::recv(from, bytes.data(), bytes.size(), MSG_DONTWAIT);
    reading = size > 0;
    bytes.resize(reading ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }

  /// Hands on what has arrived; how many bytes that were.
  std::size_t write(Instant now) {
    std::size_t written = 0;
    blocked = false;
    for (std::string_view part; writing && !(part = line.arrived(now)).empty();) {
      const ssize_t size = ::send(to, part.data(), part.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (size < 0 && errno == EAGAIN) {
        blocked = true;
        return written;
      }
      if (size < 0) {
        // The receiver has closed the connection.
        reading = writing = false;
        return written;
      }
      line.take(static_cast<std::size_t>(size));
      written += static_cast<std::size_t>(size);
    }
    if (writing && line.ended(now)) {
      ::shutdown(to, SHUT_WR);
      writing = false;
    }
    return written;
  }
};

}  // namespace

struct DelayProxy::Connection {
  Connection(Descriptor accepted, std::uint16_t server_port, std::chrono::microseconds round_trip_time)
      : client(std::move(accepted)), round_trip(round_trip_time), established(Clock::now() + round_trip_time) {
    send_at_once(client.get());
    server = Descriptor(required(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    send_at_once(server.get());
    const sockaddr_in address = loopback(server_port);
    // On the loopback this is answered by the kernel at once.
    const int connected = ::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    up.from = down.to = client.get();
    up.to = down.from = server.get();
    if (connected != 0) up.reading = up.writing = down.reading = down.writing = false;
  }

  void read(bool from_client, bool from_server) {
    const Instant now = Clock::now();
    if (from_client && up.reading) {
      std::string bytes = up.read();
      const Instant arrives = std::max(now, established) + round_trip / 2;
      if (up.reading) {
        count.client_sent(bytes.size());
        up.line.put(std::move(bytes), arrives);
      } else {
        count.client_closed();
        up.line.put_end(arrives);
      }
    }
    if (from_server && down.reading) {
      std::string bytes = down.read();
      const Instant arrives = now + round_trip / 2;
      if (down.reading) {
        down.line.put(std::move(bytes), arrives);
      } else {
        down.line.put_end(arrives);
      }
    }
  }

  void write() {
    const Instant now = Clock::now();
    up.write(now);
    const std::size_t size = down.write(now);
    if (size > 0) count.client_got(size);
  }

  [[nodiscard]] bool over() const { return !up.writing && !down.writing; }

  Descriptor client;
  Descriptor server;
  std::chrono::microseconds round_trip;
  /// When a client this far away would know that it is connected.
  Instant established;
  Wire up;
  Wire down;
  RoundTrips count;
};

DelayProxy::DelayProxy(std::uint16_t server_port, std::chrono::microseconds round_trip)
    : server_port_(server_port),
      round_trip_(round_trip),
      listener_(required(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket")) {
  // Else every wait ends up to 50 µs late.
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  sockaddr_in address = loopback();
  required(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  required(::listen(listener_.get(), SOMAXCONN), "listen");
  socklen_t size = sizeof address;
  required(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  port_ = ntohs(address.sin_port);
}

DelayProxy::~DelayProxy() = default;

void DelayProxy::carry_until(int wake) {
  for (bool woken = false; !woken;) turn(wake, woken);
}

std::vector<ConnectionCount> DelayProxy::settle() {
  bool woken = false;
  while (!open_.empty()) turn(-1, woken);
  return std::exchange(ended_, {});
}

void DelayProxy::accept_one() {
  Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (client) open_.push_back(std::make_unique<Connection>(std::move(client), server_port_, round_trip_));
}

void DelayProxy::turn(int wake, bool& woken) {
  std::vector<pollfd> wanted{{listener_.get(), POLLIN, 0}, {wake, POLLIN, 0}};
  std::optional<Instant> next;
  // A socket that nothing is wanted of is not given: poll would report its end again and again.
  const auto want = [&wanted](int socket, bool readable, bool writable) {
    const auto events = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
    wanted.push_back({events != 0 ? socket : -1, events, 0});
  };
  for (const auto& each : open_) {
    want(each->client.get(), each->up.reading, each->down.blocked);
    want(each->server.get(), each->down.reading, each->up.blocked);
    for (const Wire* wire : {&each->up, &each->down}) {
      if (const auto due = wire->next(); due && (!next || *due < *next)) next = due;
    }
  }
  timespec wait{};
  if (next) {
    const auto rest = std::max(std::chrono::nanoseconds{0}, std::chrono::nanoseconds(*next - Clock::now()));
    wait.tv_sec = static_cast<time_t>(rest.count() / 1'000'000'000);
    wait.tv_nsec = static_cast<long>(rest.count() % 1'000'000'000);
  }
  if (::ppoll(wanted.data(), wanted.size(), next ? &wait : nullptr, nullptr) < 0 && errno != EINTR) {
    required(-1, "ppoll");
  }
  for (std::size_t i = 0; i < open_.size(); ++i) {
    open_[i]->read(wanted[2 + 2 * i].revents != 0, wanted[3 + 2 * i].revents != 0);
    open_[i]->write();
  }
  if ((wanted[0].revents & POLLIN) != 0) accept_one();
  // Also one just accepted, whose server is not there.
  std::erase_if(open_, [this](const auto& each) {
    if (each->over()) ended_.push_back(each->count.count());
    return each->over();
  });
  woken = wanted[1].revents != 0;
}

}  // namespace fleet_provision::benchmark

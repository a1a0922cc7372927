#include "adapters/network/tcp.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "adapters/system/disk_error.hpp"
#include "adapters/system/resources.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// The time after which the next address is tried in parallel (RFC 8305 section 5).
constexpr Milliseconds kHeadStart{250};

ErrorKind kind_of(int error) {
  if (error == ECONNREFUSED) return ErrorKind::kConnectionRefused;
  return error == ETIMEDOUT ? ErrorKind::kConnectionTimeout : ErrorKind::kNoRoute;
}

std::string hint_for(ErrorKind kind, std::uint16_t port) {
  if (kind == ErrorKind::kConnectionRefused) return "check endpoint and port: nothing listens there";
  if (kind == ErrorKind::kNoRoute) return "give this machine an address and a default route";
  if (port == 8883) {
    return "try --port 443 or --proxy: a firewall may drop port 8883";
  }
  return "check endpoint and port, and whether --proxy is needed: a firewall may drop the port";
}

/// Of several failures the error reports the one that says most about the server: connection refused, then timeout,
/// then unreachable.
unsigned weight(ErrorKind kind) {
  if (kind == ErrorKind::kConnectionRefused) return 2;
  return kind == ErrorKind::kConnectionTimeout ? 1 : 0;
}

/// One connect in progress.
struct Attempt {
  Descriptor socket;
  const SocketAddress* address;
  Instant end;
};

/// Connects in progress at the same time; the first one to be established wins.
class Race {
 public:
  Race(const std::vector<SocketAddress>& addresses, Milliseconds each_timeout, Instant deadline, const Wait& wait)
      : addresses_(addresses), each_timeout_(each_timeout), deadline_(deadline), wait_(wait) {}

  /// Nothing if no address accepted a connection; `kind` and `causes` say why.
  Result<std::optional<TcpConnection>> run();

  [[nodiscard]] ErrorKind kind() const { return kind_; }
  [[nodiscard]] const std::string& causes() const { return causes_; }

 private:
  /// kOutOfResources ends the race: the other addresses would fail in the same way.
  Result<void> start(const SocketAddress& address, Instant now);
  /// Removes and returns the attempt that a ready descriptor belongs to.
  Attempt take_ready();
  void drop_late(Instant now);
  Result<void> note(const SocketAddress& address, int error);

  const std::vector<SocketAddress>& addresses_;
  Milliseconds each_timeout_;
  Instant deadline_;
  const Wait& wait_;
  Descriptor ready_{::epoll_create1(EPOLL_CLOEXEC)};
  std::vector<Attempt> attempts_;
  ErrorKind kind_ = ErrorKind::kNoRoute;
  std::string causes_;
};

Result<std::optional<TcpConnection>> Race::run() {
  if (!ready_) {
    if (auto lack = out_of_resources(errno, "cannot wait for connections")) return fail(std::move(*lack));
  }
  std::size_t next = 0;
  Instant next_start{};
  while (true) {
    const Instant now = std::chrono::steady_clock::now();
    const bool may_start = next < addresses_.size() && (next == 0 || now < deadline_);
    if (may_start && (attempts_.empty() || now >= next_start)) {
      FP_TRY(start(addresses_[next++], now));
      next_start = now + kHeadStart;
      continue;
    }
    if (attempts_.empty()) return std::optional<TcpConnection>{};
    Instant wake = may_start ? next_start : deadline_;
    for (const Attempt& each : attempts_) wake = std::min(wake, each.end);
    FP_TRY_ASSIGN(const bool ready, wait_.until(ready_.get(), POLLIN, wake));
    if (!ready) {
      drop_late(std::chrono::steady_clock::now());
      continue;
    }
    Attempt attempt = take_ready();
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(attempt.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) return std::optional(TcpConnection{std::move(attempt.socket), attempt.address->text});
    FP_TRY(note(*attempt.address, error));
  }
}

Result<void> Race::start(const SocketAddress& address, Instant now) {
  Attempt attempt{Descriptor(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
                  &address, std::min(deadline_, now + each_timeout_)};
  if (!attempt.socket) return note(address, errno);
  const int on = 1;
  ::setsockopt(attempt.socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* name = reinterpret_cast<const sockaddr*>(&address.storage);
  // A connect that succeeds immediately is ready immediately.
  if (::connect(attempt.socket.get(), name, address.size) != 0 && errno != EINPROGRESS) return note(address, errno);
  epoll_event event{};
  event.events = EPOLLOUT;
  event.data.fd = attempt.socket.get();
  if (::epoll_ctl(ready_.get(), EPOLL_CTL_ADD, attempt.socket.get(), &event) != 0) return note(address, errno);
  attempts_.push_back(std::move(attempt));
  return {};
}

Attempt Race::take_ready() {
  epoll_event event{};
  const bool found = ::epoll_wait(ready_.get(), &event, 1, 0) == 1;
  const auto at = std::find_if(attempts_.begin(), attempts_.end(),
                               [&](const Attempt& each) { return found && each.socket.get() == event.data.fd; });
  const auto chosen = at == attempts_.end() ? attempts_.begin() : at;
  Attempt attempt = std::move(*chosen);
  attempts_.erase(chosen);
  return attempt;
}

void Race::drop_late(Instant now) {
  for (auto each = attempts_.begin(); each != attempts_.end();) {
    if (each->end > now) {
      ++each;
      continue;
    }
    [[maybe_unused]] const auto noted = note(*each->address, ETIMEDOUT);
    each = attempts_.erase(each);
  }
}

Result<void> Race::note(const SocketAddress& address, int error) {
  if (auto lack = out_of_resources(error, "cannot connect to " + address.text)) return fail(std::move(*lack));
  if (causes_.empty() || weight(kind_of(error)) > weight(kind_)) kind_ = kind_of(error);
  causes_ += (causes_.empty() ? ": " : "; ") + (addresses_.size() > 1 ? address.text + ": " : "") + words(error);
  return {};
}

}  // namespace

std::string name_of_peer(const std::string& host, const std::string& address, std::uint16_t port) {
  const std::string where = host == address || address.empty() ? host : host + " (" + address + ")";
  return printable(where) + ", port " + std::to_string(port);
}

Result<TcpConnection> connect_tcp(const std::string& host, std::uint16_t port,
                                  const std::vector<SocketAddress>& addresses, Milliseconds each_timeout,
                                  Instant deadline, const Wait& wait) {
  Race race(addresses, each_timeout, deadline, wait);
  FP_TRY_ASSIGN(auto connection, race.run());
  if (connection) return std::move(*connection);
  const std::string only = addresses.size() == 1 ? addresses.front().text : host;
  return fail(race.kind(), "cannot connect to " + name_of_peer(host, only, port) + race.causes(),
              hint_for(race.kind(), port));
}

}  // namespace fleet_provision

#include "adapters/mqtt/tls_bridge.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/secret.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kPieceBytes = 16 * 1024;
/// A server that accepts no more bytes may still have sent the reason; the bridge reads from it for this long.
constexpr timespec kLastWords{1, 0};

void acknowledge_at_once(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

}  // namespace

void TlsBridge::Buffer::advance(std::size_t count) {
  sent += count;
  if (!empty()) return;
  wipe(bytes.data(), bytes.size());
  bytes.clear();
  sent = 0;
}

TlsBridge::TlsBridge(TlsConnection& server, int library, PahoWaker& waker, OnPacket on_packet, OnMessage on_message)
    : server_(server),
      library_(library),
      waker_(waker),
      on_packet_(std::move(on_packet)),
      on_message_(std::move(on_message)),
      scratch_(kPieceBytes),
      last_sent_(std::chrono::steady_clock::now()) {
  to_server_.bytes.reserve(kPieceBytes);
}

TlsBridge::~TlsBridge() {
  wipe(scratch_.data(), scratch_.size());
  wipe(to_server_.bytes.data(), to_server_.bytes.size());
  wipe(to_library_.bytes.data(), to_library_.bytes.size());
}

BridgeEnd TlsBridge::run(const Wait& wait) {
  BridgeEnd end;
  acknowledge_at_once(library_);
  Result<void> goes_on = wait.check();
  while (goes_on && !over()) {
    goes_on = move_all();
    // On every turn: a server that sends without a pause must not delay the check of `wait` for ever.
    if (goes_on && !over()) goes_on = sleep(wait);
  }
  if (!goes_on) end.error = std::move(goes_on).error();
  end.since_last_sent = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - last_sent_);
  end.server_closed = server_done_;
  if (server_done_ && !end.error) end.error = server_.failure();
  if (!server_done_ && !end.error) server_.shut_down();
  return end;
}

bool TlsBridge::over() const {
  if (refused_) return true;
  if (server_done_) return to_library_.empty();
  return library_done_ && to_server_.empty() && !write_failed_;
}

Result<void> TlsBridge::move_all() {
  if (library_ready_ && to_server_.empty() && !library_done_) FP_TRY(read_library());
  if (!to_server_.empty()) write_server();
  if (server_ready_ && to_library_.empty() && !server_done_ && !refused_) FP_TRY(read_server());
  if (!to_library_.empty() && !refused_) write_library();
  return {};
}

Result<void> TlsBridge::read_library() {
  const ssize_t count = ::recv(library_, scratch_.data(), scratch_.size(), 0);
  if (count < 0 && would_block(errno)) return {};
  if (count <= 0) {
    library_done_ = true;
    return {};
  }
  acknowledge_at_once(library_);
  const std::string_view piece(scratch_.data(), static_cast<std::size_t>(count));
  std::vector<MqttPacket> seen;
  FP_TRY(guard_.outbound(piece, seen));
  if (!write_failed_) to_server_.bytes.assign(piece.begin(), piece.end());
  report(seen);
  return {};
}

void TlsBridge::write_server() {
  const IoResult result =
      server_.write(to_server_.bytes.data() + to_server_.sent, to_server_.bytes.size() - to_server_.sent);
  write_wants_read_ = result.status == IoStatus::kWantsRead;
  if (result.status == IoStatus::kMoved) {
    last_sent_ = std::chrono::steady_clock::now();
    to_server_.advance(result.count);
    return;
  }
  if (result.status == IoStatus::kWantsRead || result.status == IoStatus::kWantsWrite) return;
  write_failed_ = true;
  to_server_.advance(to_server_.bytes.size() - to_server_.sent);
}

Result<void> TlsBridge::read_server() {
  const IoResult result = server_.read(scratch_.data(), scratch_.size());
  read_wants_write_ = result.status == IoStatus::kWantsWrite;
  server_has_more_ = result.status == IoStatus::kMoved && server_.has_buffered();
  switch (result.status) {
    case IoStatus::kWantsRead:
    case IoStatus::kWantsWrite: return {};
    case IoStatus::kClosed:
    case IoStatus::kFailed: server_done_ = true; return {};
    case IoStatus::kMoved: break;
  }
  std::vector<MqttPacket> seen;
  // While it is empty and wiped: a buffer that grew later would leave copies of secrets behind.
  to_library_.bytes.reserve(guard_.held_inbound() + result.count);
  const Result<void> judged = guard_.inbound({scratch_.data(), result.count}, to_library_.bytes, seen);
  std::vector<MqttMessage> messages;
  take_payloads(to_library_.bytes, guard_.version(), messages);
  for (MqttMessage& each : messages) on_message_(std::move(each));
  report(seen);
  if (!judged) return fail(judged.error());
  return {};
}

void TlsBridge::write_library() {
  const ssize_t count = ::send(library_, to_library_.bytes.data() + to_library_.sent,
                               to_library_.bytes.size() - to_library_.sent, MSG_NOSIGNAL);
  library_may_lag_ = true;
  if (count < 0 && would_block(errno)) return;
  // This is not the end yet: bytes that Paho sent before it closed may still be unread.
  to_library_.advance(count < 0 ? to_library_.bytes.size() - to_library_.sent : static_cast<std::size_t>(count));
}

void TlsBridge::report(const std::vector<MqttPacket>& packets) {
  for (const MqttPacket& each : packets) {
    if (!on_packet_(each)) refused_ = true;
    // The library may close later, but it sends nothing after this packet.
    if (!each.inbound && each.type == MqttPacketType::kDisconnect) library_done_ = true;
  }
}

Result<void> TlsBridge::sleep(const Wait& wait) {
  const auto events = [](bool reading, bool writing) {
    return static_cast<short>((reading ? POLLIN : 0) | (writing ? POLLOUT : 0));
  };
  const bool reading = to_library_.empty() && !server_done_;
  const bool writing = !to_server_.empty();
  const short library = events(to_server_.empty() && !library_done_, !to_library_.empty());
  const short server = events((reading && !read_wants_write_) || (writing && write_wants_read_),
                              (writing && !write_wants_read_) || (reading && read_wants_write_));
  pollfd polled[] = {{library != 0 ? library_ : -1, library, 0},
                     {server != 0 ? server_.descriptor() : -1, server, 0},
                     {wait.interrupt_descriptor(), POLLIN, 0},
                     {wait.stop_descriptor(), POLLIN, 0}};
  constexpr timespec kAtOnce{0, 0};
  const bool has_more = reading && server_has_more_;
  const timespec* timeout = has_more           ? &kAtOnce
                            : library_may_lag_ ? &PahoWaker::kPatience
                            : write_failed_    ? &kLastWords
                                               : nullptr;
  const int ready = ::ppoll(polled, std::size(polled), timeout, nullptr);
  if (ready < 0 && errno != EINTR) return fail(ErrorKind::kInternal, "poll: " + std::generic_category().message(errno));
  library_ready_ = ready > 0 && polled[0].revents != 0;
  server_ready_ = has_more || (ready > 0 && polled[1].revents != 0);
  if (ready == 0 && timeout == &kLastWords) server_done_ = true;
  if (ready == 0 && timeout == &PahoWaker::kPatience) {
    library_may_lag_ = waker_.has_unread();
    if (library_may_lag_) waker_.wake();
  }
  if (ready > 0 && (polled[2].revents != 0 || polled[3].revents != 0)) return wait.check();
  return {};
}

}  // namespace fleet_provision

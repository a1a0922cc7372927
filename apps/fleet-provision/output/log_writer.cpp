#include "output/log_writer.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>
#include <utility>

namespace fleet_provision {
namespace {

constexpr Milliseconds kReaderTimeout{1'000};
constexpr Milliseconds kReaderTimeoutAtEnd{100};

/// Writes without blocking, even if another process filled the pipe since poll() reported room. Kernels before 6.4,
/// which do not support RWF_NOWAIT for pipes, get an ordinary write.
ssize_t write_to_pipe(int descriptor, std::string_view piece) {
  const iovec part{const_cast<char*>(piece.data()), piece.size()};
  const ssize_t written = ::pwritev2(descriptor, &part, 1, -1, RWF_NOWAIT);
  const bool unknown = written < 0 && (errno == EOPNOTSUPP || errno == EINVAL || errno == ENOSYS || errno == ESPIPE);
  return unknown ? ::write(descriptor, piece.data(), piece.size()) : written;
}

}  // namespace

LogWriter::LogWriter(int descriptor) : descriptor_(descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return;
  if (S_ISFIFO(status.st_mode)) kind_ = Kind::kPipe;
  if (S_ISSOCK(status.st_mode)) kind_ = Kind::kSocket;
}

bool LogWriter::has_room(Milliseconds wait) const {
  pollfd polled{descriptor_, POLLOUT, 0};
  // If poll() fails, the write fails too and reports why.
  return ::poll(&polled, 1, static_cast<int>(wait.count())) != 0;
}

Instant LogWriter::write_deadline() const {
  const Instant now = std::chrono::steady_clock::now();
  if (dropped_ > 0) return now;
  if (!end_) return now + kReaderTimeout;
  return std::min(now + kReaderTimeout, std::max(*end_, now + kReaderTimeoutAtEnd));
}

bool LogWriter::write_piece(std::string_view& line) {
  const std::string_view piece = line.substr(0, PIPE_BUF);
  const ssize_t written = kind_ == Kind::kPipe     ? write_to_pipe(descriptor_, piece)
                          : kind_ == Kind::kSocket ? ::send(descriptor_, piece.data(), piece.size(), MSG_DONTWAIT)
                                                   : ::write(descriptor_, piece.data(), piece.size());
  if (written < 0) return errno == EINTR || errno == EAGAIN;
  line.remove_prefix(static_cast<std::size_t>(written));
  return true;
}

void LogWriter::write(std::string_view line) {
  const Instant end = write_deadline();
  const std::string after_cut = cut_ ? "\n" + std::string(line) : std::string();
  if (cut_) line = after_cut;
  const std::size_t whole = line.size();
  while (!line.empty()) {
    if (!has_room(left_until(end, std::chrono::steady_clock::now()))) {
      ++dropped_;
      cut_ = cut_ || line.size() < whole;
      return;
    }
    // The reader has closed its end.
    if (!write_piece(line)) return;
  }
  cut_ = false;
}

std::size_t LogWriter::take_dropped_count() {
  if (dropped_ == 0 || !has_room(Milliseconds{0})) return 0;
  return std::exchange(dropped_, 0);
}

}  // namespace fleet_provision

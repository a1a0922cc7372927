#include "adapters/system/reading_limit.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

namespace fleet_provision {
namespace {

thread_local const ReadingLimit* innermost = nullptr;

constexpr Milliseconds kLongestPoll{60'000};

}  // namespace

ReadingLimit::ReadingLimit(Instant deadline, const Interrupt* interrupt)
    : deadline_(deadline), interrupt_(interrupt), outer_(innermost) {
  innermost = this;
}

ReadingLimit::~ReadingLimit() {
  innermost = outer_;
}

int open_to_read(const std::string& path) {
  // O_NONBLOCK: opening a pipe does not wait for its writer; LimitedReader waits instead, with a limit.
  return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

LimitedReader::LimitedReader(int descriptor) : descriptor_(descriptor) {
  struct stat facts {};
  if (::fstat(descriptor, &facts) == 0) *this = LimitedReader(descriptor, facts);
}

LimitedReader::LimitedReader(int descriptor, const struct stat& facts)
    : descriptor_(descriptor), may_wait_(!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode)) {}

ssize_t LimitedReader::read(char* to, std::size_t size) {
  // Other processes may share stdin, so it stays blocking, and is read only when poll reports data.
  const int flags = may_wait_ ? ::fcntl(descriptor_, F_GETFL) : 0;
  const bool blocks = may_wait_ && (flags < 0 || (flags & O_NONBLOCK) == 0);
  bool ready = !may_wait_ || (seen_any_ && !blocks);
  while (true) {
    if (!ready && !await()) return -1;
    const ssize_t count = ::read(descriptor_, to, size);
    if (count >= 0) {
      seen_any_ = true;
      return count;
    }
    if (errno != EINTR && !(may_wait_ && errno == EAGAIN)) return -1;
    ready = !may_wait_;
  }
}

bool LimitedReader::await() const {
  while (true) {
    const Interrupt* interrupt = innermost != nullptr ? innermost->interrupt() : nullptr;
    if (interrupt != nullptr && interrupt->raised()) {
      errno = ECANCELED;
      return false;
    }
    Milliseconds left = kLongestPoll;
    if (innermost != nullptr)
      left = std::min(left, left_until(innermost->deadline(), std::chrono::steady_clock::now()));
    if (left == Milliseconds{0}) {
      errno = ETIMEDOUT;
      return false;
    }
    std::array<pollfd, 2> waited{pollfd{descriptor_, POLLIN, 0},
                                 pollfd{interrupt != nullptr ? interrupt->descriptor() : -1, POLLIN, 0}};
    const int ready = ::poll(waited.data(), waited.size(), static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0 && waited[0].revents != 0 && waited[1].revents == 0) return true;
  }
}

std::optional<Error> reading_stopped(int number, const std::string& name) {
  if (number == ECANCELED && innermost != nullptr && innermost->interrupt() != nullptr) {
    if (auto goes_on = innermost->interrupt()->check(); !goes_on) return std::move(goes_on).error();
  }
  if (number != ETIMEDOUT) return std::nullopt;
  return fail(ErrorKind::kFileUnreadable, "cannot read " + name + ": it did not end within the time limit (--timeout)",
              "name a regular file, or have the program that writes to it end in time")
      .value();
}

}  // namespace fleet_provision

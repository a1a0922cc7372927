#include "adapters/system/system_clock.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string_view>

#include "adapters/system/named_file.hpp"

namespace fleet_provision {

Instant SystemClock::now() {
  return std::chrono::steady_clock::now();
}

WallTime SystemClock::wall_now() {
  return std::chrono::system_clock::now();
}

std::chrono::seconds SystemClock::since_boot() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds{time.tv_sec};
}

std::string SystemClock::boot_id() {
  if (!boot_id_.empty()) return boot_id_;
  const auto file = read_named_file("/proc/sys/kernel/random/boot_id", "boot id", ErrorKind::kInternal, 4096);
  if (!file) return {};
  const std::string_view text = file->reveal();
  boot_id_ = text.substr(0, text.find('\n'));
  return boot_id_;
}

Result<void> SystemClock::sleep_until(Instant instant) {
  using namespace std::chrono;
  while (true) {
    FP_TRY(interrupt_.check());
    const Instant begin = now();
    if (instant <= begin) return {};
    // Sleeps in slices, since a distant instant does not fit the timespec of every kernel.
    const auto slice = std::min<nanoseconds>(instant - begin, hours{1});
    const auto whole = duration_cast<seconds>(slice);
    timespec timeout{};
    timeout.tv_sec = static_cast<std::time_t>(whole.count());
    timeout.tv_nsec = static_cast<long>((slice - whole).count());
    pollfd wish{interrupt_.descriptor(), POLLIN, 0};
    if (::ppoll(&wish, 1, &timeout, nullptr) < 0 && errno != EINTR) {
      return fail(ErrorKind::kInternal, "cannot wait: poll failed");
    }
  }
}

}  // namespace fleet_provision

#include "adapters/system/interrupt.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

namespace fleet_provision {

Interrupt::Interrupt() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Interrupt::~Interrupt() {
  ::close(descriptor_);
}

void Interrupt::raise(ErrorKind kind) noexcept {
  int none = -1;
  if (!raised_.compare_exchange_strong(none, static_cast<int>(kind))) return;
  const int saved_errno = errno;
  const std::uint64_t one = 1;
  // This write fails only if the counter is full, and then the descriptor is readable already.
  [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
  errno = saved_errno;
}

void Interrupt::raise_hang_up() noexcept {
  if (raised_.load() < 0) hang_up_.store(true);
  raise(ErrorKind::kTerminated);
}

std::optional<ErrorKind> Interrupt::raised() const noexcept {
  const int kind = raised_.load();
  if (kind < 0) return std::nullopt;
  return static_cast<ErrorKind>(kind);
}

Result<void> Interrupt::check() const {
  const auto kind = raised();
  if (!kind) return {};
  const char* const signal = *kind != ErrorKind::kTerminated ? "SIGINT" : hang_up_.load() ? "SIGHUP" : "SIGTERM";
  return fail(*kind, std::string("stopped by ") + signal, "rerun the same command to resume");
}

}  // namespace fleet_provision

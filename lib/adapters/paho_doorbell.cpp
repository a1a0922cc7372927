#include "adapters/paho_doorbell.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/descriptor.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kReceiveThread = "MQTTAsync_rcv";
constexpr std::array<char, 2> kPingresp{'\xd0', '\x00'};
constexpr timespec kHalfMillisecond{0, 500'000};
constexpr std::chrono::seconds kPatience{1};

extern "C" void do_nothing(int /*signal*/) {}

/// The signal to ring with: the highest real-time one that has no handler yet. Chosen once.
std::optional<int> bell() {
  static const std::optional<int> chosen = []() -> std::optional<int> {
    for (int each = SIGRTMAX; each >= SIGRTMIN; --each) {
      struct sigaction present {};
      if (::sigaction(each, nullptr, &present) != 0 || present.sa_handler != SIG_DFL) continue;
      struct sigaction empty {};
      empty.sa_handler = do_nothing;  // no SA_RESTART: the call it interrupts is to end
      if (::sigaction(each, &empty, nullptr) == 0) return each;
    }
    return std::nullopt;
  }();
  return chosen;
}

std::string name_of_thread(const char* task) {
  const std::string path = "/proc/self/task/" + std::string(task) + "/comm";
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char name[32];
  const ssize_t size = file ? ::read(file.get(), name, sizeof name) : 0;
  if (size <= 1) return {};
  return {name, static_cast<std::size_t>(size - 1)};
}

/// Thread id of Paho's receive thread, 0 while there is none.
pid_t receive_thread() {
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir("/proc/self/task"), ::closedir);
  if (!tasks) return 0;
  while (const dirent* task = ::readdir(tasks.get())) {
    if (task->d_name[0] != '.' && name_of_thread(task->d_name) == kReceiveThread) return std::atoi(task->d_name);
  }
  return 0;
}

void ring_once(int signal) {
  if (const pid_t thread = receive_thread(); thread > 0) ::syscall(SYS_tgkill, ::getpid(), thread, signal);
}

}  // namespace

Result<void> ring_paho(int accepted, const Wait& wait) {
  // Two bytes into an empty socket buffer: this cannot block, and if it fails the connection is gone anyway.
  if (::send(accepted, kPingresp.data(), kPingresp.size(), MSG_NOSIGNAL) < 0) return {};
  const std::optional<int> signal = bell();
  const Instant end = std::chrono::steady_clock::now() + kPatience;
  while (signal && std::chrono::steady_clock::now() < end) {
    ring_once(*signal);
    pollfd polled[] = {
        {accepted, POLLIN, 0}, {wait.interrupt_descriptor(), POLLIN, 0}, {wait.stop_descriptor(), POLLIN, 0}};
    const int ready = ::ppoll(polled, std::size(polled), &kHalfMillisecond, nullptr);
    if (ready > 0 && polled[0].revents != 0) return {};
    if (ready > 0) FP_TRY(wait.check());
  }
  return {};
}

}  // namespace fleet_provision

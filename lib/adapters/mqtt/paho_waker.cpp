#include "adapters/mqtt/paho_waker.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/system/descriptor.hpp"

namespace fleet_provision {
namespace {

constexpr std::string_view kReceiveThread = "MQTTAsync_rcv";
constexpr std::array<char, 2> kPingresp{'\xd0', '\x00'};
constexpr std::chrono::seconds kPatienceForConnect{1};

extern "C" void do_nothing(int /*signal*/) {}

/// The signal to wake with: the highest real-time one that has no handler yet. Chosen once.
std::optional<int> wake_signal() {
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

std::string name_of_thread(pid_t id) {
  const std::string path = "/proc/self/task/" + std::to_string(id) + "/comm";
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char name[32];
  const ssize_t size = file ? ::read(file.get(), name, sizeof name) : 0;
  if (size <= 1) return {};
  return {name, static_cast<std::size_t>(size - 1)};
}

/// The youngest threads are tried first: Paho starts its own when the program's are there.
pid_t find_receive_thread() {
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir("/proc/self/task"), ::closedir);
  if (!tasks) return 0;
  std::vector<pid_t> ids;
  while (const dirent* task = ::readdir(tasks.get())) {
    const std::string_view name = task->d_name;
    pid_t id = 0;  // and so it stays for "." and ".."
    std::from_chars(name.data(), name.data() + name.size(), id);
    if (id != 0) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end(), std::greater<>());
  const auto found =
      std::find_if(ids.begin(), ids.end(), [](pid_t id) { return name_of_thread(id) == kReceiveThread; });
  return found == ids.end() ? 0 : *found;
}

}  // namespace

bool PahoWaker::has_unread() const {
  int unread = 0;
  return library_socket_ >= 0 && ::ioctl(library_socket_, FIONREAD, &unread) == 0 && unread > 0;
}

void PahoWaker::wake() {
  const std::optional<int> signal = wake_signal();
  if (receive_thread_ == 0) receive_thread_ = find_receive_thread();
  if (!signal || receive_thread_ == 0) return;
  if (::syscall(SYS_tgkill, ::getpid(), receive_thread_, *signal) != 0) receive_thread_ = 0;
}

Result<void> PahoWaker::wake_for_connect(int ours, const Wait& wait) {
  // Two bytes into an empty socket buffer: this cannot block, and if it fails, the connection has ended anyway.
  if (::send(ours, kPingresp.data(), kPingresp.size(), MSG_NOSIGNAL) < 0) return {};
  const Instant end = std::chrono::steady_clock::now() + kPatienceForConnect;
  while (has_unread() && std::chrono::steady_clock::now() < end) {
    wake();
    pollfd polled[] = {{wait.interrupt_descriptor(), POLLIN, 0}, {wait.stop_descriptor(), POLLIN, 0}};
    if (::ppoll(polled, std::size(polled), &kPatience, nullptr) > 0) FP_TRY(wait.check());
  }
  return {};
}

}  // namespace fleet_provision

#include "process/process_setup.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "adapters/system/disk_error.hpp"
#include "adapters/system/resources.hpp"
#include "adapters/system/standard_descriptors.hpp"

namespace fleet_provision {
namespace {

std::atomic<Interrupt*> interrupted{nullptr};
std::atomic<int> code_at_alarm{0};
std::atomic<bool> second_interrupt_ends{false};
std::atomic<bool> erases_line_at_end{false};
/// In milliseconds of steady time; 0 before the first signal.
std::atomic<std::int64_t> first_signal_at{0};
constexpr std::int64_t kSecondSignalAfter = 500;
static_assert(std::atomic<Interrupt*>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void on_stop_signal(int signal) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t milliseconds = static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
  std::int64_t first = 0;
  const bool is_first = first_signal_at.compare_exchange_strong(first, milliseconds);
  if (!is_first && signal == SIGINT && second_interrupt_ends && milliseconds - first >= kSecondSignalAfter) {
    constexpr std::string_view kErase = "\r\x1b[K";
    if (erases_line_at_end) static_cast<void>(!::write(STDERR_FILENO, kErase.data(), kErase.size()));
    ::_exit(static_cast<int>(ExitCode::kInterrupted));
  }
  Interrupt* interrupt = interrupted.load();
  if (interrupt == nullptr) return;
  if (signal == SIGHUP) return interrupt->raise_hang_up();
  interrupt->raise(signal == SIGINT ? ErrorKind::kInterrupted : ErrorKind::kTerminated);
}

extern "C" void on_alarm(int /*signal*/) {
  ::_exit(code_at_alarm.load());
}

void handle(int signal, void (*function)(int)) {
  struct sigaction action {};
  action.sa_handler = function;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

Result<void> prepare_process() {
  if (!open_standard_descriptors()) {
    const int number = errno;
    Error error = out_of_resources(number, "cannot open /dev/null").value_or(Error{});
    if (error.message.empty()) {
      error.message = "stdin, stdout or stderr is closed, and /dev/null cannot be opened instead: " + words(number);
      error.hint = "create it with `mknod -m 666 /dev/null c 1 3`, then rerun";
      error.kind = ErrorKind::kFileNotFound;
    }
    return fail(std::move(error));
  }
  handle(SIGPIPE, SIG_IGN);
  // A limit on file sizes then fails the write (EFBIG), as a full disk does.
  handle(SIGXFSZ, SIG_IGN);
  // The parent may ignore it, and then waitpid() cannot report how a child ended.
  handle(SIGCHLD, SIG_DFL);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
  // A batch starts this program as /proc/self/exe, and lists of processes would show the name `exe`.
  ::prctl(PR_SET_NAME, "fleet-provision");
  return {};
}

Environment take_environment() {
  Environment environment;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const char* equals = std::strchr(*each, '=');
    if (equals == nullptr) continue;
    environment.emplace(std::string(*each, static_cast<std::size_t>(equals - *each)), equals + 1);
  }
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}) {
    ::unsetenv(name);
  }
  for (const auto& [name, value] : environment) {
    if (name.starts_with("MQTT_C_CLIENT_TRACE")) ::unsetenv(name.c_str());
  }
  // tpm2-tss otherwise writes to stderr (TpmSession). Here no other thread can be reading the environment yet.
  ::setenv("TSS2_LOG", "all+NONE", 0);
  return environment;
}

void deliver_signals_to(Interrupt& interrupt) {
  interrupted = &interrupt;
  handle(SIGINT, on_stop_signal);
  handle(SIGTERM, on_stop_signal);
}

void deliver_hang_up() {
  struct sigaction present {};
  const bool ignored = ::sigaction(SIGHUP, nullptr, &present) == 0 && present.sa_handler == SIG_IGN;
  if (!ignored) handle(SIGHUP, on_stop_signal);
}

void end_on_second_interrupt(bool live_line) {
  erases_line_at_end = live_line;
  second_interrupt_ends = true;
}

void end_process_after(std::chrono::milliseconds delay, int code) {
  code_at_alarm = code;
  handle(SIGALRM, on_alarm);
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(delay.count() / 1000);
  timer.it_value.tv_usec = static_cast<suseconds_t>(delay.count() % 1000 * 1000);
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace fleet_provision

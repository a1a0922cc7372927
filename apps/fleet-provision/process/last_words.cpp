#include "process/last_words.hpp"

#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "adapters/system/resources.hpp"
#include "process/process.hpp"

namespace fleet_provision {
namespace {

constexpr int kCode = static_cast<int>(ExitCode::kTemporaryFailure);
/// What telling the result takes, generously; it is never touched before.
constexpr std::size_t kReserveBytes = 1024 * 1024;
/// For threads, ours and those of libraries: enough for TLS and for plugins of the resolver, whatever RLIMIT_STACK is.
constexpr std::size_t kStackBytes = 1024 * 1024;
/// Of main: it must not grow later, when nothing may be left for it.
constexpr std::size_t kMainStackBytes = 256 * 1024;
constexpr std::chrono::milliseconds kPatience{2'000};

// All of this is used before and after constructors run.
constinit std::atomic<void*> reserve{nullptr};
constinit std::atomic<int> teller{0};
constinit std::atomic<const TellEnd*> innermost{nullptr};
constinit int argument_count = 0;
constinit char** arguments = nullptr;
constinit char** variables = nullptr;

int this_thread() {
  return static_cast<int>(::syscall(SYS_gettid));
}

void put(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool json_is_wanted() {
  for (int i = 1; i < argument_count && std::strcmp(arguments[i], "--") != 0; ++i) {
    if (std::strcmp(arguments[i], "--json") == 0) return true;
  }
  for (char** each = variables; each != nullptr && *each != nullptr; ++each) {
    for (const char* yes : {"true", "1", "yes", "on"}) {
      constexpr std::string_view kName = "FLEET_PROVISION_JSON=";
      if (std::strncmp(*each, kName.data(), kName.size()) == 0 && std::strcmp(*each + kName.size(), yes) == 0) {
        return true;
      }
    }
  }
  return false;
}

/// The whole result by what is on the stack alone: where nothing was set aside yet, or it was not enough.
[[noreturn]] void end_with(const char* message, const char* hint) {
  char text[1024];
  std::snprintf(text, sizeof text, "fleet-provision: error: %s\nhint: %s\n", message, hint);
  put(STDERR_FILENO, text);
  if (json_is_wanted()) {
    std::snprintf(
        text, sizeof text,
        R"({"schema": 1, "outcome": "failed", "thingName": null, "certificateId": null, "templateName": null, )"
        R"("endpoint": null, "port": null, "method": null, "payloadFormat": null, "mqttVersion": null, )"
        R"("tlsVersion": null, "deviceConfiguration": null, "files": {"certificate": null, )"
        R"("privateKey": null, "thingName": null, "identity": null}, "attempts": 0, )"
        R"("certificatesRequested": 0, "resumed": false, "warnings": [], "timeline": [], )"
        R"("error": {"phase": null, "kind": "out-of-resources", "message": "%s", "hint": "%s", )"
        R"("retryable": true, "exitCode": %d, "statusCode": null, "errorCode": null, "errorMessage": null}})"
        "\n",
        message, hint, kCode);
    put(STDOUT_FILENO, text);
  }
  ::_exit(kCode);
}

[[noreturn]] void end_without_memory() {
  rlimit space{};
  rlimit data{};
  ::getrlimit(RLIMIT_AS, &space);
  ::getrlimit(RLIMIT_DATA, &data);
  char message[128] = "out of memory: the system has no memory left";
  const bool of_space = space.rlim_cur != RLIM_INFINITY;
  if (of_space || data.rlim_cur != RLIM_INFINITY) {
    std::snprintf(message, sizeof message, "out of memory: limit of %s is %llu KiB",
                  of_space ? "address space (RLIMIT_AS)" : "data (RLIMIT_DATA)",
                  static_cast<unsigned long long>(of_space ? space.rlim_cur : data.rlim_cur) / 1024);
  }
  end_with(message, "give the program more memory (ulimit -v or -d, LimitAS= or LimitDATA= of a unit) and rerun");
}

void give_reserve_back() {
  void* bytes = reserve.exchange(nullptr);
  if (bytes != nullptr) ::munmap(bytes, kReserveBytes);
}

extern "C" void on_no_stack(int /*signal*/) {
  rlimit stack{};
  ::getrlimit(RLIMIT_STACK, &stack);
  if (stack.rlim_cur >= kMainStackBytes * 2) end_without_memory();
  char message[128];
  std::snprintf(message, sizeof message, "out of stack: limit of the stack (RLIMIT_STACK) is %llu KiB",
                static_cast<unsigned long long>(stack.rlim_cur) / 1024);
  end_with(message, "raise the limit of the stack (ulimit -s, LimitSTACK= of a unit) and rerun");
}

/// The kernel extends a stack when it is touched, and kills where it cannot.
void extend_stack() {
  rlimit limits{};
  if (::getrlimit(RLIMIT_STACK, &limits) == 0 && limits.rlim_cur < kMainStackBytes * 4) {
    limits.rlim_cur = std::min<rlim_t>(limits.rlim_max, kMainStackBytes * 4);
    ::setrlimit(RLIMIT_STACK, &limits);
  }
  alignas(16) static char other[16 * 1024];
  const stack_t own{other, 0, sizeof other};
  stack_t before{};
  struct sigaction action {};
  struct sigaction action_before {};
  action.sa_handler = on_no_stack;
  action.sa_flags = SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  ::sigaltstack(&own, &before);
  ::sigaction(SIGSEGV, &action, &action_before);
  static_cast<volatile char*>(__builtin_frame_address(0))[-static_cast<std::ptrdiff_t>(kMainStackBytes)] = 0;
  ::sigaction(SIGSEGV, &action_before, nullptr);
  ::sigaltstack(&before, nullptr);
}

[[noreturn]] void tell_and_end(Error (*lack)()) {
  end_process_after(kPatience, kCode);
  const TellEnd* tell = innermost.load();
  if (tell == nullptr) end_without_memory();
  try {
    ::_exit((*tell)(lack()));
  } catch (...) {
    // A thread of a C library knows no exceptions.
    end_without_memory();
  }
}

}  // namespace

void prepare_last_words(int argc, char** argv, char** environment) {
  argument_count = argc;
  arguments = argv;
  variables = environment;
  extend_stack();
  void* bytes = ::mmap(nullptr, kReserveBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED) end_without_memory();
  reserve = bytes;
#ifdef __GLIBC__
  // Each further arena takes 64 MiB of address space, and none of these threads allocates much.
  ::mallopt(M_ARENA_MAX, 1);
#endif
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return;
  ::pthread_attr_setstacksize(&attributes, kStackBytes);
#ifdef __GLIBC__
  ::pthread_setattr_default_np(&attributes);
#endif
  ::pthread_attr_destroy(&attributes);
}

bool take_last_word() {
  int nobody = 0;
  return teller.compare_exchange_strong(nobody, this_thread());
}

LastWords::LastWords(TellEnd tell) : tell_(std::move(tell)), before_(innermost.exchange(&tell_)) {}

LastWords::~LastWords() {
  innermost = before_;
}

void end_for_lack(Error (*lack)(), Retry retry, void* request) {
  give_reserve_back();
  if (take_last_word()) tell_and_end(lack);
  // The result is being told: what was given back may be enough for that.
  while (!retry(request)) {
    if (teller == this_thread()) end_without_memory();
    ::poll(nullptr, 0, 1);
  }
}

}  // namespace fleet_provision

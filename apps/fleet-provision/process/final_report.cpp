#include "process/final_report.hpp"

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
#include "process/process_setup.hpp"

namespace fleet_provision {
namespace {

constexpr int kCode = static_cast<int>(ExitCode::kTemporaryFailure);
/// More than writing the result needs; not touched before that.
constexpr std::size_t kReserveBytes = 1024 * 1024;
/// For threads, ours and those of libraries: enough for TLS and for plugins of the resolver, whatever RLIMIT_STACK is.
constexpr std::size_t kStackBytes = 1024 * 1024;
/// Of the main thread: it must not have to grow when memory has run out.
constexpr std::size_t kMainStackBytes = 256 * 1024;
constexpr std::chrono::milliseconds kReportTimeout{2'000};

// All of this is used before and after constructors run.
constinit std::atomic<void*> reserved_space{nullptr};
constinit std::atomic<int> reporting_thread{0};
constinit std::atomic<const ReportEnd*> innermost_reporter{nullptr};
constinit int argument_count = 0;
constinit char** arguments = nullptr;
constinit char** variables = nullptr;

int this_thread() {
  return static_cast<int>(::syscall(SYS_gettid));
}

void write_to(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool json_is_requested() {
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

/// Writes the whole result from the stack alone, for when nothing is reserved yet or it was not enough.
[[noreturn]] void end_with(const char* message, const char* hint) {
  char text[1024];
  std::snprintf(text, sizeof text, "fleet-provision: error: %s\nhint: %s\n", message, hint);
  write_to(STDERR_FILENO, text);
  if (json_is_requested()) {
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
    write_to(STDOUT_FILENO, text);
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

void release_reserved_space() {
  void* bytes = reserved_space.exchange(nullptr);
  if (bytes != nullptr) ::munmap(bytes, kReserveBytes);
}

extern "C" void on_stack_overflow(int /*signal*/) {
  rlimit stack{};
  ::getrlimit(RLIMIT_STACK, &stack);
  if (stack.rlim_cur >= kMainStackBytes * 2) end_without_memory();
  char message[128];
  std::snprintf(message, sizeof message, "out of stack: limit of the stack (RLIMIT_STACK) is %llu KiB",
                static_cast<unsigned long long>(stack.rlim_cur) / 1024);
  end_with(message, "raise the limit of the stack (ulimit -s, LimitSTACK= of a unit) and rerun");
}

#if defined(__GNUC__) && !defined(__clang__)
// The protection would write to each page on the way, so that the kernel had to provide 64 pages that are never used.
#define FP_TOUCHES_ONE_PAGE gnu::optimize("no-stack-clash-protection")
#else
#define FP_TOUCHES_ONE_PAGE
#endif

/// Uses kMainStackBytes of the stack. The stack pointer moves as far, because valgrind takes an access far below it for
/// a fault.
[[gnu::noinline, FP_TOUCHES_ONE_PAGE]] void touch_stack() {
  [[maybe_unused]] volatile char bytes[kMainStackBytes];
  bytes[0] = 0;
}

/// Touches the stack, since the kernel extends it only then, and kills the process where it cannot.
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
  action.sa_handler = on_stack_overflow;
  action.sa_flags = SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  ::sigaltstack(&own, &before);
  ::sigaction(SIGSEGV, &action, &action_before);
  touch_stack();
  ::sigaction(SIGSEGV, &action_before, nullptr);
  ::sigaltstack(&before, nullptr);
}

[[noreturn]] void report_and_end(Error (*lack)()) {
  end_process_after(kReportTimeout, kCode);
  const ReportEnd* report_end = innermost_reporter.load();
  if (report_end == nullptr) end_without_memory();
  try {
    ::_exit((*report_end)(lack()));
  } catch (...) {
    // The exception must not leave through a thread of a C library.
    end_without_memory();
  }
}

}  // namespace

void prepare_final_report(int argc, char** argv, char** environment) {
  argument_count = argc;
  arguments = argv;
  variables = environment;
  extend_stack();
  void* bytes = ::mmap(nullptr, kReserveBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED) end_without_memory();
  reserved_space = bytes;
#ifdef __GLIBC__
  // Each further arena takes 64 MiB of address space, and no thread here allocates much.
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

bool claim_final_report() {
  int none = 0;
  return reporting_thread.compare_exchange_strong(none, this_thread());
}

FinalReporter::FinalReporter(ReportEnd report_end)
    : report_end_(std::move(report_end)), outer_(innermost_reporter.exchange(&report_end_)) {}

FinalReporter::~FinalReporter() {
  innermost_reporter = outer_;
}

void end_out_of_resources(Error (*lack)(), Retry retry, void* request) {
  release_reserved_space();
  if (claim_final_report()) report_and_end(lack);
  // Another thread is writing the result: the released space may be enough for that.
  while (!retry(request)) {
    if (reporting_thread == this_thread()) end_without_memory();
    ::poll(nullptr, 0, 1);
  }
}

}  // namespace fleet_provision

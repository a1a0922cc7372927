#include "adapters/system/resources.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <fstream>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

#include "adapters/system/descriptor.hpp"

namespace fleet_provision {
namespace {

/// More than a thread's stack and its guard need, since another thread may release memory at the same time.
constexpr std::size_t kStackBytes = 2 * 1024 * 1024;

constexpr std::string_view kMoreFiles = "raise the limit of open files (ulimit -n, LimitNOFILE= of a unit) and rerun";
constexpr std::string_view kFewerFiles = "end other programs or raise fs.file-max, then rerun";
constexpr std::string_view kMoreSpace = "raise the limit of memory (ulimit -v, LimitAS= of a unit) and rerun";
constexpr std::string_view kMoreData = "raise the limit of memory (ulimit -d, LimitDATA= of a unit) and rerun";
constexpr std::string_view kMoreMemory = "end other programs or add memory, then rerun";
constexpr std::string_view kMoreProcesses =
    "raise the limit of processes (ulimit -u, LimitNPROC= of a unit) or end other programs of this user, then rerun";
constexpr std::string_view kMoreTasks = "raise the limit of tasks (TasksMax= of a unit, pids.max), then rerun";

std::optional<rlim_t> limit(decltype(RLIMIT_AS) resource) {
  rlimit limits{};
  if (::getrlimit(resource, &limits) != 0 || limits.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return limits.rlim_cur;
}

std::string kibibytes(rlim_t bytes) {
  return std::to_string(bytes / 1024) + " KiB";
}

Error lack(std::string message, std::string_view hint) {
  return {ErrorKind::kOutOfResources, std::nullopt, std::move(message), std::string(hint), std::nullopt, std::nullopt};
}

std::optional<unsigned long> number_in(const std::string& path) {
  std::ifstream file(path);
  unsigned long number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

/// Whether a control group of this process has reached its limit of tasks: `9:pids:/a/b` (version 1) or `0::/a/b`
/// (version 2) stands in /proc/self/cgroup.
bool group_is_full() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t path_at = line.find('/');
    if (path_at == std::string::npos) continue;
    const bool first_version = line.find(":pids:") < path_at;
    if (!first_version && !line.starts_with("0::")) continue;
    const std::string root = first_version ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup";
    std::string path = line.substr(path_at);
    // The limit of each parent group counts too.
    for (; !path.empty(); path.resize(path.rfind('/'))) {
      const auto most = number_in(root + path + "/pids.max");
      const auto present = number_in(root + path + "/pids.current");
      if (most && present && *present >= *most) return true;
    }
  }
  return false;
}

/// Whether `count` of the lowest 128 descriptors are free, by one call; false if the limit is lower. poll marks a
/// descriptor that is not open with POLLNVAL, and fails if it is given more of them than RLIMIT_NOFILE allows.
bool are_surely_free(std::size_t count) {
  std::array<pollfd, 128> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = {static_cast<int>(i), 0, 0};
  if (::poll(all.data(), all.size(), 0) < 0) return false;
  const auto is_free = [](const pollfd& each) { return (each.revents & POLLNVAL) != 0; };
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), is_free)) >= count;
}

Error unexpected(std::string_view failed, const char* what) {
  Error error;
  error.message = std::string(failed) + ": " + what;
  return error;
}

}  // namespace

bool room_for_stack() {
  void* stack = ::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) return false;
  ::munmap(stack, kStackBytes);
  return true;
}

std::string limit_words(int number) {
  if (number == EMFILE)
    return "too many open files (RLIMIT_NOFILE " + std::to_string(limit(RLIMIT_NOFILE).value_or(0)) + ")";
  if (number == ENFILE) return "too many open files in the whole system (fs.file-max)";
  if (number != ENOMEM) return {};
  if (const auto space = limit(RLIMIT_AS)) return "limit of address space (RLIMIT_AS) is " + kibibytes(*space);
  if (const auto data = limit(RLIMIT_DATA)) return "limit of data (RLIMIT_DATA) is " + kibibytes(*data);
  return "the system has no memory left";
}

std::string_view limit_hint(int number) {
  if (number == EMFILE) return kMoreFiles;
  if (number == ENFILE) return kFewerFiles;
  if (number != ENOMEM) return {};
  return limit(RLIMIT_AS) ? kMoreSpace : limit(RLIMIT_DATA) ? kMoreData : kMoreMemory;
}

std::optional<Error> out_of_resources(int number, const std::string& failed) {
  const std::string words = limit_words(number);
  if (words.empty()) return std::nullopt;
  return lack(failed + ": " + (number == ENOMEM ? "out of memory: " : "") + words, limit_hint(number));
}

Error out_of_memory() {
  return lack("out of memory: " + limit_words(ENOMEM), limit_hint(ENOMEM));
}

Error out_of_processes(const std::string& failed) {
  if (!room_for_stack()) return *out_of_resources(ENOMEM, failed);
  // RLIMIT_NPROC does not apply to root; the limit is then that of the control group or of the kernel.
  const bool unlimited = ::geteuid() == 0 || !limit(RLIMIT_NPROC);
  if (unlimited || group_is_full()) return lack(failed + ": limit of tasks (pids.max) reached", kMoreTasks);
  return lack(failed + ": limit of processes (RLIMIT_NPROC) reached", kMoreProcesses);
}

Result<std::thread> start_thread(std::function<void()> work) {
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error&) {
    return fail(out_of_processes("cannot start a thread"));
  }
}

Result<void> need_descriptors(unsigned count) {
  std::vector<Descriptor> opened;
  opened.reserve(count);
  while (opened.size() < count) {
    // eventfd opens the first descriptor, which the others duplicate.
    Descriptor next(opened.empty() ? ::eventfd(0, EFD_CLOEXEC) : ::fcntl(opened.front().get(), F_DUPFD_CLOEXEC, 0));
    if (!next) {
      const int number = errno;
      const std::string failed = "cannot open " + std::to_string(count) + " more files";
      if (auto error = out_of_resources(number, failed)) return fail(std::move(*error));
      return fail(ErrorKind::kInternal, failed + ": " + std::generic_category().message(number));
    }
    opened.push_back(std::move(next));
    // Only the first one counts against the limit of the whole system (fs.file-max).
    if (opened.size() == 1 && are_surely_free(count - 1)) break;
  }
  return {};
}

Error error_of_exception(std::string_view failed) noexcept {
  try {
    try {
      throw;
    } catch (const std::bad_alloc&) {
      return out_of_memory();
    } catch (const std::system_error& error) {
      const int number = error.code().value();
      if (number == EAGAIN) return out_of_processes("cannot start a thread");
      if (auto lack = out_of_resources(number, "cannot open another file")) return std::move(*lack);
      return unexpected(failed, error.what());
    } catch (const std::exception& error) {
      return unexpected(failed, error.what());
    }
  } catch (...) {
    // No memory is left for the text; this message is short enough to need no allocation.
    Error error;
    error.kind = ErrorKind::kOutOfResources;
    error.message = "out of memory";
    return error;
  }
}

}  // namespace fleet_provision

#include "adapters/system/posix_host_system.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>

#include "adapters/system/descriptor.hpp"
#include "adapters/system/disk_error.hpp"
#include "adapters/system/resources.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

/// The interval between two checks whether the program has ended, and the time between SIGTERM and SIGKILL.
constexpr int kLookMs = 10;
constexpr Milliseconds kGrace{300};
/// An upper bound for the bytes that a run writes.
constexpr std::uint64_t kRunBytesMax = 64 * 1024;

tl::unexpected<Error> program_failed(const std::string& file, const std::string& what, std::string hint) {
  return fail(ErrorKind::kOnSuccessFailed, "the program " + printable(file) + " " + what, std::move(hint));
}

/// The program's stdin.
constexpr const char* kNothing = "/dev/null";
constexpr const char* kAgain = "the identity is installed; fix the program and rerun";

/// File actions and attributes of posix_spawn.
class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_init(&actions_);
    sigset_t none;
    ::sigemptyset(&none);
    sigset_t all;
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, kNothing, O_RDONLY, 0);
    // The stdout of this process carries the result and nothing else.
    ::posix_spawn_file_actions_adddup2(&actions_, STDERR_FILENO, STDOUT_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  [[nodiscard]] const posix_spawnattr_t& attributes() const { return attributes_; }
  [[nodiscard]] const posix_spawn_file_actions_t& actions() const { return actions_; }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& each : texts) result.push_back(each.data());
  result.push_back(nullptr);
  return result;
}

std::string why_not_run(const std::string& file, int failure) {
  if (failure == ENOEXEC) return "it is neither an executable nor a script that begins with a line such as #!/bin/sh";
  if (failure == ENOENT && ::access(file.c_str(), F_OK) == 0) {
    return "the interpreter that its first line names does not exist";
  }
  return words(failure);
}

/// The wait status once the process has ended; nothing before.
std::optional<int> ended(int process) {
  int status = 0;
  const pid_t who = ::waitpid(process, &status, WNOHANG);
  if (who == process) return status;
  return who < 0 && errno != EINTR ? std::optional<int>(-1) : std::nullopt;
}

void end_group(int process) {
  ::kill(-process, SIGTERM);
  const Instant end = std::chrono::steady_clock::now() + kGrace;
  while (!ended(process)) {
    if (std::chrono::steady_clock::now() >= end) {
      ::kill(-process, SIGKILL);
      while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
      }
      return;
    }
    ::poll(nullptr, 0, kLookMs);
  }
}

Result<void> stdin_is_there(const std::string& program) {
  if (::access(kNothing, R_OK) == 0) return {};
  return program_failed(program, "cannot be run: " + std::string(kNothing) + ", its stdin: " + words(errno),
                        "create it with `mknod -m 666 /dev/null c 1 3`, then rerun");
}

}  // namespace

Result<void> PosixHostSystem::run(const ProgramCall& call) {
  std::vector<std::string> environment = environment_;
  for (const auto& [name, value] : call.variables) {
    std::erase_if(environment, [&start = name](const std::string& each) { return each.starts_with(start + "="); });
    environment.emplace_back(name).append("=").append(value);
  }
  std::vector<std::string> arguments{call.file};
  FP_TRY(stdin_is_there(call.file));
  const SpawnSettings settings;
  pid_t process = 0;
  const int failure = ::posix_spawn(&process, call.file.c_str(), &settings.actions(), &settings.attributes(),
                                    pointers(arguments).data(), pointers(environment).data());
  if (failure == EAGAIN) return fail(out_of_processes("the program " + printable(call.file) + " cannot be started"));
  if (failure != 0) {
    if (auto lack = out_of_resources(failure, "the program " + printable(call.file) + " cannot be started")) {
      return fail(std::move(*lack));
    }
    return program_failed(call.file, "cannot be run: " + why_not_run(call.file, failure),
                          "give --on-success an executable file and rerun; the identity is installed");
  }
  return await(process, call);
}

Result<void> PosixHostSystem::await(int process, const ProgramCall& call) {
  while (true) {
    if (const auto status = ended(process)) {
      if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return {};
      if (WIFEXITED(*status)) {
        return program_failed(call.file, "ended with exit code " + std::to_string(WEXITSTATUS(*status)), kAgain);
      }
      return program_failed(call.file, "was ended by signal " + std::to_string(WTERMSIG(*status)), kAgain);
    }
    if (interrupt_.raised()) {
      end_group(process);
      return interrupt_.check();
    }
    if (std::chrono::steady_clock::now() >= call.deadline) {
      end_group(process);
      return program_failed(call.file, "did not end in time", "raise --timeout and rerun");
    }
    pollfd interrupted{interrupt_.descriptor(), POLLIN, 0};
    ::poll(&interrupted, 1, kLookMs);
  }
}

std::optional<unsigned> PosixHostSystem::mode_of(const std::string& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0) return std::nullopt;
  return facts.st_mode & 07777U;
}

Result<void> PosixHostSystem::may_run(const std::string& file) {
  struct stat facts {};
  int failure = ::stat(file.c_str(), &facts) == 0 ? 0 : errno;
  if (failure == 0 && S_ISDIR(facts.st_mode)) failure = EISDIR;
  if (failure == 0 && ::faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) != 0) failure = errno;
  if (failure == 0) return stdin_is_there(file);
  return program_failed(file, "cannot be run: " + words(failure), "give --on-success an executable file");
}

Result<void> PosixHostSystem::may_create_in(const std::string& directory) {
  constexpr const char* kDoing = "create files in";
  std::string there = absolute(directory);
  struct stat facts {};
  while (::stat(there.c_str(), &facts) != 0) {
    if (errno != ENOENT || there == "/") return disk_error(errno, kDoing, directory);
    there = std::filesystem::path(there).parent_path().string();
  }
  if (!S_ISDIR(facts.st_mode)) return disk_error(ENOTDIR, kDoing, directory);
  if (::faccessat(AT_FDCWD, there.c_str(), W_OK | X_OK, AT_EACCESS) != 0) return disk_error(errno, kDoing, directory);
  struct statvfs space {};
  if (::statvfs(there.c_str(), &space) != 0) return {};
  // Virtual file systems of the kernel report a size and a number of inodes of 0.
  const bool no_inode = space.f_files > 0 && space.f_favail == 0;
  const bool no_space = space.f_blocks > 0 && space.f_bavail * space.f_frsize < kRunBytesMax;
  if (no_inode || no_space) return disk_error(ENOSPC, kDoing, directory);
  return {};
}

std::string PosixHostSystem::absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::absolute(path, error);
  return error ? path : whole.lexically_normal().string();
}

}  // namespace fleet_provision

#include "tests/support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::test {
namespace {

using Clock = std::chrono::steady_clock;

/// Closed on exec, so that the children of other threads do not keep it open.
class Handle {
 public:
  explicit Handle(int descriptor) : descriptor_(descriptor) {
    if (descriptor < 0) throw std::runtime_error("no descriptor");
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { ::close(descriptor_); }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Captures the output of a program in memory.
class Capture {
 public:
  Capture() : file_(::memfd_create("stream", MFD_CLOEXEC)) {}
  [[nodiscard]] int get() const { return file_.get(); }
  [[nodiscard]] std::string text() const {
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t size = 0; (size = ::pread(get(), part.data(), part.size(), static_cast<off_t>(text.size()))) > 0;) {
      text.append(part.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

 private:
  Handle file_;
};

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (const std::string& each : texts) list.push_back(const_cast<char*>(each.c_str()));
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> all = command.environment;
  if (!command.inherits_environment) return all;
  const auto is_given = [&command](const std::string& variable) {
    const std::string name = variable.substr(0, variable.find('=') + 1);
    return std::any_of(command.environment.begin(), command.environment.end(),
                       [&name](const std::string& each) { return each.starts_with(name); });
  };
  for (char** each = environ; *each != nullptr; ++each) {
    if (!is_given(*each)) all.emplace_back(*each);
  }
  return all;
}

/// Waits until the process has ended; false if it still runs after `time`.
bool has_ended(const Handle& process, std::chrono::milliseconds time) {
  const Clock::time_point end = Clock::now() + time;
  pollfd ended{process.get(), POLLIN, 0};
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    const int ready = ::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready >= 0) return ready > 0;
  }
}

}  // namespace

pid_t start_process(const Command& command) {
  // Nothing is allocated between fork and exec: another thread may hold the allocator's lock.
  const std::vector<std::string> variables = environment_of(command);
  const std::vector<char*> words = pointers_to(command.words);
  const std::vector<char*> environment = pointers_to(variables);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork");
  if (pid > 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (command.out >= 0) ::dup2(command.out, STDOUT_FILENO);
  if (command.err >= 0) ::dup2(command.err, STDERR_FILENO);
  ::execve(words[0], words.data(), environment.data());
  ::_exit(127);
}

Finished run_process(Command command, const TimeLimits& limits) {
  const Capture out;
  const Capture err;
  if (command.out < 0) command.out = out.get();
  if (command.err < 0) command.err = err.get();
  Finished finished;
  const Clock::time_point began = Clock::now();
  const pid_t child = start_process(command);
  const Handle process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (limits.terminate_after && !has_ended(process, *limits.terminate_after)) ::kill(child, SIGTERM);
  finished.hung = limits.kill_after && !has_ended(process, *limits.kill_after);
  if (finished.hung) ::kill(child, SIGKILL);
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  finished.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
  finished.exit_code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  finished.peak_kib = usage.ru_maxrss;
  finished.out = out.text();
  finished.err = err.text();
  return finished;
}

Finished run_process(const std::vector<std::string>& words, const std::vector<std::string>& environment) {
  return run_process(Command{.words = words, .environment = environment, .inherits_environment = true});
}

std::string process_file(pid_t pid, const std::string& name) {
  return read_text("/proc/" + std::to_string(pid) + "/" + name);
}

pid_t child_of(pid_t pid) {
  std::istringstream children(process_file(pid, "task/" + std::to_string(pid) + "/children"));
  pid_t child = -1;
  children >> child;
  return child;
}

bool is_alive(pid_t pid) {
  const std::string stat = process_file(pid, "stat");
  const std::size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.compare(name_end + 2, 1, "Z") != 0;
}

bool ends_soon(pid_t pid) {
  for (int i = 0; i < 1000; ++i) {
    if (!is_alive(pid)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

bool is_installed(const std::string& name) {
  return ::access(("/usr/bin/" + name).c_str(), X_OK) == 0;
}

}  // namespace fleet_provision::test

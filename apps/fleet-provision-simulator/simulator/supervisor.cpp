#include "simulator/supervisor.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "adapters/system/standard_descriptors.hpp"
#include "core/text.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::array<int, 7> kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD};

// nohup ignores SIGHUP. sigwaitinfo would take it even so.
bool is_ignored_hangup(int signal) {
  struct sigaction present {};
  return signal == SIGHUP && ::sigaction(signal, nullptr, &present) == 0 && present.sa_handler == SIG_IGN;
}

sigset_t forwarded_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int each : kSignals) {
    if (!is_ignored_hangup(each)) sigaddset(&set, each);
  }
  return set;
}

// In the child: executes COMMAND, or writes errno to `failure`.
[[noreturn]] void become(const std::vector<std::string>& command, int failure) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const auto& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvp(arguments[0], arguments.data());
  const int error = errno;
  if (::write(failure, &error, sizeof error) < 0) _exit(kOwnFailure);
  _exit(error == ENOENT ? kNotFound : kCannotExecute);
}

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// As the first process of a container the simulator inherits the processes that a hook leaves behind. The broker and
// COMMAND are left to their own waitpid: if one of them has ended, the kernel may name it before any other.
void reap_inherited(pid_t command, pid_t broker) {
  if (::getpid() != 1) return;
  siginfo_t info{};
  while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0 && info.si_pid != command &&
         info.si_pid != broker) {
    ::waitpid(info.si_pid, nullptr, WNOHANG);
    info = {};
  }
}

}  // namespace

Supervisor::Supervisor() {
  // Where the caller ignores SIGCHLD, the kernel would not report the end of a child.
  ::signal(SIGCHLD, SIG_DFL);
  if (!open_standard_descriptors()) ::_exit(kOwnFailure);
  sigset_t set = forwarded_signals();
  // Writing to a closed pipe or over the limit on file sizes fails with an error instead, so that the broker is ended.
  sigaddset(&set, SIGPIPE);
  sigaddset(&set, SIGXFSZ);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

Supervisor::~Supervisor() {
  const sigset_t set = forwarded_signals();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

Supervisor::Started Supervisor::start(const std::vector<std::string>& command,
                                      const std::map<std::string, std::string>& variables,
                                      const std::string& directory) const {
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  const char* path = std::getenv("PATH");
  ::setenv("PATH", (directory + ":" + (path == nullptr ? "/usr/bin:/bin" : path)).c_str(), 1);

  Started started;
  std::array<int, 2> failure{};
  if (::pipe2(failure.data(), O_CLOEXEC) != 0) return {-1, kOwnFailure, std::string("pipe: ") + std::strerror(errno)};
  started.pid = ::fork();
  if (started.pid == 0) become(command, failure[1]);
  ::close(failure[1]);
  int error = started.pid < 0 ? errno : 0;
  const bool failed = started.pid < 0 || ::read(failure[0], &error, sizeof error) == sizeof error;
  ::close(failure[0]);
  if (failed) {
    if (started.pid > 0) ::waitpid(started.pid, nullptr, 0);
    const bool ours = started.pid < 0;
    started.pid = -1;
    started.exit_code = ours ? kOwnFailure : error == ENOENT ? kNotFound : kCannotExecute;
    started.message = "cannot run " + printable(command.front()) + ": " + std::strerror(error);
  }
  return started;
}

Supervisor::End Supervisor::wait(pid_t command, pid_t broker) const {
  const sigset_t set = forwarded_signals();
  End end;
  while (true) {
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&set, &info);
    if (signal < 0) continue;
    if (signal != SIGCHLD) {
      // What the terminal sends goes to the whole process group, so COMMAND has it already.
      if (command > 0 && info.si_code <= 0) ::kill(command, signal);
      if (command <= 0 && signal != SIGUSR1 && signal != SIGUSR2) return end;
      continue;
    }
    int status = 0;
    if (!end.broker_ended && ::waitpid(broker, &status, WNOHANG) == broker) {
      end.broker_ended = true;
      if (command <= 0) return end;
    }
    if (command > 0 && ::waitpid(command, &status, WNOHANG) == command) {
      end.exit_code = exit_code_of(status);
      return end;
    }
    reap_inherited(command, broker);
  }
}

}  // namespace fleet_provision::simulator

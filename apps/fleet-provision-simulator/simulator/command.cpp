#include "simulator/command.hpp"

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

// As nohup leaves it. To wait for it would be to take it all the same.
bool stays_ignored(int signal) {
  struct sigaction present {};
  return signal == SIGHUP && ::sigaction(signal, nullptr, &present) == 0 && present.sa_handler == SIG_IGN;
}

sigset_t waited_for() {
  sigset_t set;
  sigemptyset(&set);
  for (const int each : kSignals) {
    if (!stays_ignored(each)) sigaddset(&set, each);
  }
  return set;
}

// In the child: becomes COMMAND, or tells errno through `failure`.
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

}  // namespace

Signals::Signals() {
  // Who began us may ignore it, and then nobody is told that a child has ended.
  ::signal(SIGCHLD, SIG_DFL);
  if (!open_standard_descriptors()) ::_exit(kOwnFailure);
  sigset_t set = waited_for();
  // What was begun is to be ended also when the reader of stdout has gone: writing fails instead.
  sigaddset(&set, SIGPIPE);
  // So does it at a limit on file sizes.
  sigaddset(&set, SIGXFSZ);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

Signals::~Signals() {
  const sigset_t set = waited_for();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

Signals::Started Signals::start(const std::vector<std::string>& command,
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

Signals::End Signals::wait(pid_t command, pid_t broker) const {
  const sigset_t set = waited_for();
  End end;
  while (true) {
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&set, &info);
    if (signal < 0) continue;
    if (signal != SIGCHLD) {
      // What the terminal sends, COMMAND got too: it is in our process group.
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
  }
}

}  // namespace fleet_provision::simulator

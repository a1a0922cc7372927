// delay_proxy: a server of this machine, as far away as wanted, and what was said with it.
//
//   delay_proxy --round-trip MS -- COMMAND [ARG…]    run COMMAND with FLEET_PROVISION_PORT set to the proxy, which
//   leads to
//                                                    the port that stood there; the counts go to stderr
//   delay_proxy --round-trip MS --to PORT            one JSON line {"port":N}; then, for each line on stdin, the counts
//   of
//                                                    the connections since the last one; ends with its stdin
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include "tests/benchmark/delay_proxy/delay_proxy.hpp"

namespace {

using namespace fleet_provision;
using benchmark::DelayProxy;

struct Arguments {
  double round_trip_ms = 0;
  unsigned long to = 0;
  char** command = nullptr;
};

int usage() {
  std::cerr << "usage: delay_proxy --round-trip MS [--to PORT | -- COMMAND [ARG…]]\n";
  return 64;
}

bool parse(char** argv, Arguments& arguments) {
  for (++argv; *argv != nullptr; ++argv) {
    const std::string_view word = *argv;
    if (word == "--") {
      arguments.command = argv + 1;
      break;
    }
    char* end = argv[1];
    if (end == nullptr) return false;
    if (word == "--round-trip") arguments.round_trip_ms = std::strtod(*++argv, &end);
    if (word == "--to") arguments.to = std::strtoul(*++argv, &end, 10);
    if (end == *argv || *end != '\0') return false;
  }
  const char* port = std::getenv("FLEET_PROVISION_PORT");
  if (arguments.to == 0 && port != nullptr) arguments.to = std::strtoul(port, nullptr, 10);
  return arguments.to > 0 && arguments.to < 65'536 && arguments.round_trip_ms >= 0 &&
         (arguments.command == nullptr || *arguments.command != nullptr);
}

int run_command(DelayProxy& proxy, const Arguments& arguments) {
  ::setenv("FLEET_PROVISION_PORT", std::to_string(proxy.port()).c_str(), 1);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, arguments.command[0], nullptr, nullptr, arguments.command, environ);
  if (failed != 0) {
    std::cerr << "delay_proxy: cannot run " << arguments.command[0] << '\n';
    return 127;
  }
  const Descriptor ended(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  proxy.carry_until(ended.get());
  int status = 0;
  ::waitpid(child, &status, 0);
  std::cerr << benchmark::report(arguments.round_trip_ms, proxy.settle()) << '\n';
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int serve(DelayProxy& proxy, double round_trip_ms) {
  std::cout << "{\"port\":" << proxy.port() << "}" << std::endl;
  for (;;) {
    proxy.carry_until(STDIN_FILENO);
    char line[256];
    if (::read(STDIN_FILENO, line, sizeof line) <= 0) return 0;
    std::cout << benchmark::report(round_trip_ms, proxy.settle()) << std::endl;
  }
}

}  // namespace

int main(int /*argc*/, char** argv) {
  Arguments arguments;
  if (!parse(argv, arguments)) return usage();
  try {
    const auto round_trip = std::chrono::microseconds(static_cast<long>(arguments.round_trip_ms * 1000));
    DelayProxy proxy(static_cast<std::uint16_t>(arguments.to), round_trip);
    return arguments.command != nullptr ? run_command(proxy, arguments) : serve(proxy, arguments.round_trip_ms);
  } catch (const std::exception& exception) {
    std::cerr << exception.what() << '\n';
    return 70;
  }
}

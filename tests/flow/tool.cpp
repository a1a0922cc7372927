#include "tests/flow/tool.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "adapters/system/descriptor.hpp"
#include "core/text.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::test {
namespace {

[[maybe_unused]] constexpr long kPeakKibMax = 64 * 1024;

pid_t spawn(const std::vector<std::string>& arguments, const std::vector<std::string>& variables, int out, int err) {
  std::string program = FLEET_PROVISION;
  std::vector<char*> words{program.data()};
  for (const std::string& each : arguments) words.push_back(const_cast<char*>(each.c_str()));
  words.push_back(nullptr);
  char path[] = "PATH=/usr/bin:/bin";
  std::vector<char*> environment{path};
  for (const std::string& each : variables) environment.push_back(const_cast<char*>(each.c_str()));
  environment.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::execve(words[0], words.data(), environment.data());
  ::_exit(99);
}

/// Lines and tabs are layout; everything else must be fit for a terminal as it is.
void look_for_raw_bytes(const char* stream, const std::string& text, std::vector<std::string>& complaints) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string shown = printable(line, 4 * line.size());
    if (shown != line) return complaints.push_back(std::string("unescaped bytes on ") + stream + ": " + shown);
  }
}

}  // namespace

Ended run_tool(const std::vector<std::string>& arguments, const std::string& directory, std::chrono::seconds guard,
               const ToolSurroundings& surroundings) {
  const std::string out_file = directory + "/out";
  const std::string err_file = directory + "/err";
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  const Descriptor out(::open(out_file.c_str(), flags, 0600));
  const Descriptor err(::open(err_file.c_str(), flags, 0600));
  const auto began = std::chrono::steady_clock::now();
  const pid_t child = spawn(arguments, surroundings.environment, surroundings.out < 0 ? out.get() : surroundings.out,
                            surroundings.err < 0 ? err.get() : surroundings.err);
  const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  pollfd ready{handle.get(), POLLIN, 0};
  Ended ended;
  if (surroundings.terminate_after && ::poll(&ready, 1, static_cast<int>(surroundings.terminate_after->count())) == 0) {
    ::kill(child, SIGTERM);
  }
  ended.hung = ::poll(&ready, 1, static_cast<int>(std::chrono::milliseconds(guard).count())) == 0;
  ended.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  if (ended.hung) ::kill(child, SIGKILL);
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  ended.code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  ended.peak_kib = usage.ru_maxrss;
  ended.out = read_text(out_file);
  ended.err = read_text(err_file);
  ended.result = nlohmann::json::parse(ended.out, nullptr, false);
  return ended;
}

std::vector<std::string> complaints_about(const Ended& ended) {
  std::vector<std::string> complaints;
  if (ended.hung) complaints.emplace_back("hung");
  if (!ended.hung && ended.code < 0) complaints.push_back("ended by signal " + std::to_string(-ended.code));
  if (ended.code < 0) return complaints;
  look_for_raw_bytes("stdout", ended.out, complaints);
  look_for_raw_bytes("stderr", ended.err, complaints);
#ifndef FLEET_PROVISION_SANITIZED
  if (ended.peak_kib > kPeakKibMax) complaints.push_back("took " + std::to_string(ended.peak_kib) + " KiB");
#endif
  if (!ended.result.is_object() || !ended.result.contains("error")) {
    complaints.emplace_back("no result on stdout");
    return complaints;
  }
  const nlohmann::json& error = ended.result["error"];
  if (error.is_null() != (ended.code == 0)) complaints.emplace_back("exit code and error do not belong together");
  if (error.is_null()) return complaints;
  if (error.at("exitCode") != ended.code) complaints.emplace_back("another exit code in the result");
  if (error.at("message").get<std::string>().empty()) complaints.emplace_back("a failure without a message");
  if (ended.err.find("fleet-provision: error: ") == std::string::npos) complaints.emplace_back("no error on stderr");
  return complaints;
}

}  // namespace fleet_provision::test

#include "tests/causes/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace fleet_provision::test {
namespace {

/// Both ends closed on exec, so that the children of other threads do not keep them open.
struct Pipe {
  int read = -1;
  int write = -1;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    read = ends[0];
    write = ends[1];
  }
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& each : texts) list.push_back(each.data());
  list.push_back(nullptr);
  return list;
}

/// Reads both pipes to their ends.
void read_both(int first, std::string& first_text, int second, std::string& second_text) {
  pollfd polled[] = {{first, POLLIN, 0}, {second, POLLIN, 0}};
  std::string* texts[] = {&first_text, &second_text};
  while (polled[0].fd >= 0 || polled[1].fd >= 0) {
    ::poll(polled, 2, -1);
    for (int i = 0; i < 2; ++i) {
      if (polled[i].fd < 0 || polled[i].revents == 0) continue;
      char part[4096];
      const ssize_t count = ::read(polled[i].fd, part, sizeof part);
      if (count > 0) texts[i]->append(part, static_cast<std::size_t>(count));
      if (count <= 0) polled[i].fd = -1;
    }
  }
}

std::string text_of(const nlohmann::json& error, const char* name) {
  return error.contains(name) && error[name].is_string() ? error[name].get<std::string>() : std::string();
}

}  // namespace

Told run_program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                 const std::vector<std::string>& before) {
  const char* directory = std::getenv("FLEET_PROVISION_TEST_BIN");
  if (directory == nullptr) throw std::runtime_error("FLEET_PROVISION_TEST_BIN is not set");
  std::vector<std::string> words = before;
  words.push_back(std::string(directory) + "/fleet-provision");
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.emplace_back("--json");
  std::vector<std::string> variables = environment;
  variables.emplace_back("PATH=/usr/bin:/bin");
  const std::vector<char*> argv = pointers_to(words);
  const std::vector<char*> envp = pointers_to(variables);

  const Pipe out;
  const Pipe log;
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(out.write, STDOUT_FILENO);
    ::dup2(log.write, STDERR_FILENO);
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(out.write);
  ::close(log.write);
  Told told;
  std::string result;
  read_both(out.read, result, log.read, told.log);
  ::close(out.read);
  ::close(log.read);
  int status = 0;
  ::waitpid(child, &status, 0);
  told.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

  const auto json = nlohmann::json::parse(result, nullptr, false);
  if (!json.is_object() || !json.contains("error") || !json["error"].is_object()) return told;
  const auto& error = json["error"];
  told.kind = text_of(error, "kind");
  told.phase = text_of(error, "phase");
  told.message = text_of(error, "message");
  told.hint = text_of(error, "hint");
  told.retryable = error.value("retryable", false);
  return told;
}

bool is_installed(const std::string& name) {
  return ::access(("/usr/bin/" + name).c_str(), X_OK) == 0;
}

}  // namespace fleet_provision::test

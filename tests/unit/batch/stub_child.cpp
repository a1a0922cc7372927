// A program that batches of a test run instead of fleet-provision: it acts by its first argument.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace {

using Words = std::vector<std::string>;

std::string result(const std::string& outcome, const std::string& thing, const std::string& error) {
  return "{\n  \"schema\": 1,\n  \"outcome\": \"" + outcome +
         "\",\n  \"thingName\": " + (thing.empty() ? "null" : "\"" + thing + "\"") +
         ",\n  \"certificateId\": null,\n  \"attempts\": 1,\n  \"timeline\": [ { \"phase\": \"load\" } ],\n  "
         "\"error\": " +
         error + "\n}\n";
}

int provisioned(const std::string& thing) {
  std::cout << result("provisioned", thing, "null") << std::flush;
  return 0;
}

int failed(const std::string& kind, bool retryable, int code) {
  std::cout << result("failed", "",
                      R"({"kind": ")" + kind + R"(", "message": "it failed", "hint": null, "retryable": )" +
                          (retryable ? "true" : "false") + R"(, "exitCode": )" + std::to_string(code) + "}")
            << std::flush;
  return code;
}

int print(const Words& words) {
  std::cout << words.at(1) << std::flush;
  return std::stoi(words.at(2));
}

int write_much(int descriptor, const Words& words) {
  const std::string line = std::string(1023, 'x') + "\n";
  for (int i = 0; i < std::stoi(words.at(1)); ++i) {
    if (::write(descriptor, line.data(), line.size()) < 0) return 9;
  }
  return provisioned("much");
}

/// Goes on after nobody reads stdout any more.
int flood() {
  ::signal(SIGPIPE, SIG_IGN);
  const std::string line = std::string(1023, 'x') + "\n";
  while (::write(STDOUT_FILENO, line.data(), line.size()) > 0) {
  }
  while (true) ::pause();
}

void say(const std::string& line) {
  std::cerr << line << "\n" << std::flush;
}

int throttled(const Words& words) {
  for (int i = 0; i < std::stoi(words.at(1)); ++i) {
    say(R"({"time":"t","level":"warning","event":"attempt-failed","message":"attempt 1 failed","kind":"throttled"})");
    say(R"({"time":"t","level":"info","event":"next-try","message":"throttled, they say \"throttled\""})");
  }
  return provisioned(words.at(2));
}

/// A file that exists counts the calls in its size.
int locked(const Words& words) {
  const int file = ::open(words.at(1).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  struct stat facts {};
  if (::write(file, "x", 1) != 1 || ::fstat(file, &facts) != 0) return 9;
  return facts.st_size <= std::stoi(words.at(2)) ? failed("locked", true, 75) : provisioned(words.at(3));
}

void create(const std::string& path) {
  ::close(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

/// Waits for SIGTERM, says that it waits by creating a file, and ends as the second word says.
int until_term(const Words& words) {
  sigset_t term;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &term, nullptr);
  create(words.at(1));
  int number = 0;
  ::sigwait(&term, &number);
  if (words.at(2) == "ignored") {
    while (true) ::pause();
  }
  return words.at(2) == "provisioned" ? provisioned(words.at(3)) : failed(words.at(2), true, 143);
}

/// Leaves a process behind that holds the pipes; its ID goes to a file.
int daemon_left(const Words& words) {
  const pid_t process = ::fork();
  if (process == 0) {
    ::setsid();
    while (true) ::pause();
  }
  std::FILE* file = std::fopen(words.at(1).c_str(), "w");
  std::fprintf(file, "%d", static_cast<int>(process));
  std::fclose(file);
  return provisioned(words.at(2));
}

/// What a child is started with, as words.
int facts() {
  std::string text = ::getpgid(0) == ::getpid() ? "own-group" : "foreign-group";
  int death = 0;
  ::prctl(PR_GET_PDEATHSIG, &death);
  text += " death=" + std::to_string(death) + " descriptors=";
  for (int number = 0; number < 256; ++number) {
    if (::fcntl(number, F_GETFD) >= 0) text += std::to_string(number) + ",";
  }
  sigset_t blocked;
  ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
  for (int number = 1; number < 32; ++number) {
    struct sigaction action {};
    ::sigaction(number, nullptr, &action);
    if (::sigismember(&blocked, number) == 1) text += " blocked=" + std::to_string(number);
    if (action.sa_handler != SIG_DFL) text += " not-default=" + std::to_string(number);
  }
  const char* variable = std::getenv("STUB");
  std::cout << text << " STUB=" << (variable != nullptr ? variable : "") << std::flush;
  return 0;
}

int act(const Words& words) {
  const std::string& verb = words.at(0);
  if (verb == "provisioned") return provisioned(words.at(1));
  if (verb == "already") return (std::cout << result("already-provisioned", words.at(1), "null") << std::flush, 0);
  if (verb == "failed") return failed(words.at(1), words.at(2) == "retryable", std::stoi(words.at(3)));
  if (verb == "signal") return ::raise(std::stoi(words.at(1)));
  if (verb == "print") return print(words);
  if (verb == "write-out") return write_much(STDOUT_FILENO, words);
  if (verb == "write-err") return write_much(STDERR_FILENO, words);
  if (verb == "flood") return flood();
  if (verb == "throttled") return throttled(words);
  if (verb == "locked") return locked(words);
  if (verb == "until-term") return until_term(words);
  if (verb == "daemon") return daemon_left(words);
  if (verb == "facts") return facts();
  if (verb == "stdin") return provisioned(std::string(std::istreambuf_iterator<char>(std::cin), {}));
  if (verb == "say") return say(words.at(1)), 3;
  return 99;
}

}  // namespace

int main(int argc, char** argv) {
  return act(Words(argv + 1, argv + argc));
}

#include "broker/hook_program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "codec/json_text.hpp"

namespace fleet_provision::simulator {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds kHookPatience{5};
constexpr std::size_t kOutputBytesMax = 128 * 1024;

struct Run {
  std::uint64_t question = 0;
  pid_t pid = -1;
  int output = -1;
  std::string text;
  std::chrono::steady_clock::time_point deadline;
};

// A kernel before 5.9 has no call for it.
void close_all_from(int first) {
  if (::close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
  const long end = ::sysconf(_SC_OPEN_MAX);
  for (int each = first; each < end; ++each) ::close(each);
}

// In the child: the event on stdin, the answer on stdout, stderr as ours.
[[noreturn]] void become(const std::string& program, int input, int output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) _exit(127);
  // Its own group: what it has begun ends with it.
  ::setpgid(0, 0);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  // The broker opens its listener and its clients' sockets for its children as well.
  close_all_from(STDERR_FILENO + 1);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::string name = program;
  std::array<char*, 2> arguments{name.data(), nullptr};
  ::execv(program.c_str(), arguments.data());
  _exit(127);
}

class HookProgram final : public Hook {
 public:
  explicit HookProgram(std::string program) : program_(std::move(program)) {}
  HookProgram(const HookProgram&) = delete;
  HookProgram& operator=(const HookProgram&) = delete;
  ~HookProgram() override {
    for (auto& run : runs_) end(run);
  }

  void ask(std::uint64_t question, const HookEvent& event) override;
  std::vector<HookAnswer> answers() override;

 private:
  // True when the run is over and `answer` holds its result.
  static bool progress(Run& run, HookAnswer& answer);
  static void end(Run& run) {
    ::kill(-run.pid, SIGKILL);
    ::kill(run.pid, SIGKILL);
    ::waitpid(run.pid, nullptr, 0);
    ::close(run.output);
  }

  std::string program_;
  std::vector<Run> runs_;
  std::vector<HookAnswer> failed_;
};

void HookProgram::ask(std::uint64_t question, const HookEvent& event) {
  const std::string text = hook_event_json(event);
  const int input = ::memfd_create("hook-event", MFD_CLOEXEC);
  std::array<int, 2> output{-1, -1};
  const bool prepared = input >= 0 && ::write(input, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                        ::lseek(input, 0, SEEK_SET) == 0 && ::pipe2(output.data(), O_CLOEXEC) == 0;
  const pid_t parent = ::getpid();
  const pid_t pid = prepared ? ::fork() : -1;
  if (pid == 0) become(program_, input, output[1], parent);
  if (input >= 0) ::close(input);
  if (output[1] >= 0) ::close(output[1]);
  if (pid < 0) {
    if (output[0] >= 0) ::close(output[0]);
    failed_.push_back({question, false, {}, "the hook cannot be run"});
    return;
  }
  ::fcntl(output[0], F_SETFL, O_NONBLOCK);
  runs_.push_back({question, pid, output[0], {}, std::chrono::steady_clock::now() + kHookPatience});
}

bool HookProgram::progress(Run& run, HookAnswer& answer) {
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = ::read(run.output, buffer.data(), buffer.size())) > 0 && run.text.size() <= kOutputBytesMax) {
    run.text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  answer = {run.question, false, {}, {}};
  int status = 0;
  const bool over = got == 0 && ::waitpid(run.pid, &status, WNOHANG) == run.pid;
  if (over) {
    ::close(run.output);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
      answer = parse_hook_answer(run.question, run.text);
    } else {
      answer.reason = WIFEXITED(status) ? "the hook ended with " + std::to_string(WEXITSTATUS(status))
                                        : "the hook ended by signal " + std::to_string(WTERMSIG(status));
    }
    return true;
  }
  if (run.text.size() > kOutputBytesMax || std::chrono::steady_clock::now() >= run.deadline) {
    end(run);
    answer.reason = run.text.size() > kOutputBytesMax ? "the hook says too much" : "the hook took more than 5 seconds";
    return true;
  }
  return false;
}

std::vector<HookAnswer> HookProgram::answers() {
  std::vector<HookAnswer> answers = std::exchange(failed_, {});
  for (auto run = runs_.begin(); run != runs_.end();) {
    HookAnswer answer;
    if (progress(*run, answer)) {
      answers.push_back(std::move(answer));
      run = runs_.erase(run);
    } else {
      ++run;
    }
  }
  return answers;
}

}  // namespace

std::string hook_event_json(const HookEvent& event) {
  const json document{{"claimCertificateId", event.claim_certificate_id},
                      {"certificateId", event.certificate_id},
                      {"certificatePem", event.certificate_pem},
                      {"templateArn", "arn:aws:iot:us-east-1:123456789012:provisioningtemplate/" + event.template_name},
                      {"clientId", event.client_id},
                      {"parameters", event.parameters}};
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

HookAnswer parse_hook_answer(std::uint64_t question, const std::string& output) {
  HookAnswer answer{question, false, {}, {}};
  if (const auto fault = json_fault(output)) {
    answer.reason = "the hook's answer: " + fault->message();
    return answer;
  }
  const json document = json::parse(output, nullptr, false);
  if (!document.is_object()) {
    answer.reason = "the hook's answer is not a JSON object";
    return answer;
  }
  const json allowed = document.value("allowProvisioning", json());
  answer.allowed = allowed == json(true) || allowed == json("true");
  if (!answer.allowed)
    answer.reason = allowed.is_null() ? "no allowProvisioning in the hook's answer" : "the hook denies";
  const json overrides = document.value("parameterOverrides", json::object());
  if (!overrides.is_object()) return answer;
  for (const auto& [name, value] : overrides.items()) {
    if (value.is_string()) answer.parameter_overrides[name] = value.get<std::string>();
  }
  return answer;
}

std::unique_ptr<Hook> run_as_hook(std::string program) {
  return std::make_unique<HookProgram>(std::move(program));
}

}  // namespace fleet_provision::simulator

#include "broker/hook_program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "broker/hook_response.hpp"
#include "service/encode.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::chrono::seconds kHookTimeout{5};
constexpr std::size_t kOutputBytesMax = 128 * 1024;

struct Run {
  std::uint64_t question = 0;
  pid_t pid = -1;
  int output = -1;
  std::string text;
  std::map<std::string, std::string> parameters;
  std::chrono::steady_clock::time_point deadline;
};

// Linux before 5.9 has no close_range.
void close_all_from(int first) {
  if (::close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
  const long end = ::sysconf(_SC_OPEN_MAX);
  for (int each = first; each < end; ++each) ::close(each);
}

// In the child: runs the program with the event on stdin and its response on stdout. stderr is the broker's.
[[noreturn]] void become(const std::string& program, int input, int output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) _exit(127);
  // In a process group of its own, so that end() also ends its children.
  ::setpgid(0, 0);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  // The broker's listener and client sockets are not close-on-exec.
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
  std::vector<HookResponse> responses() override;

 private:
  // The response, when the run is over.
  static std::optional<HookResponse> progress(Run& run);
  static void end(Run& run) {
    ::kill(-run.pid, SIGKILL);
    ::kill(run.pid, SIGKILL);
    ::waitpid(run.pid, nullptr, 0);
    ::close(run.output);
  }

  std::string program_;
  std::vector<Run> runs_;
  std::vector<HookResponse> failed_;
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
    failed_.push_back({question, false, {}, "the hook cannot be started"});
    return;
  }
  ::fcntl(output[0], F_SETFL, O_NONBLOCK);
  runs_.push_back({question, pid, output[0], {}, event.parameters, std::chrono::steady_clock::now() + kHookTimeout});
}

std::optional<HookResponse> HookProgram::progress(Run& run) {
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = ::read(run.output, buffer.data(), buffer.size())) > 0 && run.text.size() <= kOutputBytesMax) {
    run.text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  const auto denied = [&run](std::string reason) { return HookResponse{run.question, false, {}, std::move(reason)}; };
  int status = 0;
  if (got == 0 && ::waitpid(run.pid, &status, WNOHANG) == run.pid) {
    ::close(run.output);
    if (WIFSIGNALED(status)) return denied("the hook was ended by signal " + std::to_string(WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0) return denied("the hook exited with status " + std::to_string(WEXITSTATUS(status)));
    return parse_hook_response(run.question, run.text, run.parameters);
  }
  const bool too_long = run.text.size() > kOutputBytesMax;
  if (!too_long && std::chrono::steady_clock::now() < run.deadline) return std::nullopt;
  end(run);
  return denied(too_long ? "the hook wrote more than 128 KiB" : "the hook took more than 5 seconds");
}

std::vector<HookResponse> HookProgram::responses() {
  std::vector<HookResponse> responses = std::exchange(failed_, {});
  for (auto run = runs_.begin(); run != runs_.end();) {
    if (auto response = progress(*run)) {
      responses.push_back(std::move(*response));
      run = runs_.erase(run);
    } else {
      ++run;
    }
  }
  return responses;
}

}  // namespace

std::string hook_event_json(const HookEvent& event) {
  return json_text(Value{Members{
      {"claimCertificateId", text_value(event.claim_certificate_id)},
      {"certificateId", text_value(event.certificate_id)},
      {"certificatePem", text_value(event.certificate_pem)},
      {"templateArn", text_value("arn:aws:iot:us-east-1:123456789012:provisioningtemplate/" + event.template_name)},
      {"clientId", text_value(event.client_id)},
      {"parameters", Value{text_members(event.parameters)}}}});
}

std::unique_ptr<Hook> run_as_hook(std::string program) {
  return std::make_unique<HookProgram>(std::move(program));
}

}  // namespace fleet_provision::simulator

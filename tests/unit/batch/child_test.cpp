// One child process: how it starts, what is read of it, how it ends.
#include "batch/run/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "batch/run/child_result.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::test;

namespace {

ChildSettings stub_settings() {
  ChildSettings settings;
  settings.program = STUB_CHILD;
  settings.environment = {"STUB=here"};
  return settings;
}

ChildStarter stub_starter(const ChildSettings& settings = stub_settings()) {
  auto starter = ChildStarter::open(settings);
  REQUIRE(starter);
  return std::move(*starter);
}

/// Reads the child until it has ended; the lines of its stderr go to `lines`.
ChildEnd await(Child& child, std::vector<std::string>* lines = nullptr) {
  const LineReader::Sink sink = [lines](std::string_view line) {
    if (lines != nullptr) lines->emplace_back(line);
  };
  while (true) {
    pollfd polled[] = {
        {child.process_descriptor(), POLLIN, 0}, {child.output(), POLLIN, 0}, {child.errors(), POLLIN, 0}};
    if (::poll(polled, 3, 5000) <= 0) {
      FAIL("the child neither writes nor ends");
    }
    child.read_output();
    child.read_errors(sink);
    if (auto end = child.collect(sink)) return std::move(*end);
  }
}

ChildEnd end_of(const std::vector<std::string>& arguments, std::vector<std::string>* lines = nullptr) {
  auto starter = stub_starter();
  auto child = starter.start(arguments, "the run of the unit a");
  REQUIRE(child);
  return await(*child, lines);
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

/// Waits until a child has created the file.
void await_file(const std::string& path) {
  for (int i = 0; i < 5000 && !exists(path); ++i) ::poll(nullptr, 0, 1);
}

}  // namespace

TEST_CASE("a child has its own group, default signals and three descriptors, and ends with its parent") {
  struct sigaction ignored {};
  ignored.sa_handler = SIG_IGN;
  struct sigaction before {};
  ::sigaction(SIGHUP, &ignored, &before);
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR1);
  ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
  const int leaking = ::open("/dev/null", O_RDONLY);
  const ChildEnd end = end_of({"facts"});
  ::close(leaking);
  sigset_t now;
  ::sigprocmask(SIG_UNBLOCK, &blocked, &now);
  ::sigaction(SIGHUP, &before, &ignored);
  CHECK(end.exit_code == 0);
  CHECK(end.standard_output == "own-group death=15 descriptors=0,1,2, STUB=here");
  // What the parent had set is as before.
  CHECK(::sigismember(&now, SIGUSR1) == 1);
  CHECK(::sigismember(&now, SIGUSR2) == 0);
  CHECK(ignored.sa_handler == SIG_IGN);
}

TEST_CASE("each child reads the whole shared stdin") {
  const int memory = ::memfd_create("stdin", MFD_CLOEXEC);
  REQUIRE(::write(memory, "claim", 5) == 5);
  ChildSettings settings = stub_settings();
  settings.standard_input = memory;
  auto starter = stub_starter(settings);
  auto first = starter.start({"stdin"}, "a");
  auto second = starter.start({"stdin"}, "b");
  REQUIRE(first);
  REQUIRE(second);
  CHECK(await(*first).standard_output.find("\"claim\"") != std::string::npos);
  CHECK(await(*second).standard_output.find("\"claim\"") != std::string::npos);
  ::close(memory);
}

TEST_CASE("the exit code or the signal of a child is known") {
  CHECK(end_of({"print", "text", "7"}).exit_code == 7);
  const ChildEnd crashed = end_of({"signal", std::to_string(SIGSEGV)});
  CHECK_FALSE(crashed.exit_code);
  CHECK(crashed.signal == SIGSEGV);
  CHECK(signal_words(SIGSEGV) == "SIGSEGV");
  CHECK(signal_words(63) == "signal 63");
}

TEST_CASE("stdout is limited") {
  const ChildEnd end = end_of({"write-out", "10240"});
  CHECK(end.wrote_too_much);
  CHECK(end.standard_output.size() == kStandardOutputMax);
  CHECK_FALSE(end_of({"write-out", "1000"}).wrote_too_much);
}

TEST_CASE("of stderr all lines are read and the end is kept") {
  std::vector<std::string> lines;
  const ChildEnd end = end_of({"write-err", "10240"}, &lines);
  CHECK(end.exit_code == 0);
  CHECK(lines.size() == 10240);
  CHECK(end.standard_error.size() == kStandardErrorKept);
  CHECK_FALSE(end.wrote_too_much);
}

TEST_CASE("a child has ended although a daemon that it left holds its pipes") {
  const TemporaryDirectory directory;
  const auto began = std::chrono::steady_clock::now();
  const ChildEnd end = end_of({"daemon", directory / "daemon", "thing"});
  const pid_t left = std::stoi(read_text(directory / "daemon"));
  CHECK(::kill(left, SIGKILL) == 0);
  CHECK(end.exit_code == 0);
  CHECK(end.standard_output.find("\"thing\"") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(3));
}

TEST_CASE("a child is told to stop when its parent dies") {
  const TemporaryDirectory directory;
  const std::string file = directory / "waits";
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const std::string process = in_child([&] {
    auto starter = ChildStarter::open(stub_settings());
    auto child = starter->start({"until-term", file, "terminated"}, "a");
    await_file(file);
    std::string text = std::to_string(child->process());
    // As a kill: without the destructor, which kills the child.
    new Child(std::move(*child));
    return text;
  });
  int status = 0;
  CHECK(::waitpid(std::stoi(process), &status, 0) == std::stoi(process));
  // It was told by SIGTERM, which it waits for; its result then meets a closed pipe.
  CHECK((WIFEXITED(status) ? WEXITSTATUS(status) == 143 : WTERMSIG(status) == SIGPIPE));
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("a child that is not collected is killed") {
  auto starter = stub_starter();
  const TemporaryDirectory directory;
  pid_t process = 0;
  {
    auto child = starter.start({"until-term", directory / "waits", "ignored"}, "a");
    REQUIRE(child);
    process = child->process();
  }
  CHECK(::kill(process, 0) != 0);
}

TEST_CASE("a program that cannot be executed is an error that says why") {
  ChildSettings settings = stub_settings();
  settings.program = "/nonexistent/program";
  auto starter = stub_starter(settings);
  const auto child = starter.start({}, "the run of the unit a");
  REQUIRE_FALSE(child);
  CHECK(child.error().kind == ErrorKind::kInternal);
  CHECK(child.error().message == "cannot start the run of the unit a: no such file or directory");
}

TEST_CASE("a lack of descriptors or processes is kOutOfResources, and nothing leaks") {
  const auto start_until_refused = [](auto prepare) {
    return in_child([&]() -> std::string {
      auto starter = ChildStarter::open(stub_settings());
      if (!prepare()) return "not tried";
      for (int i = 0; i < 3; ++i) {
        const auto child = starter->start({"print", "", "0"}, "the run of the unit a");
        if (child || child.error().kind != ErrorKind::kOutOfResources) return "started";
        if (i == 2) return child.error().message;
      }
      return "";
    });
  };
  const auto limit_files = [](rlim_t beside) {
    const int next = ::dup(0);
    ::close(next);
    const rlimit few{static_cast<rlim_t>(next) + beside, static_cast<rlim_t>(next) + beside};
    return ::setrlimit(RLIMIT_NOFILE, &few) == 0;
  };
  // Two pipes need four descriptors, the process another.
  for (const rlim_t beside : {0U, 1U, 2U, 3U, 4U}) {
    const std::string message = start_until_refused([&] { return limit_files(beside); });
    CHECK(message.starts_with("cannot start the run of the unit a: too many open files (RLIMIT_NOFILE "));
  }
  if (::geteuid() != 0) FP_NOT_TRIED("a limit of processes: only root becomes another user");
  const std::string message = start_until_refused([] {
    // A user without other processes.
    const rlimit one{1, 1};
    return ::setrlimit(RLIMIT_NPROC, &one) == 0 && ::setuid(61234) == 0;
  });
  CHECK(message == "cannot start the run of the unit a: limit of processes (RLIMIT_NPROC) reached");
}

TEST_CASE("a batch says how many jobs the limit of open files allows") {
  const std::string text = in_child([]() -> std::string {
    const rlimit few{64, 64};
    ::setrlimit(RLIMIT_NOFILE, &few);
    const auto enough = enough_descriptors(400);
    if (enough || !enough_descriptors(8)) return "allowed";
    const std::size_t at = enough.error().hint.find("--jobs ");
    if (at == std::string::npos) return enough.error().hint;
    const unsigned jobs = static_cast<unsigned>(std::stoi(enough.error().hint.substr(at + 7)));
    return std::string(enough_descriptors(jobs) ? "fit" : "too many") +
           (enough_descriptors(jobs + 1) ? "" : ", no more") +
           (enough.error().message.ends_with(" open files, and RLIMIT_NOFILE is 64") ? "" : enough.error().message);
  });
  CHECK(text == "fit, no more");
}

TEST_CASE("the result of a run is taken from its JSON, or there is none") {
  const std::string good =
      R"({ "outcome": "provisioned", "thingName": "a \" {[ b", "certificateId": "ab", "attempts": 2, "error": null })";
  UnitResult result;
  REQUIRE(fill_from_json(result, good, 0));
  CHECK(result.outcome == UnitOutcome::kProvisioned);
  CHECK(result.thing_name == "a \" {[ b");
  CHECK(result.certificate_id == "ab");
  CHECK(result.attempts == 2);
  CHECK(result.run_result ==
        R"({"outcome":"provisioned","thingName":"a \" {[ b","certificateId":"ab","attempts":2,"error":null})");
  const std::string failure =
      R"({"outcome": "failed", "thingName": null, "certificateId": null, "attempts": 3, "error":
          {"kind": "rejected", "message": "no", "hint": null, "retryable": false}})";
  REQUIRE(fill_from_json(result, failure, 69));
  CHECK(result.kind == "rejected");
  CHECK(result.exit_code == 69);
  CHECK_FALSE(result.retryable);

  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  const std::vector<std::string> bad{"",
                                     "null",
                                     "[]",
                                     "{}",
                                     good.substr(0, good.size() - 1),
                                     good + good,
                                     changed("provisioned", "perfect"),
                                     changed("\"provisioned\"", "1"),
                                     changed("\"outcome\"", "\"out\""),
                                     changed("\"thingName\"", "\"thing\""),
                                     changed("\"ab\"", "[]"),
                                     changed("2", "-2"),
                                     changed("2", "\"2\""),
                                     changed("null", "{}"),
                                     changed("null", "\"x\""),
                                     changed("ab", "\xc3\xa4"),
                                     changed("2", std::string(200'000, '[') + std::string(200'000, ']')),
                                     std::string(1'000'000, '[')};
  for (const std::string& text : bad) {
    UnitResult untouched;
    CAPTURE(text.substr(0, 200));
    CHECK_FALSE(fill_from_json(untouched, text, 0));
    CHECK(untouched.run_result == "null");
  }
  // The exit code says the same.
  CHECK_FALSE(fill_from_json(result, good, 1));
  CHECK_FALSE(fill_from_json(result, failure, 0));
}

TEST_CASE("a crash names the signal or the last words on stderr") {
  struct Row {
    ChildEnd end;
    std::string message;
  };
  const std::vector<Row> rows{
      {{.exit_code = {}, .signal = SIGKILL}, "the run of the unit a was ended by SIGKILL"},
      {{.exit_code = 3, .standard_error = "first\n{\"message\": \"the \\u001b last\"}\n"},
       "the run of the unit a ended with exit code 3 and without a result: the \\x1b last"},
      {{.exit_code = 0, .standard_error = "no JSON"},
       "the run of the unit a ended with exit code 0 and without a result: no JSON"},
      {{.exit_code = 0, .wrote_too_much = true}, "the run of the unit a wrote more than 1 MiB to stdout"},
  };
  for (const Row& row : rows) {
    const Error error = crash_error("a", row.end);
    CHECK(error.kind == ErrorKind::kUnitCrashed);
    CHECK(error.message == row.message);
  }
}

TEST_CASE("lines are joined from pieces and cut where they are too long") {
  std::vector<std::string> lines;
  const LineReader::Sink sink = [&](std::string_view line) { lines.emplace_back(line); };
  LineReader reader;
  reader.take("a", sink);
  reader.take("b\n\nc\nd", sink);
  reader.finish(sink);
  reader.finish(sink);
  CHECK(lines == std::vector<std::string>{"ab", "", "c", "d"});
  lines.clear();
  for (int i = 0; i < 100; ++i) reader.take(std::string(1000, 'x'), sink);
  reader.take("\nshort\n", sink);
  reader.take(std::string(20'000, 'y') + "\n", sink);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].size() == LineReader::kLineMax);
  CHECK(lines[1] == "short");
  CHECK(lines[2].size() == LineReader::kLineMax);
}

TEST_CASE("only a line of a throttled request says so") {
  CHECK(says_throttled(R"({"event":"attempt-failed","message":"m","kind":"throttled"})"));
  CHECK(says_throttled(R"({"event":"error","message":"m","kind":"throttled"})"));
  CHECK_FALSE(says_throttled(R"({"event":"warning","message":"m","kind":"throttled"})"));
  CHECK_FALSE(says_throttled(R"({"event":"attempt-failed","message":"\"throttled\"","kind":"dns"})"));
  CHECK_FALSE(says_throttled(R"({"event":"attempt-failed","kind":"throttled")"));
  CHECK_FALSE(says_throttled(R"("throttled")"));
  CHECK_FALSE(says_throttled(""));
}

// The program and its page: `--report` at exit, and the command `report`.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "device.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

using namespace fleet_provision::simulator;
using namespace fleet_provision::test;
namespace fs = std::filesystem;

namespace {

const std::string kEvent =
    R"({"time":"2026-11-23T06:12:00.000Z","event":"connect","connection":1,"clientId":"door","result":"accepted"})"
    "\n";

/// A run of `script` as COMMAND with a page.
Finished run_with_page(const TemporaryDirectory& scratch, const std::string& script, const std::string& page) {
  return run_process({SIMULATOR, "--state-dir", scratch / "state", "--report", page, "--", "/bin/sh", "-c", script},
                     {"SCRATCH=" + scratch.path().string()});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the page is written when COMMAND has ended, whatever its status") {
  const TemporaryDirectory scratch;
  const std::string page = scratch / "page.html";
  for (const int status : {0, 7}) {
    const auto finished = run_with_page(scratch, "exit " + std::to_string(status), page);
    INFO(finished.err);
    CHECK(finished.exit_code == status);
    CHECK(has(read_text(page), "<h1>No client connected</h1>"));
    CHECK_FALSE(fs::exists(scratch / "state/run/report-events.jsonl"));
    fs::remove(page);
  }
  CHECK(run_process({SIMULATOR, "--report", page, "--", "/nowhere/at/all"}).exit_code == 127);
  CHECK(fs::exists(page));
}

TEST_CASE("a server writes the page of its own run when it is ended") {
  const TemporaryDirectory scratch;
  scratch.write("log", kEvent);
  SimulatorProcess simulator({"--report", scratch / "page.html", "--log", scratch / "log"});
  CHECK(MqttClient(simulator, claim_of(simulator), "a <b>", 5).connack() == 0);
  const int status = simulator.end(SIGTERM);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  const std::string page = read_text(scratch / "page.html");
  CHECK(has(page, "a &lt;b&gt;"));
  CHECK_FALSE(has(page, "door"));
  CHECK(has(read_text(scratch / "log"), R"("event":"start","version":")"));
}

TEST_CASE("a page that cannot be written is an error, and the events are kept for it") {
  const TemporaryDirectory scratch;
  const auto run = [&](const std::string& script) {
    fs::create_directory(scratch / "results");
    return run_with_page(scratch, "rmdir $SCRATCH/results; " + script, scratch / "results/page.html");
  };
  const auto succeeded = run("true");
  CHECK(succeeded.exit_code == 125);
  CHECK(has(succeeded.err, "cannot write " + scratch.path().string() + "/results/page.html: "));
  CHECK(has(succeeded.err, "report --log " + scratch.path().string() + "/state/run/report-events.jsonl"));
  CHECK(fs::exists(scratch / "state/run/report-events.jsonl"));
  CHECK(run("exit 7").exit_code == 7);
}

TEST_CASE("a page that cannot be written is found before anything starts") {
  const TemporaryDirectory scratch;
  struct Row {
    std::vector<std::string> options;
    int exit_code;
    const char* said;
  };
  const Row rows[] = {
      {{"--report", "-"}, 64, "--report cannot be stdout"},
      {{"--report", "/nowhere/page.html"}, 73, "cannot write the report /nowhere/page.html: No such"},
      {{"--report", "/tmp"}, 73, "it is a directory"},
      {{"--report", "/dev/null"}, 73, "it is not a regular file"},
      {{"--report", scratch / "a", "--log", scratch / "a"}, 64, "--log and --report are the same file"}};
  for (Row row : rows) {
    row.options.insert(row.options.begin(), {SIMULATOR, "--state-dir", scratch / "state"});
    const auto finished = run_process(row.options);
    INFO(row.said << "\n" << finished.err);
    CHECK(finished.exit_code == row.exit_code);
    CHECK(has(finished.err, row.said));
    CHECK(finished.out.empty());
  }
}

TEST_CASE("the command report takes its log and names what is wrong") {
  const TemporaryDirectory scratch;
  const std::string log = scratch.write("log", kEvent);
  const std::string mixed = scratch.write("mixed", kEvent + "x\n{}\n" + kEvent + R"({"time":"2026)");
  const std::string foreign = scratch.write("foreign", "<html>\n");
  const std::string empty = scratch.write("empty", "");
  struct Row {
    std::vector<std::string> options;
    int exit_code;
    std::string out;
    std::string err;
  };
  const Row rows[] = {
      {{"--log", log}, 0, "<h1>The connection worked</h1>", ""},
      {{"--log", log, "--report", "-"}, 0, "<h1>The connection worked</h1>", ""},
      {{"--log", empty}, 0, "<h1>The log has no events</h1>", ""},
      {{"--log", mixed},
       0,
       "2 lines of the log are not events: first line 2",
       "2 lines of " + mixed + " are not events: first line 2"},
      {{"--log", foreign}, 66, "", "is not an event log"},
      {{"--log", scratch / "none"}, 66, "", "cannot read " + (scratch / "none") + ": No such"},
      {{"--log", "/"}, 66, "", "cannot read /: Is a directory"},
      {{"--help"}, 0, "Usage: fleet-provision-simulator report --log FILE", ""},
      {{}, 64, "", "report needs --log FILE"},
      {{"--log"}, 64, "", "--log needs a value"},
      {{"--log", log, "stray"}, 64, "", "stray"},
      {{"--log", log, "--port", "1"}, 64, "", "unknown option --port"},
      {{"--log", log, "--", "true"}, 64, "", "report takes no COMMAND"},
      {{"--log", log, "--report", log}, 64, "", "--log and --report are the same file"},
      {{"--log", log, "--report", "/nowhere/page"}, 73, "", "cannot write the report /nowhere/page: No such"},
  };
  for (Row row : rows) {
    row.options.insert(row.options.begin(), {SIMULATOR, "report"});
    const auto finished = run_process(row.options);
    INFO(row.err << row.out << "\n" << finished.err);
    CHECK(finished.exit_code == row.exit_code);
    CHECK(has(finished.out, row.out));
    CHECK(finished.out.empty() == row.out.empty());
    CHECK(has(finished.err, row.err));
    CHECK(finished.err.empty() == row.err.empty());
  }
}

TEST_CASE("the command report reads stdin, and a full stdout is an error") {
  const TemporaryDirectory scratch;
  const std::string log = scratch.write("log", kEvent);
  const auto shell = [](const std::string& line) { return run_process({"/bin/sh", "-c", line}); };
  CHECK(has(shell("'" SIMULATOR "' report --log - < " + log).out, "<h1>The connection worked</h1>"));
  CHECK(shell("'" SIMULATOR "' report --log " + log + " > /dev/full").exit_code == 74);
  const std::string target = scratch.write("target.html", "old");
  fs::create_symlink(target, scratch / "link.html");
  CHECK(shell("'" SIMULATOR "' report --log " + log + " --report " + (scratch / "link.html")).exit_code == 0);
  CHECK(fs::is_symlink(scratch / "link.html"));
  CHECK(has(read_text(target), "<!DOCTYPE html>"));
}

TEST_CASE("a signal ends the command report while it waits for its log") {
  const TemporaryDirectory scratch;
  const std::string pipe = scratch / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto finished =
      run_process(Command{{SIMULATOR, "report", "--log", pipe}},
                  {.terminate_after = std::chrono::milliseconds(100), .kill_after = std::chrono::seconds(20)});
  CHECK(finished.exit_code == -SIGTERM);
  CHECK_FALSE(finished.hung);
}

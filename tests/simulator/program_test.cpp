// The program: COMMAND, signals, exit codes, the files that it leaves.
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "device.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

using namespace fleet_provision::simulator;
using namespace fleet_provision::test;
namespace fs = std::filesystem;

namespace {

Finished simulate(std::vector<std::string> options, const std::string& script, const std::string& temporary = "/tmp") {
  options.insert(options.begin(), SIMULATOR);
  for (const char* word : {"--", "/bin/sh", "-c"}) options.emplace_back(word);
  options.push_back(script);
  return run_process(options, {"TMPDIR=" + temporary});
}

}  // namespace

TEST_CASE("COMMAND gets what it needs, and its status is ours") {
  const TemporaryDirectory state;
  const auto finished = simulate(
      {"--state-dir", state.path()},
      "test -r $FLEET_PROVISION_CA_FILE && test -r $FLEET_PROVISION_CLAIM_CERT && test -r $FLEET_PROVISION_CLAIM_KEY &&"
      "echo $FLEET_PROVISION_ENDPOINT $FLEET_PROVISION_TEMPLATE $((FLEET_PROVISION_PORT > 0)) ${PATH%%:*}; exit 42");
  CHECK(finished.exit_code == 42);
  CHECK(finished.out == "localhost gateway 1 " + fs::path(SIMULATOR).parent_path().string() + "\n");
  CHECK(finished.err.empty());
}

TEST_CASE("an event log that cannot be written is said at exit") {
  const auto finished = run_process({SIMULATOR, "--log", "/dev/full", "--", "/bin/true"});
  CHECK(finished.exit_code == 0);
  CHECK(finished.err ==
        "fleet-provision-simulator: warning: events are missing: cannot write /dev/full: No space left on device\n");
}

TEST_CASE("exit codes of a program that runs another") {
  const TemporaryDirectory state;
  const std::vector<std::string> start{SIMULATOR, "--state-dir", state.path()};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), start.begin(), start.end());
    return run_process(more);
  };
  CHECK(with({"--", "/bin/true"}).exit_code == 0);
  CHECK(with({"--", "/nowhere/at/all"}).exit_code == 127);
  CHECK(with({"--", "/etc/passwd"}).exit_code == 126);
  CHECK(with({"--fault", "x", "--", "/bin/true"}).exit_code == 125);
  CHECK(with({"--fault", "x"}).exit_code == 64);
  CHECK(with({"--template", "/nowhere.json"}).exit_code == 66);
  CHECK(with({"--"}).exit_code == 125);
  CHECK(with({"stray"}).exit_code == 64);
  CHECK(simulate({"--state-dir", state.path()}, "kill -9 $$").exit_code == 128 + 9);
  const auto unknown = with({"--tokenlifetime", "5"});
  CHECK(unknown.exit_code == 64);
  CHECK(unknown.err.find("did you mean --token-lifetime?") != std::string::npos);
}

TEST_CASE("a stdout that nobody can read is an error, and ends up in no file") {
  const TemporaryDirectory state;
  const TemporaryDirectory temporary;
  const std::string start = "exec '" SIMULATOR "' --state-dir " + state.path().string();
  const auto shell = [&](const std::string& script) {
    return run_process({"/bin/sh", "-c", script}, {"TMPDIR=" + temporary.path().string()});
  };
  for (const char* streams : {" >&-", " <&- >&-", " >/dev/full"}) {
    INFO(streams);
    const auto finished = shell(start + streams);
    CHECK(finished.exit_code == 74);
    CHECK(finished.err.find("cannot write to stdout: ") != std::string::npos);
    CHECK(fs::file_size(state / "lock") == 0);
  }
  CHECK(shell(start + " <&- >&- 2>&-").exit_code == 74);
  CHECK(shell("exec '" SIMULATOR "' --version >/dev/full").exit_code == 74);
  CHECK(shell(start + " <&- >&- 2>&- -- /bin/true").exit_code == 0);
  // If the reader has closed stdout, no SIGPIPE ends the simulator before it removes its directory. COMMAND has the
  // default action for SIGPIPE.
  CHECK(shell("{ '" SIMULATOR "'; echo $? >&2; } | true").err.find("74") != std::string::npos);
  CHECK(fs::is_empty(temporary.path()));
  CHECK(simulate({"--state-dir", state.path()}, "grep -q '^SigBlk:.0*$' /proc/self/status").exit_code == 0);
}

TEST_CASE("a root that was lost takes its claim with it") {
  const TemporaryDirectory state;
  CHECK(simulate({"--state-dir", state.path()}, "exit 0").exit_code == 0);
  fs::remove(state / "pki/ca.pem");
  const auto verified = simulate({"--state-dir", state.path()},
                                 "openssl verify -CAfile $FLEET_PROVISION_CA_FILE $FLEET_PROVISION_CLAIM_CERT");
  INFO(verified.err);
  CHECK(verified.exit_code == 0);
}

TEST_CASE("a template of the caller's is what devices are registered with") {
  const TemporaryDirectory scratch;
  std::ofstream(scratch / "line-3.json")
      << R"({"Parameters":{"Mac":{"Type":"String"}},"Resources":{},"DeviceConfiguration":{"Mac":{"Ref":"Mac"}}})";
  const SimulatorProcess simulator({"--template", scratch / "line-3.json"});
  CHECK(simulator.text("template") == "line-3");
  const auto broken = run_process({SIMULATOR, "--template", SOURCE_DIR "/CMakeLists.txt"});
  CHECK(broken.exit_code == 78);
  CHECK(broken.err.find("template CMakeLists: line 1, column 1: not JSON") != std::string::npos);
}

TEST_CASE("nothing is left of a temporary directory, however it ends") {
  const TemporaryDirectory temporary;
  CHECK(simulate({}, "ls -d $TMPDIR/fleet-provision-simulator.*", temporary.path()).exit_code == 0);
  CHECK(fs::is_empty(temporary.path()));
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const auto finished = simulate({}, "kill -" + std::to_string(signal) + " $PPID; sleep 5", temporary.path());
    INFO(signal);
    // The simulator forwards the signal to COMMAND, which ends because of it.
    CHECK(finished.exit_code == 128 + signal);
    CHECK(fs::is_empty(temporary.path()));
  }
}

TEST_CASE("COMMAND may answer a signal in its own way") {
  const TemporaryDirectory state;
  CHECK(simulate({"--state-dir", state.path()}, "trap 'exit 7' TERM; kill -TERM $PPID; while :; do sleep 0.01; done")
            .exit_code == 7);
}

TEST_CASE("COMMAND's end is seen where the parent of the simulator ignores the ends of children") {
  const TemporaryDirectory state;
  const std::string line =
      "trap '' CHLD; exec '" SIMULATOR "' --state-dir " + state.path().string() + " -- /bin/sh -c 'exit 7'";
  CHECK(run_process({"/bin/sh", "-c", line}).exit_code == 7);
}

TEST_CASE("a SIGHUP that is ignored at the start (nohup) stays so") {
  ::signal(SIGHUP, SIG_IGN);
  const SimulatorProcess simulator;
  ::signal(SIGHUP, SIG_DFL);
  std::ifstream status("/proc/" + std::to_string(simulator.pid()) + "/status");
  std::map<std::string, bool> has_hangup;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigBlk:") || line.starts_with("SigIgn:")) {
      has_hangup[line.substr(0, 6)] = (std::stoull(line.substr(7), nullptr, 16) & 1U) != 0;
    }
  }
  CHECK(has_hangup == std::map<std::string, bool>{{"SigBlk", false}, {"SigIgn", true}});
}

TEST_CASE("the broker ends with the simulator, also by SIGKILL") {
  for (const int signal : {SIGTERM, SIGINT, SIGKILL}) {
    SimulatorProcess simulator;
    const pid_t broker = simulator.broker();
    REQUIRE(broker > 0);
    CHECK(is_alive(broker));
    const int status = simulator.end(signal);
    if (signal == SIGKILL) {
      CHECK(WIFSIGNALED(status));
    } else {
      CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    }
    CHECK(ends_soon(broker));
  }
}

TEST_CASE("without its broker the simulator ends, and says so") {
  SimulatorProcess simulator;
  ::kill(simulator.broker(), SIGKILL);
  const int status = simulator.end(0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 70);
}

TEST_CASE("two simulators at once have two ports and two worlds") {
  const SimulatorProcess one;
  const SimulatorProcess two;
  CHECK(one.port() != two.port());
  CHECK(MqttClient(one, claim_of(one), "a", 5).connack() == 0);
  CHECK(MqttClient(two, claim_of(two), "a", 5).connack() == 0);
}

TEST_CASE("a state directory has one simulator at a time") {
  const SimulatorProcess simulator;
  const auto second = run_process({SIMULATOR, "--state-dir", simulator.text("stateDir"), "--", "/bin/true"});
  CHECK(second.exit_code == 125);
  CHECK(second.err.find("another simulator uses") != std::string::npos);
}

TEST_CASE("the files of the state directory are private where they must be") {
  const SimulatorProcess simulator;
  const auto mode = [&](const char* name) {
    return static_cast<unsigned>(fs::status(simulator.text("stateDir") + name).permissions());
  };
  CHECK(mode("/pki/claim.key") == 0600);
  CHECK(mode("/pki/device-issuer.key") == 0600);
  CHECK(mode("/run") == 0700);
  CHECK(mode("/pki/ca.pem") == 0644);
}

TEST_CASE("installed, it finds its plugin in the library directory of its prefix") {
  const fs::path bin = fs::path(SIMULATOR).parent_path();
  const TemporaryDirectory prefix;
  const std::string place = prefix / "" LIBRARY_DIRECTORY "/fleet-provision";
  fs::create_directories(prefix / "bin");
  fs::copy_file(SIMULATOR, prefix / "bin/fleet-provision-simulator");
  const auto start = [&] {
    return run_process({prefix / "bin/fleet-provision-simulator", "--state-dir", prefix / "state", "--", "/bin/true"});
  };
  CHECK(start().exit_code == 125);
  fs::create_directories(place);
  fs::copy_file(bin / "fleet-provision-simulator-plugin.so", place + "/fleet-provision-simulator-plugin.so");
  CHECK(start().exit_code == 0);
}

TEST_CASE("it needs no root") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can become nobody");
    return;
  }
  // Runs as the user nobody, with programs in a directory that this user can access.
  const TemporaryDirectory place;
  const fs::path bin = fs::path(SIMULATOR).parent_path();
  const std::string copy = place / "bin";
  fs::create_directory(copy);
  for (const char* name : {"fleet-provision-simulator", "fleet-provision-simulator-plugin.so"}) {
    fs::copy_file(bin / name, copy + "/" + name);
  }
  fs::permissions(place.path(), fs::perms::all);
  const auto finished =
      run_process({"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                   copy + "/fleet-provision-simulator", "--state-dir", place / "state", "--", "/usr/bin/id", "-u"});
  CHECK(finished.exit_code == 0);
  CHECK(finished.out == "65534\n");
  CHECK(finished.err.empty());
}

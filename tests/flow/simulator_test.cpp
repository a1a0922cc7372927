// The program against the simulator: each fault once and then a healthy service, its malformed responses, a stopped
// broker, an overloaded service. The tests count the certificates that the simulator created.
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "tests/flow/rows.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/report_row.hpp"
#include "tests/support/simulator_process.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace fleet_provision::test;

namespace {

using Options = std::vector<std::string>;

const ToolSurroundings kSurroundings{.limits = {.kill_after = kTimeout + std::chrono::seconds{5}}};

struct Trial {
  std::string fault;
  Options options = {};
  int code = 0;
  std::string kind = {};
  unsigned certificates_max = 1;
};

Options arguments(const SimulatorProcess& simulator, const std::string& state_dir, const Options& more,
                  const std::string& serial = "4711") {
  Options all{"--endpoint",  simulator.text("endpoint"),       "--port",       std::to_string(simulator.port()),
              "--ca-file",   simulator.text("caFile"),         "--claim-cert", simulator.text("claimCertificate"),
              "--claim-key", simulator.text("claimKey"),       "--template",   "gateway",
              "-P",          "SerialNumber=" + serial,         "--state-dir",  state_dir,
              "--timeout",   std::to_string(kTimeout.count()), "--json",       "-vv"};
  if (std::find(more.begin(), more.end(), "--request-timeout") == more.end()) {
    all.insert(all.end(), {"--request-timeout", std::to_string(kRequestTimeout.count())});
  }
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::size_t certificates(const SimulatorProcess& simulator) {
  const std::filesystem::directory_iterator files(simulator.text("stateDir") + "/certificates");
  // The simulator's spare files have names that begin with a dot.
  return static_cast<std::size_t>(std::count_if(
      begin(files), end(files), [](const auto& entry) { return !entry.path().filename().native().starts_with('.'); }));
}

std::vector<std::string> try_once(const Trial& trial) {
  const TemporaryDirectory scratch;
  const SimulatorProcess simulator({"--fault", trial.fault});
  const ToolRun ended = run_tool(arguments(simulator, scratch / "state", trial.options), kSurroundings);
  std::vector<std::string> complaints = complaints_about(ended);
  for (const std::string& each : compare(ended, trial.code, trial.kind)) complaints.push_back(each);
  if (certificates(simulator) > trial.certificates_max) {
    complaints.push_back(std::to_string(certificates(simulator)) + " certificates were made");
  }
  if (!complaints.empty()) complaints.push_back(ended.err);
  return complaints;
}

void check_trials(const std::vector<Trial>& trials) {
  // The first process creates the simulator's PKI before the threads start.
  { const SimulatorProcess first; }
  std::vector<std::vector<std::string>> found(trials.size());
  side_by_side(trials.size(), [&](std::size_t i) {
    try {
      found[i] = try_once(trials[i]);
    } catch (const std::exception& exception) {
      found[i] = {exception.what()};
    }
  });
  for (std::size_t i = 0; i < trials.size(); ++i) {
    std::string text;
    for (const std::string& each : found[i]) text += each + "\n";
    INFO(trials[i].fault << "\n" << text);
    CHECK(found[i].empty());
  }
  report_row(Catch::getResultCapture().getCurrentTestName(), trials.size(),
             "the expected exit code, kind and certificates");
}

const Options kCbor{"--payload-format", "cbor"};
const Options kPatient{"--request-timeout", "15"};
const Options kOlder{"--mqtt-version", "3.1.1"};

}  // namespace

TEST_CASE("one fault of the simulator: success in the same run") {
  check_trials({
      {.fault = "connect:1:disconnect-before"},
      {.fault = "subscribe:1:disconnect-before", .options = kOlder},
      {.fault = "create:1:ignore"},
      {.fault = "create:1:drop", .certificates_max = 2},
      {.fault = "create:1:delay=500"},
      {.fault = "create:1:delay=4000", .options = kOlder, .certificates_max = 2},
      {.fault = "create:1:duplicate"},
      {.fault = "create:1:duplicate=5", .options = kOlder},
      {.fault = "create:1:disconnect-before"},
      {.fault = "create:1:disconnect-unanswered", .options = kOlder, .certificates_max = 2},
      // The service may register before the connection ends, and then the response is lost with the connection.
      {.fault = "create:1:disconnect-after", .certificates_max = 2},
      {.fault = "create:1:reject=429"},
      {.fault = "create:1:reject=400,ThrottlingException", .options = kCbor},
      {.fault = "create:1:reject=503"},
      // The simulator also creates a certificate for the other device, and generating a key takes time.
      {.fault = "create:1:stale", .options = kPatient, .certificates_max = 2},
      {.fault = "create:1:wrong-id"},
      {.fault = "create:1:not-yet-valid"},
      {.fault = "create:*:indefinite", .options = kCbor},
      {.fault = "register:1:ignore", .options = kOlder},
      {.fault = "register:1:drop", .certificates_max = 2},
      {.fault = "register:1:delay=500", .options = kOlder},
      {.fault = "register:1:delay=4000", .certificates_max = 2},
      {.fault = "register:1:duplicate", .options = kCbor},
      {.fault = "register:1:disconnect-before"},
      {.fault = "register:1:disconnect-unanswered", .certificates_max = 2},
      {.fault = "register:1:disconnect-after", .options = kOlder},
      {.fault = "register:1:reject=429"},
      {.fault = "register:1:reject=500", .options = kCbor},
      {.fault = "register:1:reject=400,InvalidCertificateOwnershipToken", .certificates_max = 2},
      {.fault = "register:1:missing-field"},
      {.fault = "register:*:indefinite", .options = kCbor},
  });
}

TEST_CASE("a response that the simulator corrupts is rejected") {
  std::vector<Trial> trials{
      {.fault = "create:1:wrong-key", .code = 76, .kind = "certificate-key-mismatch"},
      {.fault = "create:1:expired", .code = 76, .kind = "issued-certificate-expired"},
      {.fault = "create:1:not-pem", .code = 76, .kind = "issued-certificate-unusable"},
      {.fault = "create:1:missing-field", .code = 76, .kind = "malformed-answer"},
      {.fault = "create:1:missing-field=certificatePem", .options = kCbor, .code = 76, .kind = "malformed-answer"},
      {.fault = "register:1:thing-name=../..\\x1b[31m", .code = 76, .kind = "malformed-answer"},
      {.fault = "connect:*:deny", .code = 77, .kind = "policy-connect", .certificates_max = 0},
      {.fault = "subscribe:*:deny", .code = 77, .kind = "policy-subscribe", .certificates_max = 0},
      {.fault = "create:*:deny", .code = 77, .kind = "policy-publish", .certificates_max = 0},
      {.fault = "register:*:deny", .code = 77, .kind = "policy-publish"},
      {.fault = "register:*:reject=403,AccessDenied,no\x1b[31m", .code = 69, .kind = "rejected"}};
  for (const std::string action : {"wrong-types", "truncated", "trailing-bytes", "empty", "oversize", "deep-nesting",
                                   "duplicate-keys", "bad-utf8", "wrong-encoding"}) {
    trials.push_back({.fault = "create:1:" + action, .code = 76, .kind = "malformed-answer"});
    trials.push_back({.fault = "register:1:" + action, .options = kCbor, .code = 76, .kind = "malformed-answer"});
  }
  check_trials(trials);
}

TEST_CASE("a broker that stands still ends the run in time, and one that goes on again lets it go on") {
  const SimulatorProcess simulator;
  const TemporaryDirectory scratch;
  const std::string state = scratch / "state";
  ::kill(simulator.broker(), SIGSTOP);
  const ToolRun stopped = run_tool(arguments(simulator, state, {"--attempts", "1"}), kSurroundings);
  CHECK(complaints_about(stopped).empty());
  CHECK(compare(stopped, 75, "tls-timeout").empty());
  std::thread later([&simulator] {
    std::this_thread::sleep_for(std::chrono::milliseconds(2500));
    ::kill(simulator.broker(), SIGCONT);
  });
  const ToolRun resumed = run_tool(arguments(simulator, state, {}), kSurroundings);
  later.join();
  INFO(resumed.err);
  CHECK(complaints_about(resumed).empty());
  CHECK(resumed.exit_code == 0);
  CHECK(certificates(simulator) == 1);
}

TEST_CASE("more gateways than the service serves in a second are all served, one certificate each") {
  constexpr std::size_t kGateways = 6;
  const SimulatorProcess simulator({"--rate", "4"});
  const TemporaryDirectory scratch;
  std::vector<ToolRun> runs(kGateways);
  side_by_side(kGateways, [&](std::size_t i) {
    const std::string directory = scratch / std::to_string(i);
    std::filesystem::create_directory(directory);
    runs[i] = run_tool(arguments(simulator, directory + "/state", {}, std::to_string(i)), kSurroundings);
  });
  for (const ToolRun& each : runs) {
    INFO(each.err);
    CHECK(complaints_about(each).empty());
    CHECK(each.exit_code == 0);
  }
  CHECK(certificates(simulator) == kGateways);
}

// A run ends within a second after --timeout and uses less than 64 MiB, whatever a peer sends and even if no process
// reads its streams.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "adapters/system/descriptor.hpp"
#include "tests/floods/floods.hpp"
#include "tests/flow/rows.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

using Complaints = std::vector<std::string>;

constexpr std::chrono::seconds kLimit{2};
/// The contract is one second; the rest allows for a dozen floods running in parallel.
constexpr std::chrono::seconds kSlack{5};
constexpr std::chrono::seconds kLatest = kLimit + std::chrono::seconds{1} + kSlack;
const ToolSurroundings kSurroundings{.limits = {.kill_after = kLatest + std::chrono::seconds{10}}};

std::vector<std::string> arguments_for(std::uint16_t port, const std::string& state,
                                       const std::vector<std::string>& more) {
  const ClaimInputs& inputs = ClaimInputs::get();
  std::vector<std::string> arguments{"--json",       "-vv",
                                     "--endpoint",   "localhost:" + std::to_string(port),
                                     "--ca-file",    inputs.ca,
                                     "--claim-cert", inputs.certificate,
                                     "--claim-key",  inputs.key,
                                     "--template",   "gateway",
                                     "--parameter",  "SerialNumber=4711",
                                     "--timeout",    std::to_string(kLimit.count()),
                                     "--state-dir",  state};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

void complain_of_lateness(const ToolRun& ended, Complaints& complaints) {
  if (ended.took <= kLatest) return;
  complaints.push_back("took " + std::to_string(ended.took.count()) + " ms");
}

Complaints run_row(const Flood& row) {
  const TemporaryDirectory scratch;
  ScriptedBroker broker(row.server, row.script);
  std::vector<std::string> more = row.options;
  if (row.proxy) more.insert(more.end(), {"--proxy", "http://127.0.0.1:" + std::to_string(broker.port())});
  const ToolRun ended = run_tool(arguments_for(broker.port(), scratch / "state", more), kSurroundings);
  Complaints complaints = complaints_about(ended);
  complain_of_lateness(ended, complaints);
  std::string kind = "none";
  if (ended.result.is_object() && ended.result["error"].is_object()) kind = ended.result["error"].at("kind");
  if (std::find(row.kinds.begin(), row.kinds.end(), kind) == row.kinds.end()) complaints.push_back("kind " + kind);
  if (ended.exit_code != row.code) complaints.push_back("exit code " + std::to_string(ended.exit_code));
  if (std::getenv("SHOW_FLOODS") != nullptr) {
    std::printf("%s: %d %s, %ld ms, %ld KiB\n", row.name.c_str(), ended.exit_code, kind.c_str(),
                static_cast<long>(ended.took.count()), ended.peak_kib);
  }
  if (!complaints.empty()) complaints.push_back("it said: " + ended.err.substr(0, 3'000));
  return complaints;
}

void check_floods(const std::vector<Flood>& rows) {
  (void)ByteService::claim();
  std::vector<Complaints> found(rows.size());
  side_by_side(rows.size(), [&](std::size_t i) { found[i] = run_row(rows[i]); });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string text;
    for (const std::string& each : found[i]) text += each + "\n";
    INFO(rows[i].name << "\n" << text);
    CHECK(found[i].empty());
  }
}

/// A full pipe that no process reads.
class FullPipe {
 public:
  FullPipe() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    reading_ = Descriptor(ends[0]);
    writing_ = Descriptor(ends[1]);
    ::fcntl(writing_.get(), F_SETFL, O_NONBLOCK);
    const std::string some(4'096, 'x');
    while (::write(writing_.get(), some.data(), some.size()) > 0) {
    }
    while (::write(writing_.get(), "x", 1) > 0) {
    }
    ::fcntl(writing_.get(), F_SETFL, 0);
  }
  [[nodiscard]] int writing_end() const { return writing_.get(); }

 private:
  Descriptor reading_;
  Descriptor writing_;
};

}  // namespace

TEST_CASE("floods in the TLS handshake") {
  check_floods(handshake_floods());
}

TEST_CASE("floods of TLS in a session") {
  check_floods(session_floods());
}

TEST_CASE("floods of MQTT packets") {
  check_floods(mqtt_floods());
}

TEST_CASE("floods of a proxy") {
  check_floods(proxy_floods());
}

TEST_CASE("a stderr that nobody reads does not hold a run") {
  const FullPipe pipe;
  ToolSurroundings surroundings = kSurroundings;
  surroundings.err = pipe.writing_end();
  {
    const TemporaryDirectory scratch;
    ByteService service({});
    const ToolRun ended = run_tool(arguments_for(service.port(), scratch / "state", {}), surroundings);
    CHECK(ended.exit_code == 0);
    CHECK(ended.took < kLatest);
    CHECK(ended.result.at("outcome") == "provisioned");
  }
  {
    const TemporaryDirectory scratch;
    ScriptedBroker silent({ByteService::pki().server(), "", 0, ""},
                          [](BrokerConnection& connection) { connection.wait_for_close(); });
    const ToolRun ended = run_tool(arguments_for(silent.port(), scratch / "state", {}), surroundings);
    CHECK(ended.exit_code == 75);
    CHECK(ended.took < kLatest);
    CHECK(ended.result.at("error").at("kind") == "tls-timeout");

    // A signal ends the run without delay.
    surroundings.limits.terminate_after = std::chrono::milliseconds{500};
    const ToolRun stopped = run_tool(arguments_for(silent.port(), scratch / "state", {"--timeout=60"}), surroundings);
    CHECK(stopped.exit_code == 143);
    CHECK(stopped.took < *surroundings.limits.terminate_after + std::chrono::seconds{1} + kSlack);
    CHECK(stopped.result.at("error").at("kind") == "terminated");
  }
}

TEST_CASE("a result that nobody reads waits for its reader, until a signal") {
  const FullPipe pipe;
  const TemporaryDirectory scratch;
  ByteService service({});
  ToolSurroundings surroundings = kSurroundings;
  surroundings.out = pipe.writing_end();
  surroundings.limits.terminate_after = kLimit + std::chrono::seconds{1};
  const ToolRun ended = run_tool(arguments_for(service.port(), scratch / "state", {}), surroundings);
  CHECK(ended.exit_code == 143);
  CHECK(ended.took >= *surroundings.limits.terminate_after);
  CHECK(ended.took < *surroundings.limits.terminate_after + std::chrono::seconds{1} + kSlack);
}

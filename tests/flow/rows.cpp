#include "tests/flow/rows.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/report_row.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::test {
namespace {

using Complaints = std::vector<std::string>;

/// More threads than cores, because rows mostly wait.
constexpr std::size_t kThreads = 12;
/// A run that lasts this much longer than its timeout counts as a hang.
const ToolSurroundings kSurroundings{.limits = {.kill_after = kTimeout + std::chrono::seconds{5}}};

std::vector<std::string> arguments_of(const Row& row, std::uint16_t port, const std::string& state_dir) {
  const ClaimInputs& inputs = ClaimInputs::get();
  const std::vector<std::pair<std::string, std::string>> defaults{
      {"--endpoint", "localhost:" + std::to_string(port)},
      {"--ca-file", inputs.ca},
      {"--claim-cert", inputs.certificate},
      {"--claim-key", inputs.key},
      {"--template", "gateway"},
      {"--parameter", "SerialNumber=4711"},
      {"--state-dir", state_dir},
      {"--timeout", std::to_string(kTimeout.count())},
      {"--request-timeout", std::to_string(kRequestTimeout.count())}};
  std::vector<std::string> arguments{"--json", "-vv"};
  for (const auto& [name, value] : defaults) {
    const bool given = std::find(row.options.begin(), row.options.end(), name) != row.options.end();
    if (!given) arguments.insert(arguments.end(), {name, value});
  }
  arguments.insert(arguments.end(), row.options.begin(), row.options.end());
  return arguments;
}

void append(Complaints& all, const Complaints& more, const std::string& prefix = "") {
  for (const std::string& each : more) all.push_back(prefix + each);
}

/// A run ends within one second after its --timeout. A busy machine cannot guarantee that, so only the run for the
/// report checks it.
void append_lateness(Complaints& all, const ToolRun& ended, const std::vector<std::string>& arguments) {
  if (rows_file() == nullptr) return;
  const auto option = std::find(arguments.begin(), arguments.end(), "--timeout");
  const std::chrono::seconds timeout{std::stoi(*std::next(option))};
  if (ended.took <= timeout + std::chrono::seconds{1}) return;
  all.push_back("took " + std::to_string(ended.took.count()) + " ms with a timeout of " + *std::next(option) + " s");
}

Complaints run_row(const Row& row) {
  const TemporaryDirectory scratch;
  ByteService service(row.deviation);
  const std::string state = scratch / "state";
  const auto arguments = arguments_of(row, service.port(), state);
  const ToolRun first = run_tool(arguments, kSurroundings);
  Complaints complaints = complaints_about(first);
  append(complaints, compare(first, row.code, row.kind));
  append_lateness(complaints, first, arguments);
  if (service.certificates() > row.certificates_max) {
    complaints.push_back(std::to_string(service.certificates()) + " certificates were made");
  }
  if (first.err.find(row.said) == std::string::npos) complaints.push_back("stderr does not say: " + row.said);
  if ((first.out + first.err).find(kTokenMark) != std::string::npos) complaints.emplace_back("a token is shown");
  // The program stores exactly one certificate, without any text that the service sent around it.
  const std::string stored = read_text(state + "/identity/certificate.pem");
  const bool alone =
      stored.starts_with("-----BEGIN CERTIFICATE-----\n") && stored.ends_with("-----END CERTIFICATE-----\n");
  if (!stored.empty() && (!alone || stored.find('\r') != std::string::npos)) {
    complaints.push_back("certificate.pem holds more than a certificate: " + stored);
  }
  const bool whole = std::filesystem::exists(state + "/identity/identity.json");
  if (whole != (row.code == 0)) complaints.emplace_back(whole ? "there is an identity" : "there is no identity");
  if (row.code != 0 && row.recovered_then_provisioned) {
    service.recover();
    const ToolRun second = run_tool(arguments, kSurroundings);
    append(complaints, complaints_about(second), "next run: ");
    append(complaints, compare(second, 0, ""), "next run: ");
    if (!complaints.empty()) complaints.push_back("next run said: " + second.err);
  }
  if (!complaints.empty()) complaints.push_back("it said: " + first.err.substr(0, 6000));
  return complaints;
}

}  // namespace

void side_by_side(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::min(kThreads, count); ++i) {
    threads.emplace_back([&] {
      for (std::size_t row = next++; row < count; row = next++) work(row);
    });
  }
  for (std::thread& each : threads) each.join();
}

std::vector<std::string> compare(const ToolRun& ended, int code, const std::string& kind) {
  Complaints complaints;
  if (ended.exit_code != code)
    complaints.push_back("exit code " + std::to_string(ended.exit_code) + ", not " + std::to_string(code));
  if (!ended.result.is_object() || !ended.result.contains("error")) return complaints;
  const nlohmann::json& error = ended.result["error"];
  const std::string said = error.is_null() ? "" : error.at("kind").get<std::string>();
  const bool fits = kind == kAny ? !said.empty() : said == kind;
  if (!fits) complaints.push_back("kind '" + said + "', not '" + kind + "'");
  return complaints;
}

void check_rows(const std::vector<Row>& rows) {
  std::vector<Complaints> found(rows.size());
  // Creates the static objects before the threads start.
  (void)ByteService::claim();
  side_by_side(rows.size(), [&](std::size_t i) { found[i] = run_row(rows[i]); });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string text;
    for (const std::string& each : found[i]) text += each + "\n";
    INFO(rows[i].name << "\n" << text);
    CHECK(found[i].empty());
  }
  report_row(Catch::getResultCapture().getCurrentTestName(), rows.size(),
             "the expected exit code, kind and certificates, within a second of --timeout");
}

}  // namespace fleet_provision::test

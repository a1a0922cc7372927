// batch-load: what a batch costs its parent process, without the work of its children.
//
//   batch-load [--jobs N] DIRECTORY UNITS CHILD
//
// Does what `fleet-provision batch` does, with CHILD in the place of a run: reads and checks a manifest of UNITS rows
// (made in DIRECTORY if there is none), opens the results, runs all units, writes the reports. Started again with the
// same DIRECTORY it is a rerun that has nothing to do. Prints one JSON object: of each stage the time, the CPU time of
// this process, and its peak memory while the stage lasted.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <variant>

#include "batch/batch_settings.hpp"
#include "batch/manifest/manifest.hpp"
#include "batch/record/output_directory.hpp"
#include "batch/report/reports.hpp"
#include "batch/run/run.hpp"
#include "config/options.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::batch {
namespace {

constexpr int kUsageError = 64;

struct BatchLoad {
  std::string directory;
  unsigned long units = 0;
  std::string child;
  std::string jobs = "8";
};

class Silent final : public BatchObserver {
 public:
  void progress(const Totals& /*totals*/, Instant /*now*/) override {}
  void unit_failed(const UnitResult& result) override { std::cerr << result.message << '\n'; }
  void unit_said(std::string_view /*unit*/, std::string_view /*line*/) override {}
  void warned(const std::string& message) override { std::cerr << message << '\n'; }
};

double cpu_ms() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

/// VmHWM since `forget_peak`, in KiB.
long peak_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtol(line.c_str() + 6, nullptr, 10);
  }
  throw std::runtime_error("no VmHWM in /proc/self/status");
}

/// proc(5), clear_refs: 5 resets the peak to the present memory.
void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5\n";
}

/// Measures `act` as one stage, and gives what it gives.
template <class Act>
auto measured(nlohmann::ordered_json& stages, const char* name, Act act) {
  forget_peak();
  const double cpu = cpu_ms();
  const auto start = std::chrono::steady_clock::now();
  auto result = act();
  const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - start;
  stages[name] = {{"wallMs", wall.count()}, {"cpuMs", cpu_ms() - cpu}, {"peakKiB", peak_kib()}};
  return result;
}

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

void write_manifest(const std::string& path, unsigned long units) {
  if (std::ifstream(path)) return;
  std::ofstream file(path);
  file << "SerialNumber,Model\n";
  for (unsigned long i = 1; i <= units; ++i) {
    char row[64];
    std::snprintf(row, sizeof row, "GW-%07lu,edge-%lu\n", i, i % 10);
    file << row;
  }
}

Options options_of(const BatchLoad& load, const std::string& manifest, const std::string& out) {
  const std::string claim = load.directory + "/claim.json";
  test::write_text(claim, "{}");
  return value_of(Options::read({"batch", "--manifest", manifest, "--output-dir", out, "--endpoint", "localhost",
                                 "--template", "gateway", "--claim", claim, "--jobs", load.jobs},
                                {}, "/nonexistent/fleet-provision"));
}

/// Manifest and results end here, as they do in the command.
Totals run_manifest(const BatchLoad& load, const OutputDirectory& directory, nlohmann::ordered_json& stages) {
  const Options options = options_of(load, load.directory + "/units.csv", directory.path());
  RunSettings settings;
  settings.batch = value_of(batch_settings_from(options));
  settings.child.program = load.child;
  Interrupt interrupt;
  auto read = measured(stages, "read",
                       [&] { return read_manifest(options, settings.batch, {}, directory.descriptor(), interrupt); });
  const auto* manifest = std::get_if<Manifest>(&read);
  if (manifest == nullptr) throw std::runtime_error(std::get<1>(read).front().message);
  std::vector<std::string> warnings;
  auto results = value_of(
      measured(stages, "results", [&] { return Results::open(value_of(directory.open_results()), warnings); }));
  Silent observer;
  BatchEnd end = measured(stages, "run", [&] { return run_units(*manifest, results, settings, interrupt, observer); });
  if (end.stopped) throw std::runtime_error(end.stopped->message);
  return std::move(end.totals);
}

int run(const BatchLoad& load) {
  ::mkdir(load.directory.c_str(), 0755);
  write_manifest(load.directory + "/units.csv", load.units);
  const OutputDirectory directory = value_of(OutputDirectory::open(load.directory + "/out"));
  nlohmann::ordered_json stages;
  const Totals totals = run_manifest(load, directory, stages);
  const auto reported = measured(stages, "reports", [&]() -> Result<void> {
    std::vector<std::string> warnings;
    FP_TRY_ASSIGN(auto sources, open_sources({directory.path()}));
    return write_reports(sources, directory.path(), warnings);
  });
  if (!reported) throw std::runtime_error(reported.error().message);
  const nlohmann::ordered_json document{{"units", totals.units},
                                        {"provisioned", totals.provisioned},
                                        {"alreadyProvisioned", totals.already_provisioned},
                                        {"failed", totals.all_failed()},
                                        {"stages", stages}};
  std::printf("%s\n", document.dump(2).c_str());
  return totals.all_failed() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace fleet_provision::batch

int main(int argc, char** argv) {
  using namespace fleet_provision::batch;
  std::vector<std::string> words(argv + 1, argv + argc);
  BatchLoad load;
  if (words.size() == 5 && words[0] == "--jobs") {
    load.jobs = words[1];
    words.erase(words.begin(), words.begin() + 2);
  }
  if (words.size() != 3) {
    std::cerr << "usage: batch-load [--jobs N] DIRECTORY UNITS CHILD\n";
    return kUsageError;
  }
  load.directory = words[0];
  load.units = std::strtoul(words[1].c_str(), nullptr, 10);
  load.child = words[2];
  try {
    return run(load);
  } catch (const std::exception& error) {
    std::cerr << "batch-load: error: " << error.what() << "\n";
    return 1;
  }
}

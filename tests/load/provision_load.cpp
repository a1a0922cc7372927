// provision-load: runs as many provisionings as a service can handle, from one process.
//
//   provision-load [--connections N] [--provisionings N] [--json] [--simulator FILE [SIMULATOR-OPTION…]]
//
// Without --simulator it provisions where the FLEET_PROVISION_ variables lead, so that it can be the simulator's
// COMMAND.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "tests/load/figures.hpp"
#include "tests/load/load.hpp"
#include "tests/load/simulator.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::load {
namespace {

constexpr int kUsageError = 64;

struct Arguments {
  LoadSettings settings{8, 1000};
  bool json = false;
  std::string simulator;
  std::vector<std::string> simulator_options;
};

bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--json") {
      arguments.json = true;
    } else if (has_value && word == "--simulator") {
      arguments.simulator = argv[i + 1];
      arguments.simulator_options.assign(argv + i + 2, argv + argc);
      return true;
    } else if (has_value && word == "--connections") {
      arguments.settings.connections = static_cast<unsigned>(std::strtoul(argv[++i], nullptr, 10));
    } else if (has_value && word == "--provisionings") {
      arguments.settings.provisionings = static_cast<unsigned>(std::strtoul(argv[++i], nullptr, 10));
    } else {
      return false;
    }
  }
  return arguments.settings.connections > 0;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw std::runtime_error(std::string(name) + " is not set, and there is no --simulator");
  return value;
}

Target target_of_environment() {
  return {
      variable("FLEET_PROVISION_ENDPOINT"),  static_cast<std::uint16_t>(std::stoi(variable("FLEET_PROVISION_PORT"))),
      variable("FLEET_PROVISION_CA_FILE"),   variable("FLEET_PROVISION_CLAIM_CERT"),
      variable("FLEET_PROVISION_CLAIM_KEY"), variable("FLEET_PROVISION_TEMPLATE")};
}

template <class Part>
nlohmann::ordered_json times(const LoadResult& result, const Part& part) {
  std::vector<double> values;
  for (const auto& sample : result.samples) values.push_back(milliseconds(part(sample)));
  const Percentiles all = percentiles(std::move(values));
  return {{"p50", all.p50}, {"p90", all.p90}, {"p99", all.p99}, {"max", all.max}};
}

nlohmann::ordered_json document_of(const LoadResult& result, const LoadSettings& settings) {
  const auto count = static_cast<double>(result.samples.size());
  nlohmann::ordered_json document{
      {"connections", settings.connections},
      {"provisioned", result.samples.size()},
      {"failures", result.failures},
      {"perSecond", count * 1000 / milliseconds(result.wall)},
      {"clientCpuMs", milliseconds(result.cpu) / count},
      {"handshakeMs", times(result, [](const Sample& sample) { return sample.handshake; })},
      {"createMs", times(result, [](const Sample& sample) { return sample.create; })},
      {"registerMs", times(result, [](const Sample& sample) { return sample.registration; })},
      {"totalMs", times(result, [](const Sample& sample) { return sample.total; })}};
  return document;
}

void print_table(const nlohmann::ordered_json& document) {
  for (const auto& [name, value] : document.items()) {
    std::printf("%-14s", name.c_str());
    if (value.is_object()) {
      for (const auto& [part, number] : value.items()) std::printf("  %s %s", part.c_str(), figure(number).c_str());
    } else {
      std::printf("  %s", figure(value).c_str());
    }
    std::printf("\n");
  }
}

int run(const Arguments& arguments) {
  test::TemporaryDirectory directory;
  std::unique_ptr<Simulator> simulator;
  if (!arguments.simulator.empty()) {
    simulator =
        std::make_unique<Simulator>(arguments.simulator, directory.path().string(), arguments.simulator_options);
  }
  const Access access(simulator ? simulator->target() : target_of_environment());
  const Duration before = simulator ? simulator->broker_cpu() : Duration{};
  const LoadResult result = run_load(access, arguments.settings, "load-" + std::to_string(::getpid()) + "-");
  auto document = document_of(result, arguments.settings);
  if (simulator) {
    document["brokerCpuMs"] =
        milliseconds(simulator->broker_cpu() - before) / static_cast<double>(result.samples.size());
    document["brokerPeakKib"] = simulator->broker_peak_kib();
    document["readyMs"] = milliseconds(simulator->ready_after());
  }
  if (arguments.json) {
    std::printf("%s\n", document.dump(2).c_str());
  } else {
    print_table(document);
  }
  return result.failures.empty() ? 0 : 1;
}

}  // namespace
}  // namespace fleet_provision::load

int main(int argc, char** argv) {
  using namespace fleet_provision::load;
  Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    std::cerr << "usage: provision-load [--connections N] [--provisionings N] [--json] [--simulator FILE [OPTION…]]\n";
    return kUsageError;
  }
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    std::cerr << "provision-load: error: " << error.what() << "\n";
    return 1;
  }
}

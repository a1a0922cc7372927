// fleet-measure OUT-DIRECTORY BIN-DIRECTORY [OPTION…]: measures the simulator and a fleet of the real program, and
// writes fleet-table.md, fleet.json and performance-fleet.svg to OUT-DIRECTORY. See scripts/fleet.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "tests/load/machine.hpp"
#include "tests/load/tables.hpp"

namespace fleet_provision::load {
namespace {

constexpr int kUsageError = 64;
constexpr unsigned kMost = 100'000;

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

unsigned number(const std::string& option, const std::string& text) {
  std::size_t used = 0;
  unsigned long value = 0;
  try {
    value = std::stoul(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used == 0 || used != text.size() || text[0] == '-' || value == 0 || value > kMost) {
    throw UsageError(option + " takes numbers from 1 to " + std::to_string(kMost) + ", not " + text);
  }
  return static_cast<unsigned>(value);
}

std::vector<unsigned> numbers(const std::string& option, const std::string& text) {
  std::vector<unsigned> list;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) list.push_back(number(option, part));
  if (list.empty()) throw UsageError(option + " takes numbers, with commas");
  return list;
}

// Gateways do not share a disk: in memory, where that is to be had, they do not wait for each other's.
std::string in_memory() {
  return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path().string();
}

Setup parse(int argc, char** argv) {
  Setup setup;
  const std::string bin = argv[2];
  setup.simulator = bin + "/fleet-provision-simulator";
  setup.gateway = bin + "/fleet-provision";
  setup.directory = in_memory();
  setup.disk = std::filesystem::temp_directory_path().string();
  for (int i = 3; i < argc; i += 2) {
    const std::string option = argv[i];
    if (i + 1 == argc) throw UsageError(option + " takes a value");
    const std::string value = argv[i + 1];
    if (option == "--gateways") {
      setup.gateways = numbers(option, value);
    } else if (option == "--rate") {
      setup.rate = number(option, value);
    } else if (option == "--connections") {
      setup.connections = numbers(option, value);
    } else if (option == "--provisionings") {
      setup.provisionings = number(option, value);
    } else if (option == "--starts") {
      setup.starts = number(option, value);
    } else if (option == "--directory") {
      setup.directory = value;
    } else if (option == "--disk") {
      setup.disk = value;
    } else {
      throw UsageError("unknown option " + option);
    }
  }
  const std::string own = "/fleet-provision-fleet-" + std::to_string(::getpid());
  setup.directory += own;
  setup.disk += own + "-on-disk";
  return setup;
}

void say(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
}

Report measure(const Setup& setup) {
  Report report;
  report.machine = machine_line();
  report.setup = setup;
  say("starts of the simulator");
  report.ready_with_pki = measure_ready(setup, true);
  report.ready_without_pki = measure_ready(setup, false);
  // Before the loads: the kernel counts what we hold ourselves as the peak of a process that we start.
  for (const unsigned rate : {0U, setup.rate}) {
    for (const unsigned gateways : setup.gateways) {
      say(std::to_string(gateways) + " gateways at once" + (rate == 0 ? "" : ", --rate " + std::to_string(rate)));
      report.fleets.push_back(measure_fleet(setup, gateways, rate));
    }
  }
  for (const unsigned connections : setup.connections) {
    say("load client, " + std::to_string(connections) + " at once");
    report.loads.push_back(measure_load(setup, connections, false));
  }
  const unsigned usual = setup.connections[setup.connections.size() > 1 ? 1 : 0];
  say("load client, " + std::to_string(usual) + " at once, on disk");
  report.loads.push_back(measure_load(setup, usual, true));
  return report;
}

bool without_failures(const Report& report) {
  bool none = true;
  for (const auto& each : report.loads) none = none && each.failures.empty();
  for (const auto& each : report.fleets) none = none && each.failures.empty();
  return none;
}

/// A directory that goes with the object.
struct Removed {
  std::string path;
  ~Removed() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

int run(const Setup& setup, const std::string& out) {
  const Removed in_memory{setup.directory};
  const Removed on_disk{setup.disk};
  const Report report = measure(setup);
  std::ofstream(out + "/fleet-table.md") << markdown(report);
  std::ofstream(out + "/fleet.json") << json(report);
  std::ofstream(out + "/performance-fleet.svg") << picture(report);
  std::cout << markdown(report);
  return without_failures(report) ? 0 : 1;
}

}  // namespace
}  // namespace fleet_provision::load

int main(int argc, char** argv) {
  using namespace fleet_provision::load;
  try {
    if (argc < 3) throw UsageError("usage: fleet-measure OUT-DIRECTORY BIN-DIRECTORY [OPTION…]");
    return run(parse(argc, argv), argv[1]);
  } catch (const UsageError& error) {
    std::cerr << "fleet-measure: error: " << error.what() << "\n";
    return kUsageError;
  } catch (const std::exception& error) {
    std::cerr << "fleet-measure: error: " << error.what() << "\n";
    return 1;
  }
}

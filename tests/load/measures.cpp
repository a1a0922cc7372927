#include "tests/load/measures.hpp"

#include <filesystem>

#include "tests/load/simulator.hpp"

namespace fleet_provision::load {
namespace {

namespace fs = std::filesystem;

/// A new directory for one measurement.
std::string new_place(const std::string& parent, const std::string& name) {
  static unsigned made = 0;
  std::string path = parent + "/" + name + "-" + std::to_string(++made);
  fs::create_directories(path);
  return path;
}

template <class Samples, class Part>
Percentiles times(const Samples& samples, const Part& part) {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const auto& each : samples) values.push_back(milliseconds(part(each)));
  return percentiles(std::move(values));
}

}  // namespace

ReadyFigures measure_ready(const Setup& setup, bool with_pki) {
  std::vector<double> values;
  const std::string kept = new_place(setup.directory, "ready");
  if (with_pki) const Simulator makes_it(setup.simulator, kept, {});
  for (unsigned i = 0; i < setup.starts; ++i) {
    const Simulator simulator(setup.simulator, with_pki ? kept : new_place(setup.directory, "ready"), {});
    values.push_back(milliseconds(simulator.ready_after()));
  }
  return {setup.starts, percentiles(std::move(values))};
}

LoadFigures measure_load(const Setup& setup, unsigned connections, bool on_disk) {
  const Simulator simulator(setup.simulator, new_place(on_disk ? setup.disk : setup.directory, "load"), {});
  const Access access(simulator.target());
  // Not part of the measurement: the broker's first connections load code that it has not used yet.
  const auto warm = run_load(access, {1, 20}, "warm-");
  const Duration cpu_before = simulator.broker_cpu();
  const LoadResult result = run_load(access, {connections, setup.provisionings}, "load-");
  const auto count = static_cast<double>(result.samples.size());
  LoadFigures figures;
  figures.connections = connections;
  figures.on_disk = on_disk;
  figures.provisioned = result.samples.size();
  figures.failures = result.failures;
  for (const auto& [why, times] : warm.failures) figures.failures[why] += times;
  figures.per_second = count * 1000 / milliseconds(result.wall);
  figures.handshake = times(result.samples, [](const Sample& sample) { return sample.handshake; });
  figures.create = times(result.samples, [](const Sample& sample) { return sample.create; });
  figures.registration = times(result.samples, [](const Sample& sample) { return sample.registration; });
  figures.total = times(result.samples, [](const Sample& sample) { return sample.total; });
  figures.broker_cpu = milliseconds(simulator.broker_cpu() - cpu_before) / count;
  figures.client_cpu = milliseconds(result.cpu) / count;
  figures.broker_peak_kib = simulator.broker_peak_kib();
  return figures;
}

FleetFigures measure_fleet(const Setup& setup, unsigned gateways, unsigned rate) {
  std::vector<std::string> options;
  if (rate != 0) options = {"--rate", std::to_string(rate)};
  const Simulator simulator(setup.simulator, new_place(setup.directory, "fleet"), options);
  const std::string gateways_place = new_place(setup.directory, "gateways");
  const Duration cpu_before = simulator.broker_cpu();
  const auto overflows_before = accept_queue_overflows();
  const auto runs = run_fleet({setup.gateway, simulator.target(), gateways, gateways_place, "gateway-"});
  const auto overflows = accept_queue_overflows();
  FleetFigures figures;
  figures.gateways = gateways;
  figures.rate = rate;
  if (overflows && overflows_before) figures.overflows = *overflows - *overflows_before;
  std::vector<double> peaks;
  for (const auto& run : runs) {
    figures.done.push_back(milliseconds(run.ended) / 1000);
    figures.wall = milliseconds(run.ended);
    figures.gateway_cpu += milliseconds(run.cpu) / gateways;
    figures.retries += run.attempts > 1 ? run.attempts - 1 : 0;
    peaks.push_back(static_cast<double>(run.peak_kib));
    if (run.exit_code != 0) ++figures.failures[std::to_string(run.exit_code) + " " + run.error_kind];
  }
  figures.per_second = gateways * 1000 / figures.wall;
  figures.times = times(runs, [](const GatewayRun& run) { return run.time; });
  figures.gateway_peak_kib = percentiles(std::move(peaks));
  figures.broker_cpu = milliseconds(simulator.broker_cpu() - cpu_before) / gateways;
  figures.broker_peak_kib = simulator.broker_peak_kib();
  figures.simulator_peak_kib = simulator.own_peak_kib();
  return figures;
}

}  // namespace fleet_provision::load

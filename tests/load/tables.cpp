#include "tests/load/tables.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/fleet/chart.hpp"

namespace fleet_provision::load {
namespace {

using nlohmann::ordered_json;

std::string cells(const std::vector<std::string>& texts) {
  std::string row = "|";
  for (const auto& text : texts) row += " " + text + " |";
  return row + "\n";
}

std::string head(const std::vector<std::string>& names) {
  std::string rule = "|";
  for (std::size_t i = 0; i < names.size(); ++i) rule += "---|";
  return cells(names) + rule + "\n";
}

std::string three(const Percentiles& values) {
  return figure(values.p50) + " / " + figure(values.p99) + " / " + figure(values.max);
}

std::string four(const Percentiles& values) {
  return figure(values.p50) + " / " + figure(values.p90) + " / " + figure(values.p99) + " / " + figure(values.max);
}

std::string mebibytes(double kib) {
  return figure(kib / 1024);
}

std::string counted(const std::map<std::string, unsigned>& failures) {
  if (failures.empty()) return "none";
  std::string text;
  for (const auto& [why, times] : failures) text += (text.empty() ? "" : ", ") + std::to_string(times) + " × " + why;
  return text;
}

std::string ready_table(const Report& report) {
  std::string out = head({"from exec to the ready line, ms", "starts", "50 / 99 % / most"});
  out += cells(
      {"PKI of an earlier run", std::to_string(report.ready_with_pki.starts), three(report.ready_with_pki.times)});
  out += cells({"no PKI yet", std::to_string(report.ready_without_pki.starts), three(report.ready_without_pki.times)});
  return out;
}

std::string load_table(const Report& report) {
  std::string out = head({"connections", "a second", "TCP and TLS", "create", "register", "all", "broker CPU",
                          "client CPU", "broker, MiB", "failures"});
  for (const auto& load : report.loads) {
    out += cells({std::to_string(load.connections) + (load.on_disk ? ", on disk" : ""), figure(load.per_second),
                  three(load.handshake), three(load.create), three(load.registration), three(load.total),
                  figure(load.broker_cpu), figure(load.client_cpu),
                  mebibytes(static_cast<double>(load.broker_peak_kib)), counted(load.failures)});
  }
  return out;
}

std::string fleet_table(const Report& report) {
  std::string out =
      head({"gateways", "`--rate`", "all done, s", "a second", "one gateway, ms", "retries", "failures", "turned away",
            "CPU of one, ms", "broker CPU for one, ms", "one gateway, MiB", "broker, MiB"});
  for (const auto& fleet : report.fleets) {
    out += cells({std::to_string(fleet.gateways), fleet.rate == 0 ? "none" : std::to_string(fleet.rate),
                  figure(fleet.wall / 1000), figure(fleet.per_second), four(fleet.times), std::to_string(fleet.retries),
                  counted(fleet.failures), fleet.overflows ? std::to_string(*fleet.overflows) : "?",
                  figure(fleet.gateway_cpu), figure(fleet.broker_cpu), mebibytes(fleet.gateway_peak_kib.max),
                  mebibytes(static_cast<double>(fleet.broker_peak_kib))});
  }
  return out;
}

ordered_json of(const Percentiles& values) {
  return {{"p50", values.p50}, {"p90", values.p90}, {"p99", values.p99}, {"max", values.max}};
}

ordered_json of(const LoadFigures& load) {
  return {{"connections", load.connections}, {"onDisk", load.on_disk},
          {"provisioned", load.provisioned}, {"failures", load.failures},
          {"perSecond", load.per_second},    {"handshakeMs", of(load.handshake)},
          {"createMs", of(load.create)},     {"registerMs", of(load.registration)},
          {"totalMs", of(load.total)},       {"brokerCpuMs", load.broker_cpu},
          {"clientCpuMs", load.client_cpu},  {"brokerPeakKib", load.broker_peak_kib}};
}

ordered_json of(const FleetFigures& fleet) {
  return {{"gateways", fleet.gateways},
          {"rate", fleet.rate == 0 ? ordered_json() : ordered_json(fleet.rate)},
          {"wallMs", fleet.wall},
          {"perSecond", fleet.per_second},
          {"gatewayMs", of(fleet.times)},
          {"retries", fleet.retries},
          {"failures", fleet.failures},
          {"acceptQueueOverflows", fleet.overflows ? ordered_json(*fleet.overflows) : ordered_json()},
          {"gatewayCpuMs", fleet.gateway_cpu},
          {"brokerCpuMs", fleet.broker_cpu},
          {"gatewayPeakKib", of(fleet.gateway_peak_kib)},
          {"brokerPeakKib", fleet.broker_peak_kib},
          {"simulatorPeakKib", fleet.simulator_peak_kib}};
}

// A round number of seconds that holds all.
double axis_end(double seconds) {
  const double power = std::pow(10, std::floor(std::log10(std::max(seconds, 0.01))));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * power >= seconds) return step * power;
  }
  return 10 * power;
}

fleet::Line curve(const FleetFigures& figures) {
  fleet::Line line;
  line.name = std::to_string(figures.gateways) + " at once" +
              (figures.rate == 0 ? "" : ", --rate " + std::to_string(figures.rate));
  line.points.emplace_back(0, 0);
  const std::size_t step = std::max<std::size_t>(1, figures.done.size() / 100);
  for (std::size_t i = step - 1; i < figures.done.size(); i += step) {
    line.points.emplace_back(figures.done[i],
                             100 * static_cast<double>(i + 1) / static_cast<double>(figures.done.size()));
  }
  return line;
}

}  // namespace

std::string markdown(const Report& report) {
  const std::string count = std::to_string(report.setup.provisionings);
  return report.machine + "\n\n**Ready.**\n\n" + ready_table(report) + "\n**Load client**: " + count +
         " whole provisionings from one process, so many at once; milliseconds, " + "50 / 99 % / most.\n\n" +
         load_table(report) +
         "\n**Gateways**: the real program, all started at once; times 50 / 90 / 99 % / most.\n\n" +
         fleet_table(report);
}

std::string json(const Report& report) {
  ordered_json document{{"machine", report.machine},
                        {"readyMs", of(report.ready_with_pki.times)},
                        {"readyWithoutPkiMs", of(report.ready_without_pki.times)},
                        {"load", ordered_json::array()},
                        {"fleet", ordered_json::array()}};
  for (const auto& load : report.loads) document["load"].push_back(of(load));
  for (const auto& fleet : report.fleets) document["fleet"].push_back(of(fleet));
  return document.dump(2) + "\n";
}

std::string picture(const Report& report) {
  std::vector<unsigned> sizes = report.setup.gateways;
  std::sort(sizes.rbegin(), sizes.rend());
  if (sizes.size() > 2) sizes.resize(2);
  fleet::Chart chart{"the real program, all started at once", "seconds", "gateways done, per cent", 0, 100, {}};
  double longest = 0;
  for (const auto& each : report.fleets) {
    if (std::find(sizes.begin(), sizes.end(), each.gateways) == sizes.end()) continue;
    chart.lines.push_back(curve(each));
    longest = std::max(longest, each.wall / 1000);
  }
  chart.x_max = axis_end(longest);
  return fleet::svg(chart);
}

}  // namespace fleet_provision::load

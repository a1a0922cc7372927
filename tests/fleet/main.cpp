// fleet-simulation DIRECTORY: writes fleet-table.md and fleet.svg there. See scripts/fleet-simulation.
#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "tests/fleet/chart.hpp"
#include "tests/fleet/fleet.hpp"

namespace fleet_provision::fleet {
namespace {

constexpr std::uint64_t kSeed = 20261123;

struct Size {
  unsigned gateways;
  double per_second;
};
constexpr std::array<Size, 4> kSizes = {{{100, 10}, {1'000, 10}, {100'000, 100}, {100'000, 10}}};
/// Of which the curves are drawn.
constexpr std::size_t kDrawn = 2;

BackoffPolicy doubling_to(Milliseconds ceiling_max) {
  BackoffPolicy policy;
  policy.ceiling_max = ceiling_max;
  return policy;
}

std::vector<Setup> setups(const Size& size) {
  using std::chrono::seconds;
  const Milliseconds ideal{static_cast<Milliseconds::rep>(1'000 * size.gateways / size.per_second)};
  const Milliseconds patient = std::max<Milliseconds>(seconds{300}, 3 * ideal);
  const Milliseconds plain{300'000};
  const Milliseconds restart{30'000};
  return {
      {"up to 1 s each time", patient, {}, restart, doubling_to(seconds{1})},
      {"doubling to 32 s", patient, {}, restart, doubling_to(seconds{32})},
      {"doubling to 300 s", patient, {}, restart, doubling_to(seconds{300})},
      {"doubling to 3 600 s", patient, {}, restart, doubling_to(seconds{3'600})},
      {"**ours**", patient, {}, restart, {}},
      {"ours, `--timeout 300`, rerun after 30 s", plain, {}, restart, {}},
      {"**ours, `--splay` 1.1 N/R**", plain, ideal * 11 / 10, restart, {}},
      {"ours, `--splay` 0.5 N/R", plain, ideal / 2, restart, {}},
      {"ours, `--splay` 2 N/R", plain, ideal * 2, restart, {}},
  };
}

std::string fixed(double value, int digits) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string row(const Setup& setup, const Figures& figures) {
  if (!figures.finished) {
    return "| " + setup.name + " | not done | | over " + fixed(kRequestsMax, 0) + " | " + fixed(figures.peak, 0) +
           " | | |\n";
  }
  return "| " + setup.name + " | " + fixed(figures.time, 2) + " | " + fixed(figures.time_of_99_percent, 2) + " | " +
         fixed(figures.requests, 2) + " | " + fixed(figures.peak, 1) + " | " + fixed(figures.certificates, 2) + " | " +
         fixed(figures.runs, 1) + " |\n";
}

Line curve(const Setup& setup, const Figures& figures) {
  Line line;
  for (const char c : setup.name) {
    if (c != '*' && c != '`') line.name += c;
  }
  for (std::size_t percent = 0; percent < figures.completion.size(); ++percent) {
    line.points.emplace_back(figures.completion[percent], static_cast<double>(percent));
  }
  return line;
}

std::string section(const Size& size, const Service& service, Chart& chart) {
  const bool rejects = service.overload == Overload::kRejects;
  std::string out = "\n### N = " + std::to_string(size.gateways) + ", R = " + fixed(size.per_second, 0) +
                    " a second (ideal " + fixed(size.gateways / size.per_second, 0) + " s), the service " +
                    (rejects ? "rejects with 429" : "stays silent") + "\n\n" +
                    "| waits | time | 99 % | requests | peak | certificates | runs |\n|---|---|---|---|---|---|---|\n";
  for (const Setup& setup : setups(size)) {
    const Figures figures = simulate(setup, service, size.gateways, kSeed);
    out += row(setup, figures);
    const bool drawn =
        rejects && size.gateways == kSizes[kDrawn].gateways && size.per_second == kSizes[kDrawn].per_second;
    if (drawn) chart.lines.push_back(curve(setup, figures));
  }
  return out;
}

int run(const std::string& directory) {
  Chart chart{"100 000 gateways, 100 a second", "time over N / R", "gateways done, per cent", 2.5, 100, {}};
  std::string table;
  for (const Overload overload : {Overload::kRejects, Overload::kStaysSilent}) {
    for (const Size& size : kSizes) table += section(size, Service{size.per_second, overload}, chart);
  }
  std::ofstream(directory + "/fleet-table.md") << table;
  std::ofstream(directory + "/fleet.svg") << svg(chart);
  std::cout << table;
  return 0;
}

}  // namespace
}  // namespace fleet_provision::fleet

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fleet-simulation DIRECTORY\n";
    return 64;
  }
  return fleet_provision::fleet::run(argv[1]);
}

#include "output/waterfall.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace fleet_provision {
namespace {

constexpr std::size_t kBarMin = 8;
constexpr std::size_t kBarMax = 100;
constexpr std::size_t kLabelColumns = 10 + 1 + 10 + 3;

}  // namespace

std::vector<std::string> waterfall(const std::vector<PhaseSpan>& timeline, std::size_t columns, bool utf8) {
  double end = 0;
  for (const PhaseSpan& each : timeline) end = std::max(end, each.start_ms + each.duration_ms);
  std::vector<std::string> lines;
  if (timeline.empty() || end <= 0) return lines;
  const std::size_t room = columns > kLabelColumns + 2 ? columns - kLabelColumns - 2 : 0;
  const std::size_t width = std::clamp(room, kBarMin, kBarMax);
  const std::string piece = utf8 ? "\xe2\x96\x88" : "=";
  for (const PhaseSpan& each : timeline) {
    const auto cell = [&](double at) {
      return static_cast<std::size_t>(std::floor(at / end * static_cast<double>(width)));
    };
    const std::size_t from = std::min(cell(each.start_ms), width - 1);
    // A phase of hardly any time gets one column.
    const std::size_t to = std::clamp(cell(each.start_ms + each.duration_ms), from + 1, width);
    char label[64];
    std::snprintf(label, sizeof label, "%-10s %7.1f ms |", std::string(word(each.phase)).c_str(), each.duration_ms);
    std::string line = label + std::string(from, ' ');
    for (std::size_t i = from; i < to; ++i) line += piece;
    lines.push_back(line + std::string(width - to, ' ') + "|");
  }
  return lines;
}

}  // namespace fleet_provision

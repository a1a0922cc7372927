// A small chart in SVG: polylines over two linear axes.
#pragma once

#include <string>
#include <vector>

namespace fleet_provision::fleet {

struct Line {
  std::string name;
  /// In units of the axes.
  std::vector<std::pair<double, double>> points;
};

struct Chart {
  std::string title;
  std::string x_name;
  std::string y_name;
  double x_max = 1;
  double y_max = 1;
  std::vector<Line> lines;
};

/// A whole SVG file; what lies beyond the axes is cut off.
[[nodiscard]] std::string svg(const Chart& chart);

}  // namespace fleet_provision::fleet

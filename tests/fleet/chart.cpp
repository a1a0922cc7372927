#include "tests/fleet/chart.hpp"

#include <array>
#include <cstdio>

namespace fleet_provision::fleet {
namespace {

constexpr double kLeft = 60;
constexpr double kTop = 40;
constexpr double kWidth = 560;
constexpr double kHeight = 300;
constexpr int kTicks = 5;
// Colours that people with red-green colour blindness can distinguish (Okabe and Ito).
constexpr std::array<const char*, 7> kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                 "#56b4e9", "#e69f00", "#000000"};

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::string text_at(double x, double y, const std::string& anchor, const std::string& text) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\">" + text + "</text>\n";
}

std::string segment(double x1, double y1, double x2, double y2, const std::string& colour) {
  return "<path d=\"M" + number(x1) + " " + number(y1) + "L" + number(x2) + " " + number(y2) + "\" stroke=\"" + colour +
         "\" fill=\"none\"/>\n";
}

std::string axes(const Chart& chart) {
  std::string out;
  for (int i = 0; i <= kTicks; ++i) {
    const double part = static_cast<double>(i) / kTicks;
    const double x = kLeft + part * kWidth;
    const double y = kTop + kHeight - part * kHeight;
    out += segment(x, kTop, x, kTop + kHeight, "#dddddd");
    out += segment(kLeft, y, kLeft + kWidth, y, "#dddddd");
    out += text_at(x, kTop + kHeight + 18, "middle", number(part * chart.x_max));
    out += text_at(kLeft - 8, y + 4, "end", number(part * chart.y_max));
  }
  out += text_at(kLeft + kWidth / 2, kTop + kHeight + 38, "middle", chart.x_name);
  out += text_at(kLeft, kTop - 8, "start", chart.y_name);
  out += text_at(kLeft + kWidth, 18, "end", chart.title);
  return out;
}

std::string polyline(const Chart& chart, const Line& line, const std::string& colour) {
  std::string points;
  for (const auto& [x, y] : line.points) {
    if (x > chart.x_max || y > chart.y_max) break;
    points += number(kLeft + x / chart.x_max * kWidth) + "," + number(kTop + kHeight - y / chart.y_max * kHeight) + " ";
  }
  return "<polyline points=\"" + points + "\" stroke=\"" + colour + "\" stroke-width=\"2\" fill=\"none\"/>\n";
}

}  // namespace

std::string svg(const Chart& chart) {
  const double bottom = kTop + kHeight + 60;
  const double height = bottom + 20 * static_cast<double>(chart.lines.size());
  std::string out = R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 )" + number(height) +
                    "\" font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"660\" height=\"" + number(height) +
                    "\" fill=\"#ffffff\"/>\n" + axes(chart);
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    const std::string colour = kColours[i % kColours.size()];
    const double y = bottom + 20 * static_cast<double>(i);
    out += polyline(chart, chart.lines[i], colour);
    out += segment(kLeft, y - 4, kLeft + 30, y - 4, colour);
    out += text_at(kLeft + 40, y, "start", chart.lines[i].name);
  }
  return out + "</svg>\n";
}

}  // namespace fleet_provision::fleet

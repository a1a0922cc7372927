// The charts, as SVG inside the page. Places along the x axis are percentages, so that a chart takes the width of the
// page and its texts keep their size; places along the y axis are pixels.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "batch/report/report_page_parts.hpp"

namespace fleet_provision::batch {
namespace {

/// The height of the plot in pixels; the style sheet has the same number.
constexpr double kPlotHeight = 200;
constexpr int kTicksMax = 5;

std::string decimal(double number, int digits = 2) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  std::string_view shown(text);
  if (shown.find('.') == std::string_view::npos) return std::string(shown);
  while (shown.back() == '0') shown.remove_suffix(1);
  if (shown.back() == '.') shown.remove_suffix(1);
  return std::string(shown);
}

std::string percent(double part) {
  return decimal(part * 100, 3) + "%";
}

/// The smallest of 1, 2 and 5 times a power of ten that is not less.
double round_step(double at_least) {
  const double power = std::pow(10, std::floor(std::log10(at_least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (power * factor >= at_least * (1 - 1e-9)) return power * factor;
  }
  return power * 10;
}

/// The y axis from 0 to a round number that is not less than `most`.
struct Scale {
  double step;
  double top;

  explicit Scale(double most) : step(round_step(std::max(most, 1e-9) / 4)), top(std::ceil(most / step - 1e-9) * step) {}
  [[nodiscard]] double y(double value) const { return kPlotHeight * (1 - value / top); }
};

void write_y_axis(Html& html, const Scale& scale) {
  for (int i = 0; i * scale.step <= scale.top * (1 + 1e-9); ++i) {
    const std::string y = decimal(scale.y(i * scale.step));
    html.element("line", {{"class", i == 0 ? "axis" : "grid"}, {"x1", "0"}, {"x2", "100%"}, {"y1", y}, {"y2", y}}, "");
    const double value = i * scale.step;
    html.element("text", {{"class", "y"}, {"x", "-8"}, {"y", y}},
                 value >= 1000 ? grouped(static_cast<std::uint64_t>(value)) : decimal(value));
  }
}

/// A label under the plot at this part of its width.
void write_x_label(Html& html, double part, const std::string& text) {
  const std::string x = percent(part);
  html.element("line", {{"class", "axis"}, {"x1", x}, {"x2", x}, {"y1", "200"}, {"y2", "205"}}, "");
  html.element("text", {{"class", "x"}, {"x", x}, {"y", "220"}}, text);
}

struct Bar {
  double begin;
  double end;
  double low;
  double high;
};

void write_bar(Html& html, const Scale& scale, const char* tone, const Bar& bar) {
  if (bar.high <= bar.low) return;
  // Bars stand apart, and one unit among thousands can be seen.
  constexpr double kGap = 0.08;
  constexpr double kHeightMin = 1.5;
  const double height = std::max(scale.y(bar.low) - scale.y(bar.high), kHeightMin);
  html.element("rect",
               {{"class", tone},
                {"x", percent(bar.begin + (bar.end - bar.begin) * kGap / 2)},
                {"width", percent((bar.end - bar.begin) * (1 - kGap))},
                {"y", decimal(scale.y(bar.low) - height)},
                {"height", decimal(height)}},
               "");
}

/// The unit in which rates are round numbers: the first in which the highest rate is at least 2.
struct RateUnit {
  const char* name;
  double seconds;
};

RateUnit rate_unit(double per_second) {
  for (const RateUnit& unit : {RateUnit{"second", 1}, RateUnit{"minute", 60}}) {
    if (per_second * unit.seconds >= 2) return unit;
  }
  return {"hour", 3600};
}

/// A round number of seconds in its largest unit.
std::string width_text(std::int64_t seconds) {
  if (seconds % 86400 == 0) return counted(static_cast<std::uint64_t>(seconds / 86400), "day");
  if (seconds % 3600 == 0) return std::to_string(seconds / 3600) + " h";
  if (seconds % 60 == 0) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds) + " s";
}

std::string clock_label(std::int64_t time, std::int64_t step) {
  constexpr std::int64_t kDay = 86400;
  const std::string text = date_and_time(time);
  if (time % kDay == 0) return text.substr(5, 5);
  return step < 60 ? text.substr(11) : text.substr(11, 5);
}

/// Round times under one period, or the beginning of each of several, with a line where a pause was left out.
void write_time_axis(Html& html, const Throughput& throughput) {
  const auto bins = static_cast<double>(throughput.bins.size());
  if (throughput.periods.size() == 1) {
    const std::int64_t begin = throughput.periods.front().begin;
    const std::int64_t length = throughput.width * static_cast<std::int64_t>(throughput.bins.size());
    const std::int64_t step = round_seconds((length + kTicksMax - 1) / kTicksMax);
    for (std::int64_t time = (begin + step - 1) / step * step; time <= begin + length; time += step) {
      write_x_label(html, static_cast<double>(time - begin) / static_cast<double>(length), clock_label(time, step));
    }
    return;
  }
  double label_end = 0;
  for (const auto& period : throughput.periods) {
    const double part = static_cast<double>(period.first_bin) / bins;
    const std::string x = percent(part);
    if (period.first_bin != 0) {
      html.element("line", {{"class", "mark-line"}, {"x1", x}, {"x2", x}, {"y1", "0"}, {"y2", "205"}}, "");
    }
    // A label takes about a fifth of a narrow page.
    if (part < label_end) continue;
    label_end = part + 0.2;
    html.element("text", {{"class", part > 0.8 ? "x-end" : "x-start"}, {"x", x}, {"y", "220"}},
                 date_and_time(period.begin).substr(5, 11));
  }
}

std::string milliseconds_label(double time, double step) {
  if (step < 1000 && time < 1000) return decimal(time) + " ms";
  return decimal(time / 1000) + " s";
}

void write_mark(Html& html, double part, const std::string& name, int row) {
  const std::string x = percent(part);
  html.element(
      "line", {{"class", "mark-line"}, {"x1", x}, {"x2", x}, {"y1", std::to_string(row * 16 - 14)}, {"y2", "200"}}, "");
  html.element(
      "text", {{"class", part > 0.7 ? "mark-end" : "mark-start"}, {"x", x}, {"y", std::to_string(row * 16 - 4)}}, name);
}

/// A figure with a heading, the plot and a sentence that says the same; with a legend where there are two colours.
template <class Plot>
void write_figure(Html& html, const char* id, const std::string& heading, const std::string& said, bool with_failures,
                  Plot plot) {
  html.element("section", {{"id", id}}, [&] {
    html.element("h2", {}, heading);
    html.element("figure", {{"class", "chart"}}, [&] {
      html.element("svg", {{"class", "plot"}, {"role", "img"}, {"aria-label", heading + ". " + said}}, plot);
      html.element("figcaption", {}, [&] {
        html.text(said);
        if (!with_failures) return;
        for (const char* tone : {"good", "failure"}) {
          html.text(" ");
          html.element("span", {{"class", std::string("legend ") + tone}}, tone[0] == 'g' ? "provisioned" : "failed");
        }
      });
    });
  });
}

}  // namespace

void write_throughput(Html& html, const Throughput& throughput) {
  if (throughput.bins.empty()) return;
  std::uint64_t all = 0;
  std::uint32_t most = 0;
  bool failures = false;
  for (const auto& bin : throughput.bins) {
    all += bin.provisioned + bin.failed;
    most = std::max(most, bin.provisioned + bin.failed);
    failures = failures || bin.failed != 0;
  }
  const auto width = static_cast<double>(throughput.width);
  const RateUnit unit = rate_unit(most / width);
  const double factor = unit.seconds / width;
  const auto bins = static_cast<double>(throughput.bins.size());
  std::string said = "On average " + decimal(static_cast<double>(all) * factor / bins, 1) + " units per " + unit.name +
                     ", at most " + decimal(most * factor, 1) + ". Each bar is " + width_text(throughput.width) + ".";
  if (throughput.periods.size() > 1) {
    said += " " + counted(throughput.periods.size() - 1, "pause") + " left out.";
  }
  write_figure(html, "throughput", std::string("Units per ") + unit.name, said, failures, [&] {
    const Scale scale(most * factor);
    write_y_axis(html, scale);
    write_time_axis(html, throughput);
    for (std::size_t i = 0; i < throughput.bins.size(); ++i) {
      const auto& bin = throughput.bins[i];
      const double begin = static_cast<double>(i) / bins;
      const double end = static_cast<double>(i + 1) / bins;
      const double provisioned = bin.provisioned * factor;
      write_bar(html, scale, "good", {begin, end, 0, provisioned});
      write_bar(html, scale, "failure", {begin, end, provisioned, provisioned + bin.failed * factor});
    }
  });
}

void write_durations(Html& html, const Durations& durations) {
  if (durations.count == 0) return;
  const auto text = [](std::uint32_t time) { return duration_text(std::chrono::milliseconds(time)); };
  std::string said = "Half of the " + counted(durations.count, "provisioned unit") + " took at most " +
                     text(durations.median_ms) + ", 95 % at most " + text(durations.percentile_95_ms) +
                     ", the longest " + text(durations.longest_ms) + ".";
  const double end = static_cast<double>(durations.width_ms) * static_cast<double>(durations.bins.size());
  if (durations.longer != 0) {
    said += " The chart ends at " + text(static_cast<std::uint32_t>(end)) + ": " + counted(durations.longer, "unit") +
            " took longer.";
  }
  write_figure(html, "durations", "How long a unit took", said, false, [&] {
    const Scale scale(*std::max_element(durations.bins.begin(), durations.bins.end()));
    write_y_axis(html, scale);
    const double step = round_step(end / kTicksMax);
    for (int i = 0; i * step <= end * (1 + 1e-9); ++i) {
      write_x_label(html, i * step / end, i == 0 ? "0" : milliseconds_label(i * step, step));
    }
    const auto bins = static_cast<double>(durations.bins.size());
    for (std::size_t i = 0; i < durations.bins.size(); ++i) {
      write_bar(html, scale, "good",
                {static_cast<double>(i) / bins, static_cast<double>(i + 1) / bins, 0,
                 static_cast<double>(durations.bins[i])});
    }
    write_mark(html, std::min(durations.median_ms / end, 1.0), "median", 0);
    write_mark(html, std::min(durations.percentile_95_ms / end, 1.0), "95 %", 1);
  });
}

}  // namespace fleet_provision::batch

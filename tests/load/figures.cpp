#include "tests/load/figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace fleet_provision::load {
namespace {

double at_rank(const std::vector<double>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

Percentiles percentiles(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {at_rank(values, 0.50), at_rank(values, 0.90), at_rank(values, 0.99), values.back()};
}

std::string figure(double value) {
  std::array<char, 32> text{};
  const int digits = value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2;
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

}  // namespace fleet_provision::load

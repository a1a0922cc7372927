// A history as one self-contained HTML page: no network, no framework, readable without its script.
#pragma once

#include <cstdint>
#include <string>

#include "report/history.hpp"

namespace fleet_provision::simulator {

/// What the page says about the log itself.
struct LogFacts {
  /// Lines that are not events, and the number of the first of them.
  std::uint64_t other_lines = 0;
  std::uint64_t first_other_line = 0;
};

/// The page, in UTF-8. The same history gives the same bytes.
[[nodiscard]] std::string page_of(const History& history, const LogFacts& facts);

}  // namespace fleet_provision::simulator

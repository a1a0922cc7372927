// The phases of a run as bars on a common time axis.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "output/result.hpp"

namespace fleet_provision {

/// One line a phase, `tls       12.3 ms |   ====    |`, each at most `columns` wide and without a line end. Bars are
/// drawn in block characters with `utf8`. Empty for an empty timeline.
[[nodiscard]] std::vector<std::string> waterfall(const std::vector<PhaseSpan>& timeline, std::size_t columns,
                                                 bool utf8);

}  // namespace fleet_provision

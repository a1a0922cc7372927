// What a terminal can show, and writing to descriptors.
#pragma once

#include <cstddef>
#include <string_view>

#include "config/options.hpp"

namespace fleet_provision {

/// Writes everything, whatever it takes; 0, or the errno that stopped it. For results: progress has a LogWriter.
[[nodiscard]] int write_all(int descriptor, std::string_view text);

/// Whether a line on `descriptor` can be redrawn in place: it is a terminal and TERM is set and not `dumb`.
[[nodiscard]] bool can_redraw(int descriptor, const Environment& environment);
/// Whether the locale's variables name UTF-8.
[[nodiscard]] bool speaks_utf8(const Environment& environment);
/// Columns of the terminal now; 80 when it does not say.
[[nodiscard]] std::size_t columns_of(int descriptor);

/// The start of printable UTF-8 `text` that fits into `columns`; wide characters count two.
[[nodiscard]] std::string_view fit_columns(std::string_view text, std::size_t columns);

}  // namespace fleet_provision

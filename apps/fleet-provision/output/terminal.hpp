// Properties of a terminal, and writing to descriptors.
#pragma once

#include <cstddef>
#include <string_view>

#include "config/options.hpp"

namespace fleet_provision {

/// Writes all of `text`, waiting as long as needed; returns 0 or errno. For results; progress goes through LogWriter.
[[nodiscard]] int write_all(int descriptor, std::string_view text);

/// Whether a line on `descriptor` can be redrawn: it is a terminal, and TERM is set and not `dumb`.
[[nodiscard]] bool can_redraw(int descriptor, const Environment& environment);
/// Whether the locale (LC_ALL, LC_CTYPE, LANG) is a UTF-8 one.
[[nodiscard]] bool speaks_utf8(const Environment& environment);
/// The current width of the terminal in columns; 80 if it is unknown.
[[nodiscard]] std::size_t columns_of(int descriptor);

/// The longest prefix of printable UTF-8 `text` that fits into `columns`; wide characters take two.
[[nodiscard]] std::string_view fit_columns(std::string_view text, std::size_t columns);

}  // namespace fleet_provision

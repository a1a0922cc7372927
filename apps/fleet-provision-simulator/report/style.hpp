// The page's style sheet, which follows the base of all pages, and its script.
#pragma once

#include "core/page.hpp"

namespace fleet_provision::simulator {

[[nodiscard]] PagePart page_style();
/// Filters the connections, and opens and closes them; the page shows everything without it.
[[nodiscard]] PagePart page_script();

}  // namespace fleet_provision::simulator

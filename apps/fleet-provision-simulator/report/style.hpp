// The page's style sheet and script, each whole, with the hash by which the page's Content-Security-Policy allows it.
#pragma once

#include "core/html.hpp"

namespace fleet_provision::simulator {

struct PagePart {
  Literal text;
  /// `sha256-…`, base64 of the digest of `text` (Content Security Policy Level 3, 2.3.1). A test compares them.
  std::string_view hash;
};

[[nodiscard]] PagePart page_style();
/// Filters the connections, and opens and closes them; the page shows everything without it.
[[nodiscard]] PagePart page_script();

}  // namespace fleet_provision::simulator

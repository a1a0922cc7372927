// What the HTML pages of both programs share: the head with its Content-Security-Policy, the base of the style sheet,
// and how numbers and times are written.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/html.hpp"

namespace fleet_provision {

/// A style sheet or script, whole, with the hash by which the page's Content-Security-Policy allows it.
struct PagePart {
  Literal text;
  /// `sha256-…`, base64 of the digest of `text` (Content Security Policy Level 3, 2.3.1). Tests compare them.
  std::string_view hash;
};

/// Colours of both schemes, text, counts, facts, notes, filter, tables; phone width and paper. A page adds its own.
[[nodiscard]] PagePart page_base_style();

/// The element `head`: nothing may be loaded, and only these style sheets, after the base, and this script apply.
void write_page_head(Html& html, std::string_view title, const PagePart& style, const PagePart& script);
/// The element `script`; a page ends with it.
void write_page_script(Html& html, const PagePart& script);

/// `1 connection`, `2 connections`.
[[nodiscard]] std::string counted(std::uint64_t number, const std::string& singular);
/// `12 ms`, `1.4 s`, `2 min 5 s`, `3 h 20 min`.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds time);
/// With narrow no-break spaces (U+202F) between thousands: `100 000`.
[[nodiscard]] std::string grouped(std::uint64_t number);

}  // namespace fleet_provision

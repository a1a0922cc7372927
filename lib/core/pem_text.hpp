// PEM (RFC 7468) as people have it in files: its blocks, and what keeps a block from being one.
//
// OpenSSL passes over whatever is not a whole block, so a file whose line ends were lost on the way looks empty to it,
// although its owner sees the BEGIN line. Here such a block is found and its fault named. CRLF, blanks at the end of
// a line and text around the blocks are no faults.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision {

struct PemBlock {
  std::string_view label;
  /// Of its BEGIN line, counted from 1.
  std::size_t line = 0;
  /// From BEGIN to the end of its END line, without the line end.
  std::string_view text;
};

enum class PemFault : unsigned char {
  kLiteralLineEnds,  ///< the two characters `\n` instead of a line end
  kQuoted,           ///< quotation marks around lines
  kIndented,         ///< blanks before BEGIN or END
  kOneLine,          ///< the base64 goes on behind BEGIN
  kCarriageReturns,  ///< CR alone ends the lines
  kNulBytes,
  kOtherText,  ///< something else stands before BEGIN or behind it
  kHyphens,    ///< not five ASCII hyphens on either side
  kNoEnd,      ///< no END line
  kOtherEnd,   ///< the END line has another label
};

struct BrokenPem {
  std::string_view label;
  std::size_t line = 0;
  PemFault fault = PemFault::kNoEnd;
};

/// What was found, each in the order of the text; the views are into it.
struct PemText {
  std::vector<PemBlock> blocks;
  std::vector<BrokenPem> broken;
};

[[nodiscard]] PemText read_pem(std::string_view text);

/// Why the base64 of a whole block cannot be right: `line 7 is not base64`; empty when nothing is seen.
[[nodiscard]] std::string damage_of(const PemBlock& block);

}  // namespace fleet_provision

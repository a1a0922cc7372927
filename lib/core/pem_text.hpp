// Finds the blocks of PEM (RFC 7468) in a file, and the faults that make a block invalid.
//
// OpenSSL skips everything that is not a whole block, so it finds no block in a file whose line ends were lost,
// although the user sees the BEGIN line. This parser finds such a block and names its fault. CRLF, whitespace at the
// end of a line and text around the blocks are no faults.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision {

struct PemBlock {
  std::string_view label;
  /// The line of BEGIN, counted from 1.
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

/// The blocks and faults that were found, in the order of the text; the views refer to the text.
struct PemText {
  std::vector<PemBlock> blocks;
  std::vector<BrokenPem> broken;
};

[[nodiscard]] PemText read_pem(std::string_view text);

/// Why the base64 of a whole block cannot be right: `line 7 is not base64`; empty if no damage is found.
[[nodiscard]] std::string damage_of(const PemBlock& block);

}  // namespace fleet_provision

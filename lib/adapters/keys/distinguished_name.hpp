// Parses the text form of a CSR's subject.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace fleet_provision {

struct NameAttribute {
  /// As written: `CN`, `serialNumber`, `2.5.4.3`.
  std::string type;
  /// UTF-8, not empty, escapes resolved.
  std::string value;
};
/// Attributes joined by `+`; usually one.
using RelativeName = std::vector<NameAttribute>;

/// `CN=gateway-1,O=Example` in the form of RFC 4514, with spaces allowed around `,` and `=`; an escape is a backslash
/// followed by one of `,+"\<>;=#`, a space, or two hex digits. The parts keep the order of the text. kUsage.
[[nodiscard]] Result<std::vector<RelativeName>> parse_distinguished_name(std::string_view text);

}  // namespace fleet_provision

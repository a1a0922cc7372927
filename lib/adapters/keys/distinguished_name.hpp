// The subject of a CSR as people write it.
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
/// Attributes joined by `+`; nearly always one.
using RelativeName = std::vector<NameAttribute>;

/// `CN=gateway-1,O=Example` in the form of RFC 4514, blanks around `,` and `=` allowed; escapes are a backslash and one
/// of `,+"\<>;=#` or a blank, or two hex digits. The parts stand in the order of the text. kUsage.
[[nodiscard]] Result<std::vector<RelativeName>> parse_distinguished_name(std::string_view text);

}  // namespace fleet_provision

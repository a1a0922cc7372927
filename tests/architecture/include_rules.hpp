// Who may include whom (docs/architecture.md), as a function over the text of one file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fleet_provision::architecture {

/// A line that breaks a rule; the rule in words.
struct Violation {
  int line = 0;
  std::string rule;
};

/// The rules that `text`, the content of the file at `path` (from the top of the tree, `lib/core/plan.cpp`), breaks.
/// Only files below lib/ and apps/ have rules.
[[nodiscard]] std::vector<Violation> violations(std::string_view path, std::string_view text);

}  // namespace fleet_provision::architecture

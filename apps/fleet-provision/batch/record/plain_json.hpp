// A quick look at JSON that this program wrote: the outermost members of an object, each as its text.
//
// A batch reads the result of each run, checks it again before it records it, and reads the line for a rerun and for
// each report. The library makes a tree of it each time, which was most of what a batch costs its station. Here the
// text is only checked. What is unusual in any way (other bytes than ASCII, exponents, escapes in names, numbers of
// more than 15 digits) is left to the library: this part accepts no text that json_fault rejects, and rejects texts
// that are good.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace fleet_provision::batch {

struct PlainMember {
  /// Without its quotation marks.
  std::string_view name;
  std::string_view value;
};

/// The members of the object that `text` is; nullopt if it is something else, or unusual. No name is there twice.
[[nodiscard]] std::optional<std::vector<PlainMember>> plain_members(std::string_view text);

/// The value of a PlainMember; an object or array comes out empty.
[[nodiscard]] nlohmann::json shallow_value(std::string_view value);

}  // namespace fleet_provision::batch

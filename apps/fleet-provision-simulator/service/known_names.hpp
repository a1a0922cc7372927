// Names that a command line, template or policy may use, checked against the list of known ones.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/text.hpp"

namespace fleet_provision::simulator {

/// The hint for a name that is not among `known`: the nearest one, or all of them.
template <class Range>
[[nodiscard]] std::string known_names_hint(std::string_view name, const Range& known) {
  const std::string_view near = nearest(name, known);
  if (!near.empty()) return "did you mean " + std::string(near) + "?";
  std::string all;
  for (const std::string_view each : known) all += (all.empty() ? "" : ", ") + std::string(each);
  return all.empty() ? "leave it out: no name is allowed here" : "known: " + all;
}

/// `BEGINNING NAME` with the hint above, for a name that is not among `known`.
template <class Range>
[[nodiscard]] Result<void> check_known(ErrorKind kind, const std::string& beginning, std::string_view name,
                                       const Range& known) {
  for (const std::string_view each : known) {
    if (each == name) return {};
  }
  return fail(kind, beginning + " " + printable(name), known_names_hint(name, known));
}

}  // namespace fleet_provision::simulator

// What the beginning of a manifest shows, so that a wrong kind of file is one error and not one for each line; pure.
#pragma once

#include <optional>
#include <string_view>

#include "batch/manifest/rows.hpp"

namespace fleet_provision::batch {

/// A fault of another encoding, and in CSV of other separators, which spreadsheets use where a comma is the decimal
/// sign. `path` is for the command in a hint.
[[nodiscard]] std::optional<RowFault> first_look(std::string_view beginning, ManifestFormat format,
                                                 const std::string& path);

}  // namespace fleet_provision::batch

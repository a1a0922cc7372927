// What messages call the directory of --output-dir.
#pragma once

#include "adapters/system/directory_role.hpp"

namespace fleet_provision::batch {

inline constexpr DirectoryRole kOutputDirectoryRole{"the output directory", "--output-dir"};

}  // namespace fleet_provision::batch

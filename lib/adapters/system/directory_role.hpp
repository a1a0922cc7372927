// What messages call the directory that a call on the disk is about.
#pragma once

#include <string_view>

namespace fleet_provision {

struct DirectoryRole {
  /// `the state directory`.
  std::string_view noun;
  /// The option that names it, with its dashes.
  std::string_view option;
};

inline constexpr DirectoryRole kStateDirectoryRole{"the state directory", "--state-dir"};

}  // namespace fleet_provision

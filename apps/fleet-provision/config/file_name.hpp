// What people give where the name of a file is expected, and what is no file: its content, an address, a ~ that no
// shell has replaced.
#pragma once

#include <string>

#include "config/options.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// kUsage when `text` is plainly something else than a path, and no file of that name exists. The text is never
/// repeated where it may be a key.
[[nodiscard]] Result<void> check_file_name(const std::string& text);

/// The same of each file option that counts and that the command looks at, blamed on where it was given.
[[nodiscard]] Result<void> check_file_names(const Options& options);

/// For what prints options: `text`, or words for it where it may be the text of a key.
[[nodiscard]] std::string without_key_text(const std::string& text);

}  // namespace fleet_provision

// Detects values that are not file names although a file name is expected: a file's content, a URL, an unexpanded ~.
#pragma once

#include <string>

#include "config/options.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// Fails with kUsage if `text` is clearly not a path and no such file exists. Messages do not repeat text that may be a
/// key.
[[nodiscard]] Result<void> check_file_name(const std::string& text);

/// Checks all file options that apply to the command; errors name the setting.
[[nodiscard]] Result<void> check_file_names(const Options& options);

/// `text` for printing; a placeholder if it may be the content of a key.
[[nodiscard]] std::string without_key_text(const std::string& text);

}  // namespace fleet_provision

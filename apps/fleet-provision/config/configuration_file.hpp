// Configuration files: one JSON object whose keys are the long names of options.
//
// `port`, `timeout` and the like are numbers, flags true or false, `parameter` an array of strings KEY=VALUE,
// `parameters` a file name or the object itself; all others are strings. `$schema`, which editors use, is ignored. An
// unknown key, a repeated key and a value of the wrong type are kConfiguration; the message names file, line and key.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/option_table.hpp"
#include "cli/setting.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// The settings of one file. Fails with kFileNotFound, kFileUnreadable or kConfiguration.
[[nodiscard]] Result<std::map<OptionId, Setting>> read_configuration_file(const std::string& path);

/// The existing files of `DIRECTORY/config.json`, then `DIRECTORY/config.d/*.json` in byte order. Fails with
/// kFileUnreadable if config.d cannot be read.
[[nodiscard]] Result<std::vector<std::string>> default_configuration_files(const std::string& directory);

}  // namespace fleet_provision

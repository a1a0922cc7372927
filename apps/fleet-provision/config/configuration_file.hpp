// Configuration files: one JSON object whose keys are the long names of options.
//
// `port`, `timeout` and their like are numbers, flags true or false, `parameter` an array of texts KEY=VALUE,
// `parameters` the name of a file or the object itself; everything else is text. `$schema`, for editors, is passed
// over. An unknown key, a key given twice and a value of another type are kConfiguration, with file, line and key.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/option_table.hpp"
#include "cli/setting.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// The settings of one file. kFileNotFound, kFileUnreadable, kConfiguration.
[[nodiscard]] Result<std::map<OptionId, Setting>> read_configuration_file(const std::string& path);

/// `DIRECTORY/config.json`, then `DIRECTORY/config.d/*.json` in the order of their bytes: those that exist.
/// kFileUnreadable when config.d cannot be read.
[[nodiscard]] Result<std::vector<std::string>> default_configuration_files(const std::string& directory);

}  // namespace fleet_provision

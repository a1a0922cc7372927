// Records as files: certificates/ID.json and things/NAME.json in the state directory.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "service/record_store.hpp"

namespace fleet_provision::simulator {

/// Creates the two directories. kStateNotWritable. A record that cannot be written later is reported on stderr, and the
/// service continues.
[[nodiscard]] Result<std::unique_ptr<Store>> open_state_store(const std::string& state_dir);

}  // namespace fleet_provision::simulator

// The stdin of a batch whose options read it: read once, then given to each child.
#pragma once

#include "adapters/system/descriptor.hpp"
#include "config/options.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

/// Whether the runs of units read stdin: --claim or --parameters is `-`.
[[nodiscard]] bool children_read_stdin(const Options& options);

/// Copies stdin to memory (it may hold the claim's private key), within the time limit of
/// adapters/system/reading_limit.hpp, and makes the copy the process's stdin, at its beginning. Returns another
/// descriptor of it. A reader of stdin moves the offset, which all descriptors share: open /proc/self/fd/N for one of
/// its own. Fails with kFileUnreadable, kUsage for more than 1 MiB, or kOutOfResources.
[[nodiscard]] Result<Descriptor> copy_of_stdin();

}  // namespace fleet_provision::batch

// What a process must settle before its first thread: descriptors, signals, core dumps, environment.
#pragma once

#include "adapters/system/interrupt.hpp"
#include "config/options.hpp"

namespace fleet_provision {

/// Descriptors 0 to 2 are open (on /dev/null where the caller closed them), SIGPIPE and SIGXFSZ are ignored and SIGCHLD
/// is not, no core is dumped and no other process of the user may look into this one.
[[nodiscard]] Result<void> settle_process();

/// The environment as it was given. The variables that Paho would follow (proxies, its trace of payloads on stdout)
/// are taken away from the process afterwards; they stay in the value returned.
[[nodiscard]] Environment take_environment();

/// SIGINT and SIGTERM raise `interrupt` from now on; it must outlive the process's threads.
void deliver_signals_to(Interrupt& interrupt);

/// The process ends with `code` after `delay`, whatever its threads are stuck in.
void end_process_after(std::chrono::milliseconds delay, int code);

}  // namespace fleet_provision

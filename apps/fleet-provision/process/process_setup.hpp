// What a process sets up before its first thread: descriptors, signals, core dumps, environment.
#pragma once

#include "adapters/system/interrupt.hpp"
#include "config/options.hpp"

namespace fleet_provision {

/// Opens descriptors 0 to 2 on /dev/null where the caller closed them, ignores SIGPIPE and SIGXFSZ, resets SIGCHLD, and
/// disables core dumps and ptrace by other processes of the user, and names the process. Fails if /dev/null cannot be
/// opened.
[[nodiscard]] Result<void> prepare_process();

/// The environment as the caller gave it. Variables that Paho would read (proxies, its trace of payloads on stdout) are
/// then removed from the process; they stay in the returned value.
[[nodiscard]] Environment take_environment();

/// From now on SIGINT and SIGTERM raise `interrupt`, which must outlive the process's threads.
void deliver_signals_to(Interrupt& interrupt);

/// From now on SIGHUP, which the kernel sends when the terminal is closed, stops as SIGTERM does. An ignored one stays
/// ignored, as with nohup.
void deliver_hang_up();

/// From now on a SIGINT that follows the first signal by half a second ends the process at once, with exit code 130. A
/// program such as timeout(1) sends the first signal twice within moments. `live_line`: the line of the cursor on
/// stderr is erased then.
void end_on_second_interrupt(bool live_line);

/// Ends the process with `code` after `delay`, even if its threads are stuck.
void end_process_after(std::chrono::milliseconds delay, int code);

}  // namespace fleet_provision

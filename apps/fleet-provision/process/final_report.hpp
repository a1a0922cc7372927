// How a process ends that has run out of memory or threads, wherever that happens.
//
// Most of what allocates here, and two of the threads, belong to libraries that cannot handle a refusal: they crash,
// hang or blame the server. So the program ends at the first refusal. The state directory survives a cut at any moment,
// so ending loses nothing. What remains is to report the error and, with --json, the whole result. A piece of address
// space is reserved for that at start and released at that moment.
//
// The result is reported once, by one of three threads: the one that runs the command, the watchdog (a run that does
// not end after a signal or its timeout), or the one that met a refusal. The thread that claims the final report writes
// it and ends the process.
#pragma once

#include <functional>

#include "core/error.hpp"

namespace fleet_provision {

/// Before the first allocation: reserves the space, sets the stack sizes that a run needs, and keeps argv and the
/// environment. Ends the process (75) if there is not even that much memory. Called once, before main.
void prepare_final_report(int argc, char** argv, char** environment);

/// Whether the calling thread is to write the result; true for one thread only.
[[nodiscard]] bool claim_final_report();

/// Writes the result of a run that ends with an error; returns the exit code.
using ReportEnd = std::function<int(Error)>;

/// Registers the function that writes the result when resources run out, for as long as this object lives; the
/// innermost one counts. Must be destroyed before what the function refers to.
class FinalReporter {
 public:
  explicit FinalReporter(ReportEnd report_end);
  FinalReporter(const FinalReporter&) = delete;
  FinalReporter& operator=(const FinalReporter&) = delete;
  ~FinalReporter();

 private:
  ReportEnd report_end_;
  const ReportEnd* outer_;
};

/// Handles a refusal; `retry` requests the refused resource again. Ends the process with the error that `lack` makes.
/// In a process that is already ending, returns once `retry` succeeds.
using Retry = bool (*)(void* request);
void end_out_of_resources(Error (*lack)(), Retry retry, void* request);

}  // namespace fleet_provision

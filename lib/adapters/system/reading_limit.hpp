// Files that need not end: a pipe without a writer, a slow device.
//
// Reading is the one wait that happens before a run has its parts, and in many places; so its limit is set once, around
// them, for the thread that reads. What a disk holds is read without a wait.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>

#include "adapters/system/interrupt.hpp"
#include "core/deadline.hpp"

namespace fleet_provision {

/// While it lives, reads of this thread wait for what is no file on a disk until `deadline`, and end early when
/// `interrupt` is raised (null: nothing ends them). The innermost one counts. Without one they wait for ever.
class ReadingLimit {
 public:
  ReadingLimit(Instant deadline, const Interrupt* interrupt);
  ReadingLimit(const ReadingLimit&) = delete;
  ReadingLimit& operator=(const ReadingLimit&) = delete;
  ~ReadingLimit();

  [[nodiscard]] Instant deadline() const { return deadline_; }
  [[nodiscard]] const Interrupt* interrupt() const { return interrupt_; }

 private:
  Instant deadline_;
  const Interrupt* interrupt_;
  const ReadingLimit* outer_;
};

/// Opens a file for LimitedReader; negative and errno. A pipe without a writer is opened as well.
[[nodiscard]] int open_to_read(const std::string& path);

/// Reads an open file from where it stands.
class LimitedReader {
 public:
  explicit LimitedReader(int descriptor);

  /// As read(2), but ETIMEDOUT when the limit has come and ECANCELED when the run is told to stop.
  [[nodiscard]] ssize_t read(char* to, std::size_t size);

 private:
  [[nodiscard]] bool await() const;

  int descriptor_;
  bool may_wait_ = true;
  /// A pipe that nobody has opened for writing yet looks like one at its end.
  bool seen_any_ = false;
};

/// What ETIMEDOUT and ECANCELED of a LimitedReader mean for `name`; nothing for any other number.
[[nodiscard]] std::optional<Error> reading_stopped(int number, const std::string& name);

}  // namespace fleet_provision

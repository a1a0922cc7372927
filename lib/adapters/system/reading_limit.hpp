// A time limit for reading files that may never end, such as a pipe without a writer or a slow device.
//
// Files are read in many functions, also before the objects of a run exist, so the limit is not an argument: a
// ReadingLimit sets it for the calling thread. Reading a regular file does not wait.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>

#include "adapters/system/interrupt.hpp"
#include "core/deadline.hpp"

namespace fleet_provision {

/// While this object lives, reads of pipes and devices in this thread wait at most until `deadline`, and end early when
/// `interrupt` is raised (null: they cannot be interrupted). The innermost object counts. Without an object such reads
/// wait for ever.
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

/// Opens a file for LimitedReader; negative, with errno set, if open fails. Succeeds for a pipe without a writer.
[[nodiscard]] int open_to_read(const std::string& path);

/// Reads an open file from its current offset.
class LimitedReader {
 public:
  explicit LimitedReader(int descriptor);
  /// `facts` are those of fstat.
  LimitedReader(int descriptor, const struct stat& facts);

  /// As read(2), but ETIMEDOUT at the deadline and ECANCELED when the run is interrupted.
  [[nodiscard]] ssize_t read(char* to, std::size_t size);

 private:
  [[nodiscard]] bool await() const;

  int descriptor_;
  bool may_wait_ = true;
  /// read reports the end of the file for a pipe that no process has opened for writing yet.
  bool seen_any_ = false;
};

/// The error of reading `name` for ETIMEDOUT and ECANCELED of a LimitedReader; nothing for any other number.
[[nodiscard]] std::optional<Error> reading_stopped(int number, const std::string& name);

}  // namespace fleet_provision

// The directory of --output-dir: its lock, and the files in it. Links are not followed below it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/system/descriptor.hpp"
#include "adapters/system/state_lock.hpp"
#include "batch/record/append_file.hpp"
#include "batch/record/batch_facts.hpp"
#include "batch/record/ledger.hpp"
#include "batch/record/results.hpp"
#include "batch/record/unit_result.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

/// DIR, locked by this process while the object lives. No child process inherits its descriptors.
class OutputDirectory {
 public:
  /// Creates DIR (0755, durable) and its parents if needed and takes DIR/lock; kLocked names the holder's process ID.
  /// kStateNotPrivate for a directory that other users can write to, and for a lock that is not a regular file with one
  /// name, or of a foreign owner.
  [[nodiscard]] static Result<OutputDirectory> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int descriptor() const { return directory_.get(); }
  /// DIR/results.jsonl; see open_results_in.
  [[nodiscard]] Result<std::unique_ptr<AppendFile>> open_results() const;
  /// Replaces DIR/NAME by one rename, synced; mode 0644.
  [[nodiscard]] Result<void> replace(const std::string& name, std::string_view bytes) const;

 private:
  OutputDirectory(std::string path, Descriptor directory, StateLock lock)
      : path_(std::move(path)), directory_(std::move(directory)), lock_(std::move(lock)) {}

  std::string path_;
  Descriptor directory_;
  StateLock lock_;
};

}  // namespace fleet_provision::batch

// The directory of --output-dir: its lock, results.jsonl and batch.json.
//
// results.jsonl only grows. A line counts once it was written and synced; what a power cut left of a line that did not
// count is removed when the file is opened (bytes after the last line feed, and lines at the end that are not JSON, as
// some file systems leave blocks of zeros). A damaged line elsewhere is an error: nothing is removed that may have
// counted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/system/descriptor.hpp"
#include "batch/record/ledger.hpp"
#include "batch/record/unit_result.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

/// results.jsonl with one operation for each system call whose order matters; tests lose power between any two.
/// Errors: kDiskFull (ENOSPC, EDQUOT, EFBIG), kDiskError (EIO and the rest), kStateNotWritable.
class AppendFile {
 public:
  AppendFile() = default;
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  virtual ~AppendFile() = default;

  [[nodiscard]] virtual Result<std::uint64_t> size() = 0;
  /// At most `limit` bytes from `offset`; fewer at the end of the file.
  [[nodiscard]] virtual Result<std::string> read(std::uint64_t offset, std::size_t limit) = 0;
  /// Writes at the end. After a failure any number of the bytes may be there.
  [[nodiscard]] virtual Result<void> append(std::string_view bytes) = 0;
  [[nodiscard]] virtual Result<void> truncate(std::uint64_t size) = 0;
  [[nodiscard]] virtual Result<void> sync() = 0;
};

/// The results of a batch over one file.
class Results {
 public:
  /// Reads the file and repairs its end. `warnings` names what was removed.
  [[nodiscard]] static Result<Results> open(std::unique_ptr<AppendFile> file, std::vector<std::string>& warnings);

  /// Appends the lines in one write, syncs, and only then records them in the ledger. After a failure the file holds
  /// none of them, or the end that the next `open` removes; the caller may try again.
  [[nodiscard]] Result<void> append(const std::vector<UnitResult>& results);
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  /// The last result of a unit.
  [[nodiscard]] Result<UnitResult> read(const Ledger::Entry& entry) const;

 private:
  explicit Results(std::unique_ptr<AppendFile> file) : file_(std::move(file)) {}

  std::unique_ptr<AppendFile> file_;
  /// The size up to which all lines count.
  std::uint64_t size_ = 0;
  Ledger ledger_;
};

/// DIR, locked by this process while the object lives.
class OutputDirectory {
 public:
  /// Creates DIR (0755, durable) if needed and takes DIR/lock; kLocked names the holder's process ID.
  [[nodiscard]] static Result<OutputDirectory> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int descriptor() const { return directory_.get(); }
  /// DIR/results.jsonl, created (0644) if needed; its name is durable.
  [[nodiscard]] Result<std::unique_ptr<AppendFile>> open_results() const;
  /// Replaces DIR/NAME by one rename, synced.
  [[nodiscard]] Result<void> replace(const std::string& name, std::string_view bytes) const;

 private:
  OutputDirectory(std::string path, Descriptor directory, Descriptor lock)
      : path_(std::move(path)), directory_(std::move(directory)), lock_(std::move(lock)) {}

  std::string path_;
  Descriptor directory_;
  Descriptor lock_;
};

/// DIR/batch.json, written when a batch starts: what `--report` shows beyond the results.
struct BatchFacts {
  std::string manifest;
  std::size_t units = 0;
  /// As given by --shard.
  std::string shard = "1/1";
  std::string endpoint;
  std::string template_name;
  WallTime started_at;
};
[[nodiscard]] std::string to_json(const BatchFacts& facts);
/// Fails with kResultsDamaged.
[[nodiscard]] Result<BatchFacts> parse_batch_facts(std::string_view json);

/// DIR/results.jsonl for reading alone, without the lock and without a repair: for --report. A torn end is left out.
[[nodiscard]] Result<std::unique_ptr<AppendFile>> open_results_of(const std::string& directory);

}  // namespace fleet_provision::batch

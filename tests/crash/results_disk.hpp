// A results.jsonl that loses what was not synced.
//
// The file exists twice: as programs see it, and as it is on the disk. An append lengthens the first; a sync makes the
// second equal to it. At a power cut any beginning of what was appended may be on the disk, or zeros in its place. When
// a sync fails, the bytes that it did not write are not written by a later sync either, because the kernel regards them
// as written; cutting them off is the only way out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "batch/record/append_file.hpp"
#include "tests/fakes/fake_disk.hpp"

namespace fleet_provision::batch::crash {

/// What becomes of bytes that were not synced.
struct Survival {
  /// So many of them are on the disk.
  std::size_t written = 0;
  /// So many zeros follow.
  std::size_t zeros = 0;
};

struct ResultsDisk {
  std::string seen;
  std::string durable;
  /// The range of `seen` that the kernel has forgotten to write.
  std::size_t forgotten_begin = 0;
  std::size_t forgotten_end = 0;
  unsigned operations = 0;
  /// Called before each changing operation with its number, from 1; may throw fakes::PowerCut or return an error.
  std::function<Result<void>(unsigned number, std::string_view operation)> before;
  /// Of an append that fails so many bytes are written.
  std::size_t short_write = 0;
  /// Mistakes on purpose: the operation is left out but succeeds.
  bool without_sync = false;
  bool without_truncate = false;
  /// Only the sync of this number in each batch, from 1, is left out.
  unsigned sync_left_out = 0;
  unsigned syncs = 0;

  /// The number of bytes that are not on the disk.
  [[nodiscard]] std::size_t unsynced() const { return seen.size() - std::min(seen.size(), durable.size()); }

  void cut(const Survival& survival) {
    // A file that was cut off without a sync may have either length: the longer one is the one that tells more.
    if (seen.size() > durable.size()) {
      durable += seen.substr(durable.size(), survival.written);
      durable.append(survival.zeros, '\0');
    }
    seen = durable;
    forgotten_begin = forgotten_end = 0;
  }
};

class CrashingFile final : public AppendFile {
 public:
  explicit CrashingFile(ResultsDisk& disk) : disk_(disk) {}

  Result<std::uint64_t> size() override { return std::uint64_t{disk_.seen.size()}; }
  Result<std::string> read(std::uint64_t offset, std::size_t limit) override {
    return disk_.seen.substr(static_cast<std::size_t>(offset), limit);
  }
  Result<void> append(std::string_view bytes) override {
    auto allowed = begin("append");
    disk_.seen += allowed ? bytes : bytes.substr(0, disk_.short_write);
    return allowed;
  }
  Result<void> truncate(std::uint64_t size) override {
    FP_TRY(begin("truncate"));
    if (disk_.without_truncate) return {};
    disk_.seen.resize(static_cast<std::size_t>(size));
    disk_.forgotten_end = std::min(disk_.forgotten_end, disk_.seen.size());
    disk_.forgotten_begin = std::min(disk_.forgotten_begin, disk_.forgotten_end);
    return {};
  }
  Result<void> sync() override {
    auto allowed = begin("sync");
    if (!allowed) {
      disk_.forgotten_begin = std::min(disk_.durable.size(), disk_.seen.size());
      disk_.forgotten_end = disk_.seen.size();
      return allowed;
    }
    if (disk_.without_sync || ++disk_.syncs == disk_.sync_left_out) return {};
    disk_.durable = disk_.seen;
    std::fill(disk_.durable.begin() + static_cast<std::ptrdiff_t>(disk_.forgotten_begin),
              disk_.durable.begin() + static_cast<std::ptrdiff_t>(disk_.forgotten_end), '\0');
    return {};
  }

 private:
  Result<void> begin(std::string_view operation) {
    ++disk_.operations;
    return disk_.before ? disk_.before(disk_.operations, operation) : Result<void>();
  }

  ResultsDisk& disk_;
};

}  // namespace fleet_provision::batch::crash

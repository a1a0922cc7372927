// A results.jsonl in memory.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "batch/record/append_file.hpp"

namespace fleet_provision::batch::fakes {

/// A file that keeps its bytes in memory, and fails when told to.
struct Bytes {
  std::string bytes;
  unsigned syncs = 0;
  /// The next append writes this many bytes and fails.
  int short_write = -1;
  bool sync_fails = false;
  bool truncate_fails = false;
  bool read_only = false;
};

class MemoryFile final : public AppendFile {
 public:
  explicit MemoryFile(Bytes& file) : file_(file) {}

  Result<std::uint64_t> size() override { return std::uint64_t{file_.bytes.size()}; }
  Result<std::string> read(std::uint64_t offset, std::size_t limit) override {
    return file_.bytes.substr(static_cast<std::size_t>(offset), limit);
  }
  Result<void> append(std::string_view bytes) override {
    if (file_.short_write >= 0) {
      file_.bytes += bytes.substr(0, static_cast<std::size_t>(std::exchange(file_.short_write, -1)));
      return fail(ErrorKind::kDiskFull, "the disk is full");
    }
    file_.bytes += bytes;
    return {};
  }
  Result<void> truncate(std::uint64_t size) override {
    if (file_.truncate_fails) return fail(ErrorKind::kDiskError, "cannot shorten");
    file_.bytes.resize(static_cast<std::size_t>(size));
    return {};
  }
  Result<void> sync() override {
    ++file_.syncs;
    if (file_.sync_fails) return fail(ErrorKind::kDiskError, "cannot sync");
    return {};
  }
  [[nodiscard]] std::string path() const override { return "line1/results.jsonl"; }
  [[nodiscard]] bool is_read_only() const override { return file_.read_only; }

 private:
  Bytes& file_;
};

}  // namespace fleet_provision::batch::fakes

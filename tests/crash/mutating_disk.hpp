// A disk with a deliberate fault: forwards every operation, but omits one sync or does one step in the wrong order.
//
// The matrix of power cuts must find a violation with each such mutation, or else it proves nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ports/disk.hpp"

namespace fleet_provision::crash {

enum class Mutation : unsigned char {
  kNone,
  /// The nth sync (of a file or a directory) is omitted.
  kSyncLeftOut,
  /// A new journal gets its name before its bytes are synced.
  kJournalNamedBeforeSynced,
  /// The journal with its token still exists when pending/ gets its final name.
  kJournalStays,
  /// The mode of the directory is never changed to 0755.
  kModeForgotten,
};

class MutatingDisk : public Disk {
 public:
  MutatingDisk(Disk& disk, Mutation mutation, unsigned nth = 0) : disk_(disk), mutation_(mutation), nth_(nth) {}

  Result<std::optional<EntryFacts>> inspect(const std::string& path) override { return disk_.inspect(path); }
  Result<std::optional<Secret>> read(const std::string& path, std::size_t limit) override {
    return disk_.read(path, limit);
  }
  Result<std::vector<std::string>> list(const std::string& directory) override { return disk_.list(directory); }
  Result<void> make_root() override { return disk_.make_root(); }
  Result<void> lock() override { return disk_.lock(); }
  Result<void> make_directory(const std::string& path) override { return disk_.make_directory(path); }
  Result<void> write_new(const std::string& path, std::string_view bytes) override {
    return disk_.write_new(path, bytes);
  }
  Result<void> sync_file(const std::string& path) override {
    if (left_out("sync_file " + path)) return {};
    if (mutation_ == Mutation::kJournalNamedBeforeSynced && path == "pending/journal.new") return {};
    return disk_.sync_file(path);
  }
  Result<void> sync_directory(const std::string& path) override {
    if (left_out("sync_directory " + path)) return {};
    return disk_.sync_directory(path);
  }
  Result<void> set_mode(const std::string& path, unsigned mode) override {
    if (mutation_ == Mutation::kModeForgotten && path == "pending") return {};
    return disk_.set_mode(path, mode);
  }
  Result<void> set_owner(const std::string& path, const Owner& owner) override { return disk_.set_owner(path, owner); }
  Result<void> rename(const std::string& from, const std::string& to) override {
    FP_TRY(disk_.rename(from, to));
    if (mutation_ == Mutation::kJournalNamedBeforeSynced && to == "pending/journal") return disk_.sync_file(to);
    return {};
  }
  Result<bool> exchange(const std::string& a, const std::string& b) override { return disk_.exchange(a, b); }
  Result<void> remove_file(const std::string& path) override {
    if (mutation_ == Mutation::kJournalStays && path == "pending/journal") return {};
    return disk_.remove_file(path);
  }
  Result<void> remove_directory(const std::string& path) override { return disk_.remove_directory(path); }
  [[nodiscard]] std::string root() const override { return disk_.root(); }

  /// Every requested sync, in order.
  std::vector<std::string> syncs;

 private:
  bool left_out(const std::string& sync) {
    syncs.push_back(sync);
    return mutation_ == Mutation::kSyncLeftOut && syncs.size() == nth_;
  }

  Disk& disk_;
  Mutation mutation_;
  unsigned nth_;
};

}  // namespace fleet_provision::crash

// A disk that loses every change that was not synced.
//
// It stores bytes and names separately. A file's bytes are durable after sync_file; a name (created, renamed,
// exchanged, removed) is durable after sync_directory of its directory. At a power cut each unsynced change is kept,
// lost or torn as Survival defines; changes of names need not survive in the order in which they were made, because no
// file system guarantees that.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ports/disk.hpp"

namespace fleet_provision::fakes {

/// Thrown instead of the operation before which the power is cut.
struct PowerCut {};

/// Defines which unsynced changes of names and which unsynced bytes survive.
struct Survival {
  enum class Names : unsigned char { kKept, kLost, kOldestOnly, kNewestOnly, kAllButOldest, kAllButNewest };
  enum class Data : unsigned char { kKept, kLost, kTorn };
  Names names = Names::kLost;
  Data data = Data::kLost;
};
[[nodiscard]] std::vector<Survival> all_survivals();

class FakeDisk final : public Disk {
 public:
  FakeDisk();

  Result<std::optional<EntryFacts>> inspect(const std::string& path) override;
  Result<std::optional<Secret>> read(const std::string& path, std::size_t limit) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<void> make_root() override;
  Result<void> lock() override;
  Result<void> make_directory(const std::string& path) override;
  Result<void> write_new(const std::string& path, std::string_view bytes) override;
  Result<void> sync_file(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<void> set_mode(const std::string& path, unsigned mode) override;
  Result<void> set_owner(const std::string& path, const Owner& owner) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<bool> exchange(const std::string& a, const std::string& b) override;
  Result<void> remove_file(const std::string& path) override;
  Result<void> remove_directory(const std::string& path) override;
  [[nodiscard]] std::string root() const override { return "/state"; }

  /// Simulates a power cut and the return of power.
  void cut(const Survival& survival);
  /// A disk with the same files and the same unsynced changes, without the hooks of this one.
  [[nodiscard]] std::unique_ptr<FakeDisk> clone() const;
  /// All that later operations can find on a disk that has just been cut, as text.
  [[nodiscard]] std::string state() const;
  /// Simulates the end of the process; its unsynced changes stay in memory.
  void release_lock() { locked_ = false; }

  /// Called before each changing or syncing operation with its name; may throw PowerCut or return an error.
  std::function<Result<void>(const std::string& operation)> before;
  /// Called before each operation that only reads, such as "read journal.json"; may return an error.
  std::function<Result<void>(const std::string& operation)> before_reading;
  bool can_exchange = true;
  bool locked_by_other = false;
  /// False simulates FAT, where modes cannot be changed.
  bool keeps_modes = true;
  /// Every operation and sync as text, for counting.
  std::vector<std::string> log;

  // Direct access for tests.
  void put(const std::string& path, const std::string& bytes, unsigned mode = 0600);
  void put_entry(const std::string& path, const EntryFacts& facts);
  [[nodiscard]] bool holds(const std::string& text) const;
  [[nodiscard]] std::optional<std::string> text(const std::string& path) const;
  [[nodiscard]] std::optional<unsigned> mode(const std::string& path) const;
  void set_facts(const std::string& path, bool owned_by_us, unsigned mode);

 private:
  struct Node;
  using NodeRef = std::shared_ptr<Node>;
  using Change = std::vector<std::pair<std::string, NodeRef>>;
  struct Node {
    EntryType type = EntryType::kFile;
    unsigned mode = 0600;
    bool owned_by_us = true;
    std::uint32_t user = 0;
    std::string bytes;
    std::optional<std::string> durable_bytes;
    std::map<std::string, NodeRef> names;
    std::map<std::string, NodeRef> durable_names;
    std::vector<Change> unsynced;
  };

  Result<void> begin(const std::string& operation);
  Result<void> begin_reading(const std::string& operation) const;
  [[nodiscard]] NodeRef find(const std::string& path) const;
  [[nodiscard]] NodeRef parent(const std::string& path) const;
  static std::string base(const std::string& path);
  static void apply(std::map<std::string, NodeRef>& names, const Change& change);
  static void change(Node& directory, Change change);
  static void forget(Node& node, const Survival& survival);
  /// `clones` has the nodes that were cloned already, because several names may stand for one node.
  static NodeRef clone(const NodeRef& node, std::map<const Node*, NodeRef>& clones);
  static std::string state_of(const Node& node);
  static bool contains(const Node& node, const std::string& text);

  NodeRef root_;
  bool root_exists_ = false;
  bool locked_ = false;
};

}  // namespace fleet_provision::fakes

// The state directory: what is durable, and in which order it becomes so.
//
//   pending/journal          what was reached, replaced by write, fsync, rename, fsync of the directory
//   pending/private-key.pem  written once, before the journal that speaks of it
//   pending/…                the files of the identity, once the service knows the gateway (milestone Enrolled)
//   on-success-owed          which identity the program of --on-success is owed for; from before the commit until it
//                            has exited 0
//   identity/                pending/ under its final name: one rename, after journal and token are gone
//
// A pending/ without a journal is either whole, and then the commit was under way, or holds nothing that was ever
// sent. Two whole directories are told apart by `replaces`: what identity/ says it replaced becomes previous/, anything
// else is the newer one. So a power cut between any two steps leaves a state that `open` finishes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/milestones.hpp"
#include "ports/disk.hpp"
#include "ports/keysmith.hpp"
#include "ports/observer.hpp"

namespace fleet_provision {

/// What a commit is to do besides.
struct CommitDuties {
  std::optional<Owner> owner;
  /// Leaves a mark that the program of --on-success is owed, durable before the commit.
  bool owes_on_success = false;
};

class Vault {
 public:
  Vault(Disk& disk, Keysmith& keysmith, Observer& observer, CommitDuties duties = {})
      : disk_(disk), keysmith_(keysmith), observer_(observer), duties_(duties) {}

  /// The identity in its place, whole; nothing when there is none; kIdentityDamaged. Takes no lock, writes nothing.
  [[nodiscard]] Result<std::optional<Identity>> look();
  [[nodiscard]] Result<bool> has_pending();
  /// kStateNotPrivate when others may write to the state directory: nothing that stands in it is to be relied upon.
  [[nodiscard]] Result<void> require_sole_writer();

  /// Makes and locks the state directory and finishes a commit that was cut off; true when that put an identity in
  /// place. kLocked, kStateNotWritable, kStateNotPrivate.
  [[nodiscard]] Result<bool> open();
  /// Makes `pending/` and proves that it is private: the first thing that tells a full or read-only disk.
  [[nodiscard]] Result<void> prepare();

  /// What an earlier run left; nothing when there is nothing to go on from. Takes no lock, writes nothing.
  [[nodiscard]] Result<std::optional<Journal>> peek();
  /// What an earlier run left, made durable once more; nothing when there is nothing to go on from.
  [[nodiscard]] Result<std::optional<Journal>> load();
  /// Durable when it returns. Installed is for `install`.
  [[nodiscard]] Result<void> save(const Journal& journal);
  /// Takes back a milestone Enrolled, before a journal of an earlier milestone is saved.
  [[nodiscard]] Result<void> withdraw();
  /// Proves `pending/` once more and puts it in place; the identity before becomes `previous/`.
  [[nodiscard]] Result<void> install();

  /// Durably notes in the identity in its place that it was verified.
  [[nodiscard]] Result<void> store_verified(const Identity& identity);
  /// Whether the program of --on-success has not yet exited 0 for this identity. Takes no lock.
  [[nodiscard]] Result<bool> owes_on_success(const Identity& identity);
  [[nodiscard]] Result<void> on_success_is_done();

 private:
  [[nodiscard]] Result<bool> recover();
  [[nodiscard]] Result<void> require_private(const std::string& path, EntryType type);
  [[nodiscard]] Result<void> load_key(Journal& journal);
  [[nodiscard]] Result<void> recognize_enrolled(Journal& journal);
  [[nodiscard]] Result<void> settle(const Journal& journal);
  [[nodiscard]] Result<void> write_key(const DeviceKey& key);
  [[nodiscard]] Result<void> write_journal(const Journal& journal);
  [[nodiscard]] Result<void> place(const Identity& identity);
  [[nodiscard]] Result<void> replace(const Identity& identity);
  [[nodiscard]] Result<void> clear(const std::string& directory);
  void keep_as_previous();
  [[nodiscard]] Result<void> owe_on_success(const Identity& identity);
  [[nodiscard]] Result<void> give_away(const std::vector<std::string>& names);
  [[nodiscard]] bool is_being_given_away(const EntryFacts& facts, EntryType type);

  Disk& disk_;
  Keysmith& keysmith_;
  Observer& observer_;
  CommitDuties duties_;
  /// `pending/` exists and is private.
  bool prepared_ = false;
  /// The name `pending` is known to be durable.
  bool name_durable_ = false;
  /// Fingerprint of the key that private-key.pem durably holds.
  std::string key_on_disk_;
};

}  // namespace fleet_provision

// The state directory: its files, and the order in which they become durable.
//
//   pending/journal          the milestone reached, replaced by write, fsync, rename, fsync of the directory
//   pending/private-key.pem  written once, before the journal that mentions it
//   pending/…                the files of the identity, once the service knows the gateway (milestone Enrolled)
//   on-success-owed          for which identity the program of --on-success has yet to succeed
//   identity/                pending/ under its final name
//   previous/                the identity before
//
// commit.hpp describes how pending/ becomes identity/, and the recovery at a start.
#pragma once

#include <optional>
#include <string>

#include "core/milestones.hpp"
#include "ports/disk.hpp"
#include "ports/keysmith.hpp"
#include "ports/observer.hpp"
#include "workflow/state/commit.hpp"

namespace fleet_provision {

/// kNotProvisioned, for a command that needs an identity.
[[nodiscard]] Failure not_provisioned(const Disk& disk);

class Vault {
 public:
  Vault(Disk& disk, Keysmith& keysmith, Observer& observer, const CommitOptions& options = {})
      : disk_(disk),
        keysmith_(keysmith),
        observer_(observer),
        owner_(options.owner),
        commit_(disk, keysmith, observer, options) {}

  /// The installed identity, complete; nothing if there is none; kIdentityDamaged. Takes no lock, writes nothing.
  [[nodiscard]] Result<std::optional<Identity>> read_identity();
  [[nodiscard]] Result<bool> has_pending();
  /// kStateNotPrivate if other users may write to the state directory, because its content then cannot be trusted.
  [[nodiscard]] Result<void> require_sole_writer();

  /// Creates and locks the state directory and completes an interrupted commit; true if that installed an identity.
  /// kLocked, kStateNotWritable, kStateNotPrivate.
  [[nodiscard]] Result<bool> open();
  /// Creates `pending/` and checks that it is private: the first operation that a full or read-only disk refuses.
  [[nodiscard]] Result<void> prepare();

  /// The journal of an earlier run; nothing if there is nothing to resume. Takes no lock, writes nothing.
  [[nodiscard]] Result<std::optional<Journal>> peek();
  /// The journal of an earlier run, after it was made durable again; nothing if there is nothing to resume.
  [[nodiscard]] Result<std::optional<Journal>> load();
  /// Saves the journal durably. For Installed use `install`.
  [[nodiscard]] Result<void> save(const Journal& journal);
  /// Takes back a milestone Enrolled, before a journal of an earlier milestone is saved.
  [[nodiscard]] Result<void> withdraw();
  /// Checks the identity in `pending/` again and installs it; the existing identity becomes `previous/`.
  [[nodiscard]] Result<void> install();

  /// Records durably in the installed identity that it was verified.
  [[nodiscard]] Result<void> store_verified(const Identity& identity);

 private:
  [[nodiscard]] Result<void> require_private(const std::string& path, EntryType type);
  [[nodiscard]] Result<std::string> objection_to(const EntryFacts& facts, EntryType type);
  [[nodiscard]] Result<void> make_pending();
  [[nodiscard]] Result<void> probe_disk();
  [[nodiscard]] Result<void> load_key(Journal& journal);
  [[nodiscard]] Result<void> recognize_enrolled(Journal& journal);
  [[nodiscard]] Result<void> make_durable(const Journal& journal);
  [[nodiscard]] Result<void> write_key(const DeviceKey& key);
  [[nodiscard]] Result<void> write_journal(const Journal& journal);
  [[nodiscard]] bool is_being_given_away(const EntryFacts& facts, EntryType type);

  Disk& disk_;
  Keysmith& keysmith_;
  Observer& observer_;
  std::optional<Owner> owner_;
  Commit commit_;
  /// Whether `pending/` exists and is private.
  bool prepared_ = false;
  /// Whether the name `pending` is known to be durable.
  bool name_durable_ = false;
  /// Fingerprint of the key that private-key.pem durably holds.
  std::string key_on_disk_;
};

}  // namespace fleet_provision

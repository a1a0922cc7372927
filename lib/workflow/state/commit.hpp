// The commit, by which pending/ becomes identity/, and the recovery of an interrupted commit at a start.
//
// A commit takes these steps, each durable before the next:
//
//   1  the mark of --on-success is set, if a program is to be run
//   2  the journal with the ownership token is removed, and every other file that does not belong to the identity
//   3  public files get their modes, and all of them their owner; pending/ itself last
//   4  first identity:  rename pending/ → identity/
//      replacement:     exchange pending/ and identity/, then rename pending/ → previous/
//      (no exchange on this file system: rename identity/ → previous/, then pending/ → identity/; a start that finds
//      only the first of them done makes it durable before the second)
//
// The identity that previous/ held before a replacement is removed before the exchange. Its key, if this program made
// it in a token or at a TPM handle, is destroyed first (hardware_keys.hpp). Then both wait until the exchange is
// durable, and after a crash the next start repeats them: previous/ is removed last, and tells which key to destroy.
// Where two renames replace the exchange, they come before the first rename, as the name previous/ is needed.
//
// So a pending/ without a journal is an interrupted commit, or a run that was interrupted before its first save. After
// an exchange two complete identities exist; `replaces` in identity.json names the one that it replaced. The state on
// disk determines the next action of a start:
//
//   pending/  journal  identity in pending/       identity/                      next action
//   --------  -------  -------------------------  -----------------------------  -----------------------------------
//   absent                                                                       none
//   present   present                                                            resume from the journal
//   present   absent   incomplete                                                discard pending/: nothing was sent
//   present   absent   complete                   replaces the one in pending/   keep pending/ as previous/
//   present   absent   complete                   any other, damaged or absent   finish the commit, from step 1
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/identity.hpp"
#include "ports/disk.hpp"
#include "ports/keysmith.hpp"
#include "ports/observer.hpp"

namespace fleet_provision {

/// The columns of the table above.
struct DiskState {
  bool pending = false;
  bool journal = false;
  /// Fingerprint of the identity in pending/, if it is complete.
  std::optional<std::string> pending_identity = {};
  /// Fingerprint of the identity that the one in identity/ replaced.
  std::optional<std::string> replaced = {};
};

enum class NextAction : unsigned char { kNone, kResume, kDiscardPending, kKeepAsPrevious, kFinishCommit };

/// The table above.
[[nodiscard]] NextAction next_action(const DiskState& state);

struct CommitOptions {
  /// The owner of the files; absent means the user of this process.
  std::optional<Owner> owner;
  /// Whether to set the mark of --on-success.
  bool marks_on_success = false;
};

class Commit {
 public:
  /// All references outlive this object.
  Commit(Disk& disk, Keysmith& keysmith, Observer& observer, const CommitOptions& options)
      : disk_(disk), keysmith_(keysmith), observer_(observer), options_(options) {}

  /// Installs the complete identity of pending/ as identity/; the existing identity becomes previous/. Durable when it
  /// returns.
  [[nodiscard]] Result<void> install(const Identity& identity);
  /// Performs the action of the table for a pending/ that exists and is private, except resuming; true if that
  /// installed an identity.
  [[nodiscard]] Result<bool> recover();

 private:
  [[nodiscard]] Result<void> remove_all_but(const std::vector<std::string>& names);
  [[nodiscard]] Result<void> publish(const Identity& identity);
  [[nodiscard]] Result<void> give_away(const std::vector<std::string>& names);
  [[nodiscard]] Result<void> replace(const Identity& identity);
  [[nodiscard]] Result<void> replace_by_two_renames();
  [[nodiscard]] Result<void> keep_replaced_as_previous();
  void rename_to_previous();
  void warn_not_kept(const Error& why);
  [[nodiscard]] Result<void> discard_previous();
  [[nodiscard]] Result<void> remove_directory(const std::string& directory);

  Disk& disk_;
  Keysmith& keysmith_;
  Observer& observer_;
  CommitOptions options_;
};

}  // namespace fleet_provision

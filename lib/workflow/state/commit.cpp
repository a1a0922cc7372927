#include "workflow/state/commit.hpp"

#include <algorithm>

#include "workflow/state/hardware_keys.hpp"
#include "workflow/state/identity_files.hpp"
#include "workflow/state/on_success_mark.hpp"

namespace fleet_provision {
namespace {

const std::string kInstalled = kIdentityDirectory;
const std::string kPrevious = kPreviousDirectory;
constexpr unsigned kEnterableByAll = 0755;

}  // namespace

NextAction next_action(const DiskState& state) {
  if (!state.pending) return NextAction::kNone;
  if (state.journal) return NextAction::kResume;
  if (!state.pending_identity) return NextAction::kDiscardPending;
  if (state.replaced == state.pending_identity) return NextAction::kKeepAsPrevious;
  return NextAction::kFinishCommit;
}

Result<bool> Commit::recover() {
  DiskState state;
  state.pending = true;
  FP_TRY_ASSIGN(const std::optional<EntryFacts> journal, disk_.inspect(path_in(kPendingDirectory, kJournalFile)));
  state.journal = journal.has_value();
  std::optional<Identity> pending;
  if (!state.journal) {
    FP_TRY_ASSIGN(pending, read_undamaged_identity(disk_, keysmith_, kPendingDirectory));
  }
  if (pending) {
    state.pending_identity = pending->certificate_fingerprint;
    FP_TRY_ASSIGN(const std::optional<Identity> installed, read_undamaged_identity(disk_, keysmith_, kInstalled));
    if (installed) state.replaced = installed->replaces;
  }
  switch (next_action(state)) {
    case NextAction::kNone:
    case NextAction::kResume: return false;
    case NextAction::kDiscardPending: FP_TRY(remove_directory(kPendingDirectory)); return false;
    case NextAction::kKeepAsPrevious: FP_TRY(keep_replaced_as_previous()); return false;
    case NextAction::kFinishCommit:
      observer_.reached("finishing an interrupted commit");
      FP_TRY(install(*pending));
      return true;
  }
  return false;
}

Result<void> Commit::install(const Identity& identity) {
  if (options_.marks_on_success) FP_TRY(set_on_success_mark(disk_, identity));
  FP_TRY(remove_all_but(files_of(identity)));
  FP_TRY(publish(identity));
  // The removal of journal and token and the modes are durable before the name identity/ can appear.
  FP_TRY(disk_.sync_directory(kPendingDirectory));
  FP_TRY_ASSIGN(const std::optional<EntryFacts> installed, disk_.inspect(kInstalled));
  if (installed) return replace(identity);
  FP_TRY_ASSIGN(const std::optional<EntryFacts> previous, disk_.inspect(kPrevious));
  // A run that was killed between two renames may have left the first one unsynced; see replace_by_two_renames.
  if (previous) FP_TRY(disk_.sync_directory(kStateDirectory));
  FP_TRY(disk_.rename(kPendingDirectory, kInstalled));
  // The commit is durable before success is reported.
  return disk_.sync_directory(kStateDirectory);
}

Result<void> Commit::remove_all_but(const std::vector<std::string>& names) {
  FP_TRY_ASSIGN(const std::vector<std::string> present, disk_.list(kPendingDirectory));
  for (const std::string& name : present) {
    const bool stays = std::find(names.begin(), names.end(), name) != names.end();
    if (!stays) FP_TRY(disk_.remove_file(path_in(kPendingDirectory, name)));
  }
  return {};
}

Result<void> Commit::publish(const Identity& identity) {
  // The owner of pending/ changes last. From then on its new owner controls its content, so this process must change no
  // file in it.
  FP_TRY_ASSIGN(const std::optional<EntryFacts> pending, disk_.inspect(kPendingDirectory));
  if (pending && !pending->owned_by_us) return {};
  FP_TRY(set_public_modes(disk_, kPendingDirectory, identity));
  FP_TRY(disk_.set_mode(kPendingDirectory, kEnterableByAll));
  return options_.owner ? give_away(files_of(identity)) : Result<void>();
}

Result<void> Commit::give_away(const std::vector<std::string>& names) {
  // The removal of the journal must be durable first, because no other user may own it.
  FP_TRY(disk_.sync_directory(kPendingDirectory));
  for (const std::string& name : names) {
    FP_TRY(disk_.set_owner(path_in(kPendingDirectory, name), *options_.owner));
    FP_TRY(disk_.sync_file(path_in(kPendingDirectory, name)));
  }
  return disk_.set_owner(kPendingDirectory, *options_.owner);
}

Result<void> Commit::replace(const Identity& identity) {
  // A key in hardware is destroyed after the commit, which must not wait for a device. Until then previous/ stays,
  // because it tells which key that is.
  const bool displaces_key = displaced_key(disk_, keysmith_).has_value();
  if (!displaces_key) FP_TRY(remove_directory(kPrevious));
  FP_TRY_ASSIGN(const std::optional<Identity> old, read_undamaged_identity(disk_, keysmith_, kInstalled));
  // The directories may be exchanged only if `replaces` can distinguish them afterwards.
  if (!old || identity.replaces != old->certificate_fingerprint) return replace_by_two_renames();
  FP_TRY_ASSIGN(const bool exchanged, disk_.exchange(kPendingDirectory, kInstalled));
  if (!exchanged) return replace_by_two_renames();
  // The exchange must be durable before the next rename; otherwise the new identity could become previous/.
  FP_TRY(disk_.sync_directory(kStateDirectory));
  if (displaces_key) {
    // If this fails, the next start repeats it.
    const auto kept = keep_replaced_as_previous();
    if (!kept) warn_not_kept(kept.error());
  } else {
    rename_to_previous();
  }
  return {};
}

Result<void> Commit::replace_by_two_renames() {
  // The name previous/ must be free before the commit. The new identity is complete and durable, and a start after a
  // crash finishes this commit.
  FP_TRY(discard_previous());
  FP_TRY(disk_.rename(kInstalled, kPrevious));
  // The first rename must be durable before the second; otherwise the old identity could lose both names.
  FP_TRY(disk_.sync_directory(kStateDirectory));
  FP_TRY(disk_.rename(kPendingDirectory, kInstalled));
  // The commit is durable before success is reported.
  return disk_.sync_directory(kStateDirectory);
}

/// The key comes first: after a crash previous/ still tells which key is to be destroyed.
Result<void> Commit::discard_previous() {
  if (const auto key = displaced_key(disk_, keysmith_)) {
    FP_TRY(destroy_hardware_key(*key, "of the identity in previous/", keysmith_, observer_));
  }
  return remove_directory(kPrevious);
}

Result<void> Commit::keep_replaced_as_previous() {
  FP_TRY(discard_previous());
  // If the run that exchanged the directories was killed, the exchange may not be durable yet.
  FP_TRY(disk_.sync_directory(kStateDirectory));
  rename_to_previous();
  // A new pending/ may be created at once, and its name must not become durable before this rename.
  return disk_.sync_directory(kStateDirectory);
}

void Commit::rename_to_previous() {
  // Not synced: if the rename is lost, the next start finds the same two directories and repeats it.
  const auto kept = disk_.rename(kPendingDirectory, kPrevious);
  if (!kept) warn_not_kept(kept.error());
}

void Commit::warn_not_kept(const Error& why) {
  observer_.warned("the old identity stays in " + disk_.root() + "/pending: " + why.message);
}

Result<void> Commit::remove_directory(const std::string& directory) {
  FP_TRY_ASSIGN(const std::vector<std::string> names, disk_.list(directory));
  for (const std::string& name : names) FP_TRY(disk_.remove_file(path_in(directory, name)));
  return disk_.remove_directory(directory);
}

}  // namespace fleet_provision

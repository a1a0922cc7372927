#include "workflow/commands/status.hpp"

#include <utility>

#include "workflow/state/identity_files.hpp"
#include "workflow/state/vault.hpp"

namespace fleet_provision {
namespace {

struct Describe {
  PendingState operator()(const Fresh& /*at*/) const {
    return {true, Milestone::kFresh, "requesting a certificate", {}, {}, {}};
  }
  PendingState operator()(const KeyPlanned& /*at*/) const {
    return {true, Milestone::kKeyPlanned, "making its key in the token", {}, {}, {}};
  }
  PendingState operator()(const KeyMade& /*at*/) const {
    return {true, Milestone::kKeyMade, "requesting a certificate for its key", {}, {}, {}};
  }
  PendingState operator()(const Certified& at) const {
    return {true, Milestone::kCertified, "registering the thing", at.certificate_id, {}, {}};
  }
  PendingState operator()(const Enrolled& at) const {
    return {true, Milestone::kEnrolled, "installing the identity", at.identity.certificate_id, at.identity.thing_name,
            {}};
  }
  PendingState operator()(const Verified& at) const {
    PendingState state = (*this)(at.enrolled);
    state.reached = Milestone::kVerified;
    return state;
  }
  PendingState operator()(const Installed& at) const {
    return {true, Milestone::kInstalled, "", at.identity.certificate_id, at.identity.thing_name, {}};
  }
};

void damaged(State& state, Error error) {
  state.kind = StateKind::kDamaged;
  if (!state.damage) state.damage = std::move(error);
}

/// The result of `read`; if it reports damage, records that in `state` and returns nothing.
template <class Read>
auto unless_damaged(State& state, const Read& read) -> decltype(read()) {
  auto found = read();
  if (found || found.error().kind != ErrorKind::kIdentityDamaged) return found;
  damaged(state, std::move(found).error());
  return typename decltype(read())::value_type{};
}

bool is_denied(const Error& error) {
  return error.kind == ErrorKind::kStateNotWritable;
}

/// False for the unfinished run of another user.
Result<bool> may_read_pending(Disk& disk) {
  FP_TRY_ASSIGN(const std::optional<EntryFacts> facts, disk.inspect(kPendingDirectory));
  if (!facts || facts->owned_by_us || facts->type != EntryType::kDirectory) return true;
  const auto names = disk.list(kPendingDirectory);
  return names || !is_denied(names.error());
}

/// The identity as far as this user may read it. `key_checked` becomes false if the user may not read the private key.
Result<std::optional<Identity>> read_as_permitted(Vault& vault, Disk& disk, Keysmith& keysmith, bool& key_checked) {
  auto identity = vault.read_identity();
  if (identity || !is_denied(identity.error())) return identity;
  auto public_part = read_identity_in(disk, keysmith, kIdentityDirectory, KeyCheck::kSkipped);
  if (!public_part && is_denied(public_part.error())) return identity;
  if (public_part) key_checked = !public_part->has_value();
  return public_part;
}

/// The previous identity; its key need not be readable.
Result<std::optional<Identity>> read_previous(Disk& disk, Keysmith& keysmith) {
  auto previous = read_undamaged_identity(disk, keysmith, kPreviousDirectory);
  if (previous || !is_denied(previous.error())) return previous;
  return read_undamaged_identity(disk, keysmith, kPreviousDirectory, KeyCheck::kSkipped);
}

Result<std::optional<PendingState>> read_pending(Vault& vault, Disk& disk, Keysmith& keysmith) {
  FP_TRY_ASSIGN(const bool pending, vault.has_pending());
  if (!pending) return std::optional<PendingState>{};
  FP_TRY_ASSIGN(const bool permitted, may_read_pending(disk));
  if (!permitted) return std::optional(PendingState{false, Milestone::kFresh, "", {}, {}, {}});
  FP_TRY_ASSIGN(const auto journal, vault.peek());
  if (journal) return std::optional(std::visit(Describe{}, journal->progress));
  // Without a journal a commit was interrupted, or the run has sent no request (commit.hpp).
  FP_TRY_ASSIGN(const auto complete, read_undamaged_identity(disk, keysmith, kPendingDirectory));
  if (!complete) return std::optional(Describe{}(Fresh{}));
  return std::optional(PendingState{true, Milestone::kEnrolled, "installing the identity", complete->certificate_id,
                                    complete->thing_name, complete});
}

/// Whether the identity in pending/ is the one that was replaced: the run was interrupted before pending/ became
/// previous/.
bool is_kept_as_previous(const State& state) {
  if (!state.identity || !state.pending || !state.pending->complete) return false;
  const DiskState disk{.pending = true,
                       .pending_identity = state.pending->complete->certificate_fingerprint,
                       .replaced = state.identity->replaces};
  return next_action(disk) == NextAction::kKeepAsPrevious;
}

}  // namespace

Result<State> read_state(Disk& disk, Keysmith& keysmith, Observer& observer) {
  State state;
  Vault vault(disk, keysmith, observer);
  if (const auto private_state = vault.require_sole_writer(); !private_state) {
    observer.warned(private_state.error().message);
  }
  FP_TRY_ASSIGN(state.identity,
                unless_damaged(state, [&] { return read_as_permitted(vault, disk, keysmith, state.key_checked); }));
  if (state.identity) {
    FP_TRY_ASSIGN(state.certificate, read_certificate_of(disk, keysmith, kIdentityDirectory));
  }
  FP_TRY_ASSIGN(state.pending, unless_damaged(state, [&] { return read_pending(vault, disk, keysmith); }));
  FP_TRY_ASSIGN(state.previous, read_previous(disk, keysmith));
  if (!state.previous && is_kept_as_previous(state)) {
    state.previous = std::move(state.pending->complete);
    state.pending.reset();
  }
  if (state.kind == StateKind::kDamaged) return state;
  if (state.identity) {
    state.kind = StateKind::kProvisioned;
  } else if (state.pending) {
    state.kind = StateKind::kPending;
  }
  return state;
}

}  // namespace fleet_provision

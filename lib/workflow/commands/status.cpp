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

/// What `look` gives, with damage noted in `state` and taken for nothing.
template <class Look>
auto unless_damaged(State& state, const Look& look) -> decltype(look()) {
  auto seen = look();
  if (seen || seen.error().kind != ErrorKind::kIdentityDamaged) return seen;
  damaged(state, std::move(seen).error());
  return typename decltype(look())::value_type{};
}

bool is_denied(const Error& error) {
  return error.kind == ErrorKind::kStateNotWritable;
}

/// False for the unfinished run of another user.
Result<bool> may_look_into_pending(Disk& disk) {
  FP_TRY_ASSIGN(const std::optional<EntryFacts> facts, disk.inspect(kPendingDirectory));
  if (!facts || facts->owned_by_us || facts->type != EntryType::kDirectory) return true;
  const auto names = disk.list(kPendingDirectory);
  return names || !is_denied(names.error());
}

/// The identity as far as this user may read it. `key_checked` becomes false when that is not its private key.
Result<std::optional<Identity>> look_as_permitted(Vault& vault, Disk& disk, Keysmith& keysmith, bool& key_checked) {
  auto seen = vault.look();
  if (seen || !is_denied(seen.error())) return seen;
  auto public_part = read_identity(disk, keysmith, kIdentityDirectory, KeyLook::kLeftAlone);
  if (!public_part && is_denied(public_part.error())) return seen;
  if (public_part) key_checked = !public_part->has_value();
  return public_part;
}

/// The identity before, whose key need not be read.
Result<std::optional<Identity>> look_at_previous(Disk& disk, Keysmith& keysmith) {
  auto seen = read_if_whole(disk, keysmith, kPreviousDirectory);
  if (seen || !is_denied(seen.error())) return seen;
  return read_if_whole(disk, keysmith, kPreviousDirectory, KeyLook::kLeftAlone);
}

Result<std::optional<PendingState>> look_at_pending(Vault& vault, Disk& disk, Keysmith& keysmith) {
  FP_TRY_ASSIGN(const bool pending, vault.has_pending());
  if (!pending) return std::optional<PendingState>{};
  FP_TRY_ASSIGN(const bool permitted, may_look_into_pending(disk));
  if (!permitted) return std::optional(PendingState{false, Milestone::kFresh, "", {}, {}, {}});
  FP_TRY_ASSIGN(const auto journal, vault.peek());
  if (journal) return std::optional(std::visit(Describe{}, journal->progress));
  // Without a journal the commit was under way, or nothing was ever sent.
  FP_TRY_ASSIGN(const auto whole, read_if_whole(disk, keysmith, kPendingDirectory));
  if (!whole) return std::optional(Describe{}(Fresh{}));
  return std::optional(PendingState{true, Milestone::kEnrolled, "installing the identity", whole->certificate_id,
                                    whole->thing_name, whole});
}

}  // namespace

Result<State> look_at_state(Disk& disk, Keysmith& keysmith, Observer& observer) {
  State state;
  Vault vault(disk, keysmith, observer);
  if (const auto private_state = vault.require_sole_writer(); !private_state) {
    observer.warned(private_state.error().message);
  }
  FP_TRY_ASSIGN(state.identity,
                unless_damaged(state, [&] { return look_as_permitted(vault, disk, keysmith, state.key_checked); }));
  if (state.identity) {
    FP_TRY_ASSIGN(state.certificate, read_certificate_of(disk, keysmith, kIdentityDirectory));
  }
  FP_TRY_ASSIGN(state.pending, unless_damaged(state, [&] { return look_at_pending(vault, disk, keysmith); }));
  FP_TRY_ASSIGN(state.previous, look_at_previous(disk, keysmith));
  // The old identity waits in pending/ for its name when the run that replaced it was cut off right then.
  if (state.identity && state.pending && state.pending->certificate_id && !state.previous) {
    FP_TRY_ASSIGN(const auto old, read_if_whole(disk, keysmith, kPendingDirectory));
    if (old && state.identity->replaces == old->certificate_fingerprint) {
      state.previous = old;
      state.pending.reset();
    }
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

#include "workflow/status.hpp"

#include <utility>

#include "workflow/identity_files.hpp"
#include "workflow/vault.hpp"

namespace fleet_provision {
namespace {

struct Describe {
  PendingState operator()(const Fresh& /*at*/) const {
    return {Milestone::kFresh, "a certificate to be asked for", {}, {}, {}};
  }
  PendingState operator()(const KeyMade& /*at*/) const {
    return {Milestone::kKeyMade, "a certificate for its key", {}, {}, {}};
  }
  PendingState operator()(const Certified& at) const {
    return {Milestone::kCertified, "the registration of its certificate", at.certificate_id, {}, {}};
  }
  PendingState operator()(const Enrolled& at) const {
    return {Milestone::kEnrolled, "being put in place", at.identity.certificate_id, at.identity.thing_name, {}};
  }
  PendingState operator()(const Verified& at) const {
    PendingState state = (*this)(at.enrolled);
    state.reached = Milestone::kVerified;
    return state;
  }
  PendingState operator()(const Installed& at) const {
    return {Milestone::kInstalled, "", at.identity.certificate_id, at.identity.thing_name, {}};
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

Result<std::optional<PendingState>> look_at_pending(Vault& vault, Disk& disk, Keysmith& keysmith) {
  FP_TRY_ASSIGN(const bool pending, vault.has_pending());
  if (!pending) return std::optional<PendingState>{};
  FP_TRY_ASSIGN(const auto journal, vault.peek());
  if (journal) return std::optional(std::visit(Describe{}, journal->progress));
  // Without a journal the commit was under way, or nothing was ever sent.
  FP_TRY_ASSIGN(const auto whole, read_if_whole(disk, keysmith, kPendingDirectory));
  if (!whole) return std::optional(Describe{}(Fresh{}));
  return std::optional(
      PendingState{Milestone::kEnrolled, "being put in place", whole->certificate_id, whole->thing_name, whole});
}

}  // namespace

Result<State> look_at_state(Disk& disk, Keysmith& keysmith, Observer& observer) {
  State state;
  Vault vault(disk, keysmith, observer);
  FP_TRY_ASSIGN(state.identity, unless_damaged(state, [&] { return vault.look(); }));
  if (state.identity) {
    FP_TRY_ASSIGN(state.certificate, read_certificate_of(disk, keysmith, kIdentityDirectory));
  }
  FP_TRY_ASSIGN(state.pending, unless_damaged(state, [&] { return look_at_pending(vault, disk, keysmith); }));
  FP_TRY_ASSIGN(state.previous, read_if_whole(disk, keysmith, kPreviousDirectory));
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

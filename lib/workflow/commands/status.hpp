// The command `status`: what the state directory holds, without changing anything and without the network.
#pragma once

#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/identity.hpp"
#include "core/milestones.hpp"
#include "ports/disk.hpp"
#include "ports/keysmith.hpp"
#include "ports/observer.hpp"

namespace fleet_provision {

enum class StateKind : unsigned char { kProvisioned, kPending, kEmpty, kDamaged };

/// An unfinished run.
struct PendingState {
  /// False: it belongs to another user, and only its existence is known.
  bool permitted = true;
  Milestone reached = Milestone::kFresh;
  /// What the next run will do first, in words.
  std::string waits_for;
  /// Where a certificate was issued already.
  std::optional<std::string> certificate_id;
  /// Where the service knows the gateway already.
  std::optional<std::string> thing_name;
  /// Where a commit was cut off: what the next run installs before anything else.
  std::optional<Identity> complete;
};

struct State {
  StateKind kind = StateKind::kEmpty;
  /// The installed identity, complete: its key fits, or is not in a file, or may not be read by this user.
  std::optional<Identity> identity;
  /// False: this user may not read the private key. All else was checked.
  bool key_checked = true;
  /// Of that identity's certificate.
  std::optional<CertificateFacts> certificate;
  std::optional<PendingState> pending;
  std::optional<Identity> previous;
  /// With kDamaged: what is wrong.
  std::optional<Error> damage;
};

/// Errors only for what cannot be read (kStateNotWritable and the like); damage is a State.
[[nodiscard]] Result<State> read_state(Disk& disk, Keysmith& keysmith, Observer& observer);

}  // namespace fleet_provision

// The command `status`: reports the content of the state directory, without changing it and without the network.
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
  /// False if the run belongs to another user, so that only its existence is known.
  bool permitted = true;
  Milestone reached = Milestone::kFresh;
  /// The first step of the next run, as text.
  std::string waits_for;
  /// Set if a certificate was issued already.
  std::optional<std::string> certificate_id;
  /// Set if the service has registered the gateway already.
  std::optional<std::string> thing_name;
  /// Set after an interrupted commit: the identity that the next run installs first.
  std::optional<Identity> complete;
};

struct State {
  StateKind kind = StateKind::kEmpty;
  /// The installed identity if it is complete: its key belongs to the certificate, is not in a file, or is not readable
  /// for this user.
  std::optional<Identity> identity;
  /// False if this user may not read the private key; all other files were checked.
  bool key_checked = true;
  /// The facts of that identity's certificate.
  std::optional<CertificateFacts> certificate;
  std::optional<PendingState> pending;
  std::optional<Identity> previous;
  /// With kDamaged: the error that describes the damage.
  std::optional<Error> damage;
};

/// Fails only if files cannot be read (kStateNotWritable and similar); damage is reported in the State.
[[nodiscard]] Result<State> read_state(Disk& disk, Keysmith& keysmith, Observer& observer);

}  // namespace fleet_provision

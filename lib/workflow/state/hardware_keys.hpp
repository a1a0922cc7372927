// The keys of a state directory that are in a token or at a TPM handle: which of them belong to an identity, and the
// destruction of one that no identity needs any more.
//
// A file disappears with its directory; such a key does not, and would take a place in its token or TPM for ever. Only
// a key that this program made is destroyed (`keyMadeHere` of identity.json, the journal), and never one of identity/,
// of previous/ or of a complete pending/.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/milestones.hpp"
#include "ports/disk.hpp"
#include "ports/keysmith.hpp"
#include "ports/observer.hpp"

namespace fleet_provision {

/// The locations of the keys of identity/ and previous/ that are in hardware. An identity.json that cannot be read
/// names none.
[[nodiscard]] std::vector<KeyLocation> own_hardware_keys(Disk& disk);

/// A user other than root and `self` who owns the state directory, or a directory or file in it that names a key, and
/// so may have written what it says.
[[nodiscard]] std::optional<std::uint32_t> foreign_owner(Disk& disk, std::uint32_t self);

/// The key of previous/ if it has to be destroyed when previous/ is removed: this program made it in hardware, and
/// neither identity/ nor pending/ has the same key. Nothing for a damaged identity.
[[nodiscard]] std::optional<HardwareKey> displaced_key(Disk& disk, Keysmith& keysmith);

/// Whether identity/ or previous/ has this key.
[[nodiscard]] bool belongs_to_identity(const HardwareKey& key, Disk& disk, Keysmith& keysmith);

/// Destroys the key, best effort: a failure is a warning that names the key, with `whose` as in `of the discarded run`.
/// kInterrupted and kTerminated, after which a later run has to repeat it.
[[nodiscard]] Result<void> destroy_hardware_key(const HardwareKey& key, const std::string& whose, Keysmith& keysmith,
                                                Observer& observer);

}  // namespace fleet_provision

// `pending/journal`: the milestone that an unfinished run has reached.
//
// The format is one line of JSON, followed by the ownership token as it is. The token is not part of the JSON, so that
// the JSON library never holds a copy that is not wiped. The private key is not in the journal: it has its own file,
// which moves into the identity unchanged.
#pragma once

#include <string_view>

#include "core/milestones.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

/// Fresh, KeyPlanned, KeyMade and Certified. A journal does not hold Enrolled, Verified and Installed: they are written
/// as Certified and Fresh.
[[nodiscard]] Secret encode_journal(const Journal& journal);
/// The inverse, with `key.pem` empty. kIdentityDamaged for anything that encode_journal does not write.
[[nodiscard]] Result<Journal> decode_journal(std::string_view bytes);

}  // namespace fleet_provision

// `pending/journal`: what an unfinished run has reached.
//
// One line of JSON, then the ownership token as it is. The token stands behind the JSON and not in it, so that no
// JSON library ever holds a copy that is not wiped. The private key is not in the journal: it has a file of its own,
// which moves into the identity as it is.
#pragma once

#include <string_view>

#include "core/milestones.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

/// Fresh, KeyMade and Certified. Enrolled, Verified and Installed are not kept in a journal: they are written as
/// Certified and Fresh.
[[nodiscard]] Secret encode_journal(const Journal& journal);
/// The inverse, with `key.pem` empty. kIdentityDamaged for anything that encode_journal does not write.
[[nodiscard]] Result<Journal> decode_journal(std::string_view bytes);

}  // namespace fleet_provision

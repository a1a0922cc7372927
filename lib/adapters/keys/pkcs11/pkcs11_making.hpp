// Keys that this program makes in a token, and removes from it.
//
// A pair is found by its CKA_ID, which is chosen at random before it is made. A process that ends in between leaves
// nothing, one half, a private key without its value, or the whole pair: what is not whole is removed, and the pair is
// made again.
#pragma once

#include <string>
#include <vector>

#include "adapters/keys/pkcs11/pkcs11_public_key.hpp"
#include "core/key_location.hpp"
#include "core/plan.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// kKeyTypeUnsupported, naming the types that the token makes.
[[nodiscard]] Result<void> require_key_type(const Pkcs11Token& token, KeyType type);
/// kKeyStoreFull if the token says that it has no memory left; kKeyDeviceFailed if it is write-protected.
[[nodiscard]] Result<void> require_room_in(const Pkcs11Token& token);
/// `name` if no private key has it; else, if only keys of `own` have it, NAME-2, NAME-3 …, the first that no private
/// key has. kKeyExists.
[[nodiscard]] Result<std::string> free_label(const Pkcs11Token& token, const std::string& name,
                                             const std::vector<Pkcs11Attributes>& own);
/// The pair with the id, if it is there, of this type and makes a signature. Errors other than a key that cannot sign
/// are those of the token, for example kTokenRemoved.
[[nodiscard]] Result<std::optional<Pkcs11Key>> find_made_key(Pkcs11Token& token, const std::string& id, KeyType type);
/// Makes the pair. kKeyTypeUnsupported, kKeyStoreFull, kKeyUnsuitable if the token made an extractable key, which is
/// then removed.
[[nodiscard]] Result<Pkcs11Key> generate_key(Pkcs11Token& token, const std::string& label, const std::string& id,
                                             KeyType type);
/// Removes all objects with the id, the private key first.
[[nodiscard]] Result<void> destroy_objects(Pkcs11Token& token, const std::string& id);

}  // namespace fleet_provision

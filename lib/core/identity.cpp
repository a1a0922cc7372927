#include "core/identity.hpp"

#include "core/text.hpp"

namespace fleet_provision {

bool has_key_file(const Identity& identity) {
  return is_file(identity.key) && text_of(identity.key) == kPrivateKeyFile;
}

std::string named(const Identity& identity) {
  return identity.thing_name ? "thing " + printable(*identity.thing_name)
                             : "certificate " + printable(identity.certificate_id);
}

}  // namespace fleet_provision

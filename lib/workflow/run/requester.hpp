// The requester of the certificate: a claim, or with `rotate` the identity that will be replaced.
#pragma once

#include <optional>

#include "core/identity.hpp"

namespace fleet_provision {

struct Requester {
  /// The certificate that the transport connects with.
  CertificateFacts certificate;
  /// The installed identity that requests its own successor; nothing for a claim.
  std::optional<Identity> rotated = {};
};

}  // namespace fleet_provision

// Temporary claims (docs/service.md, "Temporary claims"): a claim that has expired can neither connect nor request
// anything, and the connections that it opened in time are closed.
#include "service/service.hpp"

namespace fleet_provision::simulator {

bool Service::has_expired_claim(const Connection& connection) const {
  return connection.is_claim && configuration_.claim_expires && clocks_.wall() >= *configuration_.claim_expires;
}

// Each connection once: the broker reports its end later.
std::vector<Effect> Service::close_expired_claims() {
  std::vector<Effect> effects;
  if (!configuration_.claim_expires || clocks_.wall() < *configuration_.claim_expires) return effects;
  for (auto& [key, connection] : connections_) {
    if (!connection.closing.empty() || !has_expired_claim(connection)) continue;
    connection.closing = kClaimExpired;
    effects.push_back({Effect::Kind::kClose, connection.client.client_id, {}, {}, 0});
  }
  return effects;
}

}  // namespace fleet_provision::simulator

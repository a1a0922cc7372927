// The behaviours (`--behaviour NAME=VALUE`) in one table.
#pragma once

#include <string_view>
#include <vector>

namespace fleet_provision::simulator {

/// Properties of the service that are undocumented or known to vary. false is the first value of the table, the
/// default.
struct Behaviours {
  bool drop_unsubscribed = false;
  bool accept_token_reuse = false;
  bool indefinite_cbor_maps = false;
  bool suback_on_denied_subscribe = false;
  bool connack_for_inactive = false;
};

struct BehaviourDescription {
  std::string_view name;
  /// The default and the other value.
  std::string_view values[2];
  bool Behaviours::*member;
  /// What the default is based on: `documented`, `observed` or `assumed` (D, O and I of docs/service.md).
  std::string_view basis;
  std::string_view meaning;
};
[[nodiscard]] const std::vector<BehaviourDescription>& behaviour_table();

}  // namespace fleet_provision::simulator

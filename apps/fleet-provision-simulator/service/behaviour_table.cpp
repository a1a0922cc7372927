#include "service/behaviour_table.hpp"

namespace fleet_provision::simulator {

const std::vector<BehaviourDescription>& behaviour_table() {
  static const std::vector<BehaviourDescription> kTable{
      {"unsubscribed",
       {"deliver", "drop"},
       &Behaviours::drop_unsubscribed,
       "observed",
       "a response without a subscription to its topic: delivered with a warning, or dropped"},
      {"token-reuse",
       {"reject", "accept"},
       &Behaviours::accept_token_reuse,
       "assumed",
       "a second RegisterThing with the same ownership token: rejected, or accepted"},
      {"cbor-maps",
       {"definite", "indefinite"},
       &Behaviours::indefinite_cbor_maps,
       "assumed",
       "maps in CBOR responses: of definite or indefinite length"},
      {"subscribe-denied",
       {"close", "suback"},
       &Behaviours::suback_on_denied_subscribe,
       "assumed",
       "a denied subscription on MQTT 3.1.1: the connection is closed, or the SUBACK has code 0x80"},
      {"claim-inactive",
       {"close", "connack"},
       &Behaviours::connack_for_inactive,
       "assumed",
       "a certificate that is not active: the connection is closed, or the CONNACK says not authorized"},
  };
  return kTable;
}

}  // namespace fleet_provision::simulator

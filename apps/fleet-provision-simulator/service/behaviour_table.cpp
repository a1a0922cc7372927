#include "service/behaviour_table.hpp"

namespace fleet_provision::simulator {

const std::vector<BehaviourDescription>& behaviour_table() {
  static const std::vector<BehaviourDescription> kTable{
      {"unsubscribed",
       {"drop", "deliver"},
       &Behaviours::deliver_unsubscribed,
       "documented",
       "an answer whose topic the connection has not subscribed"},
      {"token-reuse",
       {"reject", "accept"},
       &Behaviours::accept_token_reuse,
       "assumed",
       "a second RegisterThing with an ownership token that was used"},
      {"cbor-maps",
       {"definite", "indefinite"},
       &Behaviours::indefinite_cbor_maps,
       "assumed",
       "how the maps of CBOR answers are encoded"},
      {"subscribe-denied",
       {"close", "suback"},
       &Behaviours::suback_on_denied_subscribe,
       "assumed",
       "a denied subscription on MQTT 3.1.1: closed, or return code 0x80"},
      {"claim-inactive",
       {"close", "connack"},
       &Behaviours::connack_for_inactive,
       "assumed",
       "a certificate that is not active: closed, or CONNACK not authorized"},
  };
  return kTable;
}

}  // namespace fleet_provision::simulator

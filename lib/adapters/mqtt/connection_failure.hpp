// The error texts for a connection that was not established, and for one that the server closed without a reason.
#pragma once

#include <cstdint>
#include <string>

#include "core/deadline.hpp"
#include "core/error.hpp"
#include "mqtt/refusal.hpp"

namespace fleet_provision {

/// The progress of the MQTT connection.
enum class ConnectionStage : unsigned char {
  /// No CONNACK yet.
  kConnecting,
  /// A SUBSCRIBE waits for its SUBACK.
  kSubscribing,
  kSubscribed,
};

struct ConnectionPeer {
  /// Host, address and port for messages; until TCP is connected, the host alone.
  std::string name;
  std::uint16_t port = 0;
  /// The ALPN protocol that was offered; empty for none.
  std::string alpn;
};

/// `error` of a failure before the proxy was reached, with a hint about the proxy instead of the endpoint.
[[nodiscard]] Error on_the_way_to_proxy(Error error);
/// kNoAnswer: the deadline of the run passed before TLS was established.
[[nodiscard]] Error not_connected(const ConnectionPeer& peer);
/// kNoAnswer; `within` is the limit in words (within_text).
[[nodiscard]] Error no_connack(const ConnectionPeer& peer, const std::string& within);
[[nodiscard]] Error no_suback(const ConnectionPeer& peer, const std::string& within);
/// kMalformedAnswer: the server sent MQTT before it was sent a CONNECT.
[[nodiscard]] Error server_spoke_first(const ConnectionPeer& peer);
/// kConnectionLost: the server closed the connection `after` the client's last packet.
[[nodiscard]] Error closed_by_server(ConnectionStage stage, const MqttStep& step, const ConnectionPeer& peer,
                                     Milliseconds after);

}  // namespace fleet_provision

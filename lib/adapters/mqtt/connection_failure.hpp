// The words for a connection that did not come about, or that the server closed without saying why.
#pragma once

#include <cstdint>
#include <string>

#include "core/deadline.hpp"
#include "core/error.hpp"
#include "mqtt/refusal.hpp"

namespace fleet_provision {

/// How far the connection was.
enum class LinkStage : unsigned char {
  /// No CONNACK yet.
  kConnecting,
  /// A SUBSCRIBE waits for its SUBACK.
  kSubscribing,
  kSubscribed,
};

struct LinkPeer {
  /// Host, address and port for messages.
  std::string place;
  std::uint16_t port = 0;
  /// Empty: none was offered.
  std::string alpn;
};

/// Of a failure before the proxy was reached: nobody is to look at the endpoint for it.
[[nodiscard]] Error on_the_way_to_proxy(Error error);
[[nodiscard]] Error no_answer(Phase phase, std::string message, std::string hint);
/// kConnectionLost; `after` our last packet.
[[nodiscard]] Error closed_by_server(LinkStage stage, const MqttStep& step, const LinkPeer& peer, Milliseconds after);

}  // namespace fleet_provision

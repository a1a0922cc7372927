#include "adapters/mqtt/connection_failure.hpp"

#include <utility>
#include <vector>

#include "aws/policy_hint.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

std::string resources_of(const std::vector<std::string>& filters) {
  std::string text;
  for (const std::string& each : filters) {
    text += (text.empty() ? "topicfilter/" : ", topicfilter/") + printable(each);
  }
  return text;
}

Error no_answer(Phase phase, std::string message, std::string hint) {
  return {ErrorKind::kNoAnswer, phase, std::move(message), std::move(hint), std::nullopt, std::nullopt};
}

Error lost(std::optional<Phase> phase, std::string message, std::string hint) {
  return {ErrorKind::kConnectionLost, phase, std::move(message), std::move(hint), std::nullopt, std::nullopt};
}

Error lost_while_connecting(const MqttStep& step, const ConnectionPeer& peer, const std::string& closed) {
  const bool lacks_alpn = peer.port == 443 && peer.alpn.empty();
  return lost(Phase::kMqtt, closed + "CONNECT as client " + printable(step.client_id) + ", without saying why",
              (lacks_alpn ? "on port 443 AWS IoT needs ALPN x-amzn-mqtt-ca: omit --alpn; otherwise, " : "") +
                  certificate_hint(step.principal, step.client_id));
}

Error lost_while_subscribing(const MqttStep& step, const std::string& closed) {
  if (step.filters.size() == 1) {
    return lost(Phase::kSubscribe, closed + "SUBSCRIBE to " + printable(step.filters.front()) + ", without saying why",
                "unless the network failed, " + policy_hint(step));
  }
  return lost(Phase::kSubscribe, closed + "SUBSCRIBE, without saying why",
              "unless the network failed, one of these subscriptions was denied: " + resources_of(step.filters) +
                  "; run `fleet-provision policy` for the policy that allows them");
}

Error lost_once_subscribed(const MqttStep& step, const std::string& closed) {
  if (step.topic.empty()) {
    return lost(std::nullopt, closed + "our last packet, without saying why", "check the network connection");
  }
  return lost(std::nullopt, closed + "our last packet, the request on " + step.topic + ", without saying why",
              "unless the network failed, " + policy_hint(step));
}

}  // namespace

Error on_the_way_to_proxy(Error error) {
  if (error.kind == ErrorKind::kInterrupted || error.kind == ErrorKind::kTerminated) return error;
  error.hint = "check that the proxy is up and that --proxy and https_proxy name it; --proxy '' connects without it";
  return std::move(error).within("cannot reach the proxy");
}

Error not_connected(const ConnectionPeer& peer) {
  return no_answer(Phase::kMqtt, "no connection to " + peer.name + " was established in time",
                   "check the network connection, or raise --timeout");
}

Error no_connack(const ConnectionPeer& peer, const std::string& within) {
  return no_answer(Phase::kMqtt, peer.name + " completed the TLS handshake but sent no CONNACK " + within,
                   "check that --port is that of an MQTT server; on port 443 AWS IoT needs ALPN x-amzn-mqtt-ca");
}

Error no_suback(const ConnectionPeer& peer, const std::string& within) {
  return no_answer(Phase::kSubscribe, peer.name + " sent no SUBACK " + within, "check the network connection");
}

Error server_spoke_first(const ConnectionPeer& peer) {
  return {ErrorKind::kMalformedAnswer,
          std::nullopt,
          peer.name + " sent data before our CONNECT",
          "check that --endpoint and --port name an MQTT server",
          std::nullopt,
          std::nullopt};
}

Error closed_by_server(ConnectionStage stage, const MqttStep& step, const ConnectionPeer& peer, Milliseconds after) {
  const std::string closed = peer.name + " closed the connection " + std::to_string(after.count()) + " ms after ";
  Error error = stage == ConnectionStage::kConnecting    ? lost_while_connecting(step, peer, closed)
                : stage == ConnectionStage::kSubscribing ? lost_while_subscribing(step, closed)
                                                         : lost_once_subscribed(step, closed);
  error.closed_after = after;
  return error;
}

}  // namespace fleet_provision

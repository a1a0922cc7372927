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

}  // namespace

Error on_the_way_to_proxy(Error error) {
  if (error.kind == ErrorKind::kInterrupted || error.kind == ErrorKind::kTerminated) return error;
  error.hint = "check that the proxy is up and that --proxy and https_proxy name it; --proxy '' connects without it";
  return std::move(error).within("cannot reach the proxy");
}

Error no_answer(Phase phase, std::string message, std::string hint) {
  return {ErrorKind::kNoAnswer, phase, std::move(message), std::move(hint), std::nullopt, std::nullopt};
}

Error closed_by_server(LinkStage stage, const MqttStep& step, const LinkPeer& peer, Milliseconds after) {
  Error error;
  error.kind = ErrorKind::kConnectionLost;
  error.closed_after = after;
  const std::string closed = peer.place + " closed the connection " + std::to_string(after.count()) + " ms after ";
  const bool one_filter = step.filters.size() == 1;
  if (stage == LinkStage::kConnecting) {
    error.phase = Phase::kMqtt;
    error.message = closed + "CONNECT as client " + printable(step.client_id) + ", without saying why";
    const bool alpn = peer.port != 443 || !peer.alpn.empty();
    error.hint = (alpn ? "" : "on port 443 AWS IoT needs ALPN x-amzn-mqtt-ca, leave --alpn out; else, ") +
                 certificate_hint(step.principal, step.client_id);
  } else if (stage == LinkStage::kSubscribing) {
    error.phase = Phase::kSubscribe;
    error.message = closed + (one_filter ? "SUBSCRIBE to " + printable(step.filters.front()) : "SUBSCRIBE") +
                    ", without saying why";
    error.hint = one_filter ? "the link may have failed, or the subscription was denied: " + policy_hint(step)
                            : "the link may have failed, or one of these subscriptions was denied: " +
                                  resources_of(step.filters) + "; `fleet-provision policy` prints what the claim needs";
  } else if (!step.topic.empty()) {
    error.message = closed + "our last packet, the request on " + step.topic + ", without saying why";
    error.hint = "the link may have failed, or the request was denied: " + policy_hint(step);
  } else {
    error.message = closed + "our last packet, without saying why";
    error.hint = "the link may have failed; it is tried again";
  }
  return error;
}

}  // namespace fleet_provision

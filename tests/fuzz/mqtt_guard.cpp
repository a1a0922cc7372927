// A server's bytes after a CONNECT, a SUBSCRIBE and a PUBLISH of the client. The first byte of the input selects the
// version and how the rest is divided. The guard must forward whole received packets, except unexpected ones, however
// the bytes are divided.
#include <algorithm>

#include "mqtt/guard.hpp"
#include "mqtt/payload.hpp"
#include "mqtt/refusal.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

namespace {

struct Judged {
  std::vector<char> approved;
  std::vector<MqttPacket> seen;
  bool refused = false;
};

std::string sent(bool v5) {
  const std::string none(v5 ? 1 : 0, '\0');
  const std::string connect = std::string("\x00\x04MQTT", 6) + (v5 ? '\x05' : '\x04') + std::string("\x02\x00\x3C", 3) +
                              none + std::string("\x00\x01g", 3);
  const std::string subscribe = std::string("\x00\x01", 2) + none + std::string("\x00\x03t/a\x01\x00\x03t/r\x01", 12);
  const std::string publish = std::string("\x00\x01t\x00\x02", 5) + none + "{}";
  const auto packet = [](char type, const std::string& body) {
    return std::string{type, static_cast<char>(body.size())} + body;
  };
  return packet('\x10', connect) + packet('\x82', subscribe) + packet('\x32', publish);
}

Judged judge(bool v5, std::string_view bytes, std::size_t cut) {
  MqttGuard guard;
  std::vector<MqttPacket> seen;
  static const std::string ours[] = {sent(false), sent(true)};
  must_hold(guard.outbound(ours[v5 ? 1 : 0], seen).has_value() && seen.size() == 3, "our own packets are understood");
  seen.clear();
  Judged judged;
  while (!bytes.empty() && !judged.refused) {
    const std::string_view part = bytes.substr(0, cut);
    bytes.remove_prefix(part.size());
    const auto good = guard.inbound(part, judged.approved, seen);
    const bool impossible = !good && good.error().kind == ErrorKind::kConnectionRejected;
    if (!good && !impossible) refused_as(good.error(), ErrorKind::kMalformedAnswer);
    judged.refused = !good;
  }
  judged.seen = std::move(seen);
  return judged;
}

void is_what_came(const Judged& judged, std::string_view bytes) {
  std::string_view left(judged.approved.data(), judged.approved.size());
  for (const MqttPacket& each : judged.seen) {
    must_hold(each.inbound && each.size <= bytes.size(), "a packet that came");
    const bool goes_on = left.substr(0, each.size) == bytes.substr(0, each.size);
    must_hold(goes_on || each.unexpected, "only what nothing asked for is kept back");
    if (!each.unexpected) left.remove_prefix(each.size);
    bytes.remove_prefix(each.size);
  }
  must_hold(left.empty(), "no more goes on than came");
}

/// What the log and the errors say of the packets.
void is_told(const Judged& judged, bool v5) {
  MqttStep step;
  step.client_id = "gateway";
  step.filters = {"t/a", "t/r"};
  step.topic = "t";
  for (const MqttPacket& each : judged.seen) {
    const std::string shown = describe(each);
    must_hold(printable(shown, 2 * shown.size() + 8) == shown, "a packet can be shown");
    if (const auto error = refusal(each, v5 ? MqttVersion::k5 : MqttVersion::k311, step)) {
      refused_as(*error, error->kind);
    }
  }
}

/// Without its payloads a PUBLISH is shorter by them, and everything else stays as it is.
void loses_payloads(const Judged& judged, bool v5) {
  std::vector<char> packets = judged.approved;
  std::vector<MqttMessage> taken;
  take_payloads(packets, v5 ? MqttVersion::k5 : MqttVersion::k311, taken);
  std::size_t publishes = 0;
  for (const MqttPacket& each : judged.seen) {
    if (each.type == MqttPacketType::kPublish && !each.unexpected) {
      must_hold(publishes < taken.size() && taken[publishes].topic == each.topic, "each PUBLISH gives its payload");
      ++publishes;
    }
  }
  must_hold(publishes == taken.size(), "only a PUBLISH gives a payload");
  std::size_t payloads = 0;
  for (const MqttMessage& each : taken) payloads += each.payload.size();
  must_hold(packets.size() + payloads <= judged.approved.size(), "the payloads are gone");
  std::vector<MqttMessage> none;
  std::vector<char> again = packets;
  take_payloads(again, v5 ? MqttVersion::k5 : MqttVersion::k311, none);
  must_hold(again == packets, "what is left has no payload");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool v5 = (data[0] & 1) != 0;
  const std::size_t cut = 1U + (data[0] >> 1U);
  const std::string_view bytes = as_text(data + 1, size - 1);
  const Judged whole = judge(v5, bytes, std::max<std::size_t>(1, bytes.size()));
  is_what_came(whole, bytes);
  is_told(whole, v5);
  if (!whole.refused) loses_payloads(whole, v5);
  const Judged pieces = judge(v5, bytes, cut);
  must_hold(
      pieces.approved == whole.approved && pieces.seen.size() == whole.seen.size() && pieces.refused == whole.refused,
      "the cuts make no difference");
  return 0;
}

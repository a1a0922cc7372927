#include <openssl/ssl.h>

#include "tests/floods/floods.hpp"

namespace fleet_provision::test {
namespace {

using namespace std::string_literals;

BrokerOptions honest() {
  BrokerOptions options;
  static const IssuedCertificate server = ByteService::pki().server();
  options.server = server;
  options.client_root = ByteService::pki().root();
  return options;
}

void pour(BrokerConnection& connection, const std::string& packet) {
  std::string many = packet;
  while (many.size() < 16 * 1024) many += packet;
  while (connection.try_send(many)) {
  }
}

enum class When : unsigned char { kConnecting, kSubscribing, kRequesting };

/// Acts like the service up to `when`, and then repeatedly sends the packet that `packet` creates from the client's
/// last packet.
ScriptedBroker::Script pouring(When when, std::function<std::string(bool, const std::string&)> packet) {
  return [when, packet](BrokerConnection& connection) {
    if (!connection.shake_hands()) return;
    std::string ours = connection.packet();
    if (ours.empty()) return;
    const bool v5 = is_v5(ours);
    if (when >= When::kSubscribing) {
      connection.send(connack(v5));
      ours = connection.packet();
    }
    if (when == When::kRequesting && !ours.empty()) {
      connection.send(granting_suback(v5, ours));
      ours = connection.packet();
    }
    if (!ours.empty()) pour(connection, packet(v5, ours));
  };
}

struct Packet {
  std::string name;
  std::function<std::string(bool, const std::string&)> make;
  int code = 76;
  std::string kind = "malformed-answer";
};

std::function<std::string(bool, const std::string&)> bytes(const std::string& text) {
  return [text](bool, const std::string&) { return text; };
}

std::vector<Packet> packets(bool requesting) {
  // While the client waits for a SUBACK, it has no subscription; later the topic is that of the response to the
  // request.
  const auto topic = [requesting](const std::string& ours) {
    return requesting ? topic_of(ours) + "/accepted" : "$aws/certificates/create-from-csr/json/accepted"s;
  };
  return {
      {"PUBLISH on a topic of nobody's",
       [](bool v5, const std::string&) { return publish(v5, "factory/news", "x", 7); }},
      {"PUBLISH of 128 KiB on a topic of nobody's",
       [](bool v5, const std::string&) { return publish(v5, "factory/news", std::string(128 * 1024, 'x'), 7); }},
      {"PUBLISH on an answer's topic, QoS 0",
       [topic](bool v5, const std::string& ours) { return publish(v5, topic(ours), "{\"a\":1}"); }},
      {"PUBLISH of 128 KiB on an answer's topic",
       [topic](bool v5, const std::string& ours) { return publish(v5, topic(ours), std::string(128 * 1024, 'x'), 7); }},
      {"PUBACK", bytes("\x40\x02\x77\x77"s)},
      {"PUBREC", bytes("\x50\x02\x00\x02"s)},
      {"PUBREL", bytes("\x62\x02\x00\x02"s)},
      {"PUBCOMP", bytes("\x70\x02\x00\x02"s)},
      {"SUBACK", bytes("\x90\x03\x00\x09\x01"s)},
      {"UNSUBACK", bytes("\xB0\x02\x00\x09"s)},
      {"PINGREQ", bytes("\xC0\x00"s)},
      {"PINGRESP", bytes("\xD0\x00"s)},
      {"AUTH", bytes("\xF0\x00"s)},
      {"CONNACK", [](bool v5, const std::string&) { return connack(v5); }},
      {"CONNECT", bytes("\x10\x0F\x00\x04MQTT\x04\x02\x00\x3C\x00\x03id1"s)},
      {"SUBSCRIBE", bytes("\x82\x06\x00\x09\x00\x01t\x01"s)},
      {"UNSUBSCRIBE", bytes("\xA2\x05\x00\x09\x00\x01t"s)},
      {"packets of type 0", bytes("\x00\x00"s)},
  };
}

Flood flood(const Packet& packet, When when, bool v5) {
  Flood row;
  row.name = packet.name + (v5 ? ", MQTT 5" : ", MQTT 3.1.1") +
             (when == When::kSubscribing ? ", while SUBSCRIBE waits" : ", while a request waits");
  row.server = honest();
  row.script = pouring(when, packet.make);
  row.code = packet.code;
  row.kinds = {packet.kind};
  if (!v5) row.options = {"--mqtt-version", "3.1.1"};
  return row;
}

}  // namespace

std::vector<Flood> mqtt_floods() {
  std::vector<Flood> rows;
  for (const bool v5 : {true, false}) {
    for (const When when : {When::kSubscribing, When::kRequesting}) {
      for (const Packet& each : packets(when == When::kRequesting)) rows.push_back(flood(each, when, v5));
    }
  }
  const std::string at_work = R"({"statusCode":202,"errorCode":"Accepted","errorMessage":"at work"})";
  const Packet still_at_work{"answers that say: still at work", [at_work](bool v5, const std::string& ours) {
                               return publish(v5, topic_of(ours) + "/rejected", at_work, 8);
                             }};
  rows.push_back(flood(still_at_work, When::kRequesting, true));
  // The first packet gives the reason, and the run retries until its timeout.
  const Packet goodbye{"DISCONNECT", bytes("\xE0\x01\x8B"s), 75, "disconnected-by-server"};
  rows.push_back(flood(goodbye, When::kSubscribing, true));
  rows.push_back(flood(goodbye, When::kRequesting, true));
  Flood nothing = flood({"CONNACK, while CONNECT waits", [](bool v5, const std::string&) { return connack(v5); }},
                        When::kConnecting, true);
  rows.push_back(nothing);
  return rows;
}

std::vector<Flood> proxy_floods() {
  const auto say = [](const std::string& first, const std::string& again) {
    return [first, again](BrokerConnection& connection) {
      connection.read_plain();
      connection.send_plain(first);
      std::string many = again;
      while (many.size() < 16 * 1024) many += again;
      while (connection.try_send_plain(many)) {
      }
    };
  };
  std::vector<Flood> rows{
      {"fields", honest(), say("HTTP/1.1 200 OK\r\n", "A: b\r\n"), 77, {"not-a-proxy"}},
      {"a line", honest(), say("HTTP/1.1 200 OK\r\nA: ", "b"), 77, {"not-a-proxy"}},
      {"interim responses", honest(), say("", "HTTP/1.1 100 Continue\r\n\r\n"), 77, {"not-a-proxy"}},
      {"empty lines", honest(), say("", "\r\n"), 77, {"not-a-proxy"}},
      {"HelloRequest behind 200",
       honest(),
       say("HTTP/1.1 200 OK\r\n\r\n", "\x16\x03\x03\x00\x04\x00\x00\x00\x00"s),
       77,
       {"tls-failed"}},
  };
  for (Flood& each : rows) {
    each.name = "a proxy's " + each.name;
    each.proxy = true;
  }
  return rows;
}

}  // namespace fleet_provision::test

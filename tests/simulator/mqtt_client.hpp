// An MQTT client with libmosquitto, which shares no code with that of the tool.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

struct mosquitto;

namespace fleet_provision::test {
class SimulatorProcess;
}

namespace fleet_provision::simulator {

using test::SimulatorProcess;

struct Received {
  std::string topic;
  std::string payload;
  int qos = 0;
};

class MqttClient {
 public:
  struct Identity {
    std::string certificate_file;
    std::string key_file;
  };
  /// 3.1.1 is 4.
  MqttClient(const SimulatorProcess& simulator, const Identity& identity, const std::string& client_id, int version,
             bool clean = true);
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;
  ~MqttClient();

  /// Code of the CONNACK; -1 when the connection ended without one.
  [[nodiscard]] int connack() const { return connack_; }
  [[nodiscard]] bool connected() const { return connected_; }
  /// Codes of the SUBACK; empty when the connection ended.
  std::vector<int> subscribe(const std::vector<std::string>& filters);
  /// Reason of the PUBACK (0 on 3.1.1); -1 when the connection ended.
  int publish(const std::string& topic, const std::string& payload);
  /// The next message within `patience`.
  std::optional<Received> receive(std::chrono::milliseconds patience = std::chrono::seconds(5));
  /// Whether the connection ends within five seconds.
  bool is_closed();

  /// Subscribes to both response topics, sends the request, and returns the response.
  std::optional<Received> ask(const std::string& topic, const std::string& payload);

 private:
  struct Callbacks;
  template <class Condition>
  bool loop_until(std::chrono::milliseconds patience, const Condition& condition);

  mosquitto* client_ = nullptr;
  int connack_ = -1;
  bool answered_ = false;
  bool connected_ = false;
  std::optional<std::vector<int>> suback_;
  std::optional<int> puback_;
  std::vector<Received> received_;
};

}  // namespace fleet_provision::simulator

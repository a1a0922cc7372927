#include "mqtt_client.hpp"

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include <csignal>

#include "tests/support/simulator_process.hpp"

namespace fleet_provision::simulator {

struct MqttClient::Callbacks {
  static MqttClient& self(void* object) { return *static_cast<MqttClient*>(object); }
  static void connect(mosquitto*, void* object, int code, int, const mosquitto_property*) {
    self(object).connack_ = code;
    self(object).answered_ = true;
    self(object).connected_ = code == 0;
  }
  static void disconnect(mosquitto*, void* object, int, const mosquitto_property*) {
    self(object).answered_ = true;
    self(object).connected_ = false;
  }
  static void subscribe(mosquitto*, void* object, int, int count, const int* granted, const mosquitto_property*) {
    self(object).suback_ = std::vector<int>(granted, granted + count);
  }
  static void publish(mosquitto*, void* object, int, int reason, const mosquitto_property*) {
    self(object).puback_ = reason;
  }
  static void message(mosquitto*, void* object, const mosquitto_message* message, const mosquitto_property*) {
    const auto* bytes = static_cast<const char*>(message->payload);
    const auto size = static_cast<std::size_t>(message->payloadlen);
    self(object).received_.push_back(
        {message->topic, size == 0 ? std::string() : std::string(bytes, size), message->qos});
  }
};

MqttClient::MqttClient(const SimulatorProcess& simulator, const Identity& identity, const std::string& client_id,
                       int version, bool clean) {
  static const int kInitialized = mosquitto_lib_init();
  static_cast<void>(kInitialized);
  // The library also writes its DISCONNECT to a broker that has just closed the connection.
  std::signal(SIGPIPE, SIG_IGN);
  client_ = mosquitto_new(client_id.c_str(), clean, this);
  mosquitto_int_option(client_, MOSQ_OPT_PROTOCOL_VERSION, version == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
  mosquitto_tls_set(client_, simulator.text("caFile").c_str(), nullptr, identity.certificate_file.c_str(),
                    identity.key_file.c_str(), nullptr);
  mosquitto_connect_v5_callback_set(client_, Callbacks::connect);
  mosquitto_disconnect_v5_callback_set(client_, Callbacks::disconnect);
  mosquitto_subscribe_v5_callback_set(client_, Callbacks::subscribe);
  mosquitto_publish_v5_callback_set(client_, Callbacks::publish);
  mosquitto_message_v5_callback_set(client_, Callbacks::message);
  mosquitto_property* properties = nullptr;
  if (version == 5 && !clean) mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL, 3600);
  const int result = mosquitto_connect_bind_v5(client_, "localhost", simulator.port(), 1200, nullptr, properties);
  mosquitto_property_free_all(&properties);
  if (result == MOSQ_ERR_SUCCESS) loop_until(std::chrono::seconds(5), [this] { return answered_; });
}

MqttClient::~MqttClient() {
  mosquitto_disconnect(client_);
  mosquitto_destroy(client_);
}

template <class Condition>
bool MqttClient::loop_until(std::chrono::milliseconds patience, const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    if (mosquitto_loop(client_, 20, 1) != MOSQ_ERR_SUCCESS) {
      connected_ = false;
      answered_ = true;
      return condition();
    }
  }
  return true;
}

std::vector<int> MqttClient::subscribe(const std::vector<std::string>& filters) {
  suback_.reset();
  std::vector<char*> pointers;
  pointers.reserve(filters.size());
  for (const auto& filter : filters) pointers.push_back(const_cast<char*>(filter.c_str()));
  mosquitto_subscribe_multiple(client_, nullptr, static_cast<int>(pointers.size()), pointers.data(), 1, 0, nullptr);
  loop_until(std::chrono::seconds(5), [this] { return suback_ || !connected_; });
  return suback_.value_or(std::vector<int>{});
}

int MqttClient::publish(const std::string& topic, const std::string& payload) {
  puback_.reset();
  mosquitto_publish(client_, nullptr, topic.c_str(), static_cast<int>(payload.size()), payload.data(), 1, false);
  loop_until(std::chrono::seconds(5), [this] { return puback_ || !connected_; });
  return puback_.value_or(-1);
}

std::optional<Received> MqttClient::receive(std::chrono::milliseconds patience) {
  loop_until(patience, [this] { return !received_.empty() || !connected_; });
  if (received_.empty()) return std::nullopt;
  Received first = received_.front();
  received_.erase(received_.begin());
  return first;
}

bool MqttClient::is_closed() {
  return loop_until(std::chrono::seconds(5), [this] { return !connected_; });
}

std::optional<Received> MqttClient::ask(const std::string& topic, const std::string& payload) {
  subscribe({topic + "/accepted", topic + "/rejected"});
  publish(topic, payload);
  return receive();
}

}  // namespace fleet_provision::simulator

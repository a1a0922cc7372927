// A Transport of one's own: MQTT 3.1.1 by libmosquitto, driven from the thread that waits. Endpoint, CA and claim come
// from the environment that fleet-provision-simulator sets.
#pragma once

#include <mosquitto.h>
#include <ports/transport.hpp>

#include <cstdlib>
#include <deque>

namespace fp = fleet_provision;

class MosquittoSession : public fp::Session {
 public:
  explicit MosquittoSession(const fp::ConnectRequest& request)
      : client_(mosquitto_new(request.client_id.c_str(), true, this)), patience_(request.request_timeout) {
    mosquitto_tls_set(client_, std::getenv("FLEET_PROVISION_CA_FILE"), nullptr,
                      std::getenv("FLEET_PROVISION_CLAIM_CERT"), std::getenv("FLEET_PROVISION_CLAIM_KEY"), nullptr);
    mosquitto_connect_callback_set(client_, [](mosquitto*, void* self, int code) { of(self).answer_ = code; });
    mosquitto_subscribe_callback_set(
        client_, [](mosquitto*, void* self, int, int, const int* granted) { of(self).answer_ = granted[0] & 128; });
    mosquitto_message_callback_set(client_, [](mosquitto*, void* self, const mosquitto_message* message) {
      const std::string_view payload(static_cast<const char*>(message->payload),
                                     static_cast<std::size_t>(message->payloadlen));
      of(self).inbox_.push_back({message->topic, fp::Secret(payload)});
    });
  }
  ~MosquittoSession() override { mosquitto_destroy(client_); }

  fp::Result<fp::ConnectionFacts> established() override {
    const int port = std::atoi(std::getenv("FLEET_PROVISION_PORT"));
    FP_TRY(answered(mosquitto_connect(client_, std::getenv("FLEET_PROVISION_ENDPOINT"), port, 60)));
    return fp::ConnectionFacts{fp::MqttVersion::k311, {}};
  }
  fp::Result<void> subscribe(const std::vector<std::string>& filters) override {
    for (const auto& filter : filters) FP_TRY(answered(mosquitto_subscribe(client_, nullptr, filter.c_str(), 1)));
    return {};
  }
  fp::Result<void> publish(const std::string& topic, std::string_view payload) override {
    const int size = static_cast<int>(payload.size());
    return run(mosquitto_publish(client_, nullptr, topic.c_str(), size, payload.data(), 1, false), {},
               [] { return true; });
  }
  fp::Result<fp::Message> receive(fp::Instant deadline) override {
    FP_TRY(run(MOSQ_ERR_SUCCESS, deadline, [this] { return !inbox_.empty(); }));
    fp::Message message = std::move(inbox_.front());
    inbox_.pop_front();
    return message;
  }
  void close() override { mosquitto_disconnect(client_); }

 private:
  static MosquittoSession& of(void* self) { return *static_cast<MosquittoSession*>(self); }

  /// Runs the client until `done`; `code` is what its last call returned.
  template <class Done>
  fp::Result<void> run(int code, fp::Instant deadline, Done done) {
    while (code == MOSQ_ERR_SUCCESS && !done()) {
      if (fp::Instant::clock::now() > deadline) return fp::fail(fp::ErrorKind::kNoAnswer, "no answer in time");
      code = mosquitto_loop(client_, 20, 1);
    }
    if (code == MOSQ_ERR_SUCCESS) return {};
    return fp::fail(fp::ErrorKind::kConnectionLost, mosquitto_strerror(code));
  }
  fp::Result<void> answered(int code) {
    answer_ = -1;
    FP_TRY(run(code, fp::Instant::clock::now() + patience_, [this] { return answer_ >= 0; }));
    if (answer_ == 0) return {};
    return fp::fail(fp::ErrorKind::kConnectionRejected, "the broker refuses");
  }

  mosquitto* client_;
  fp::Milliseconds patience_;
  int answer_ = -1;
  std::deque<fp::Message> inbox_;
};

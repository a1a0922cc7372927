// Clients of the simulator as the broker's plugin sees them: connections, subscriptions, publishes with any topic and
// payload, and time that passes. A response goes to a connected client that asked, on the topic that belongs to its
// request, and the gateway's own decoder understands it; each event is a line that can be shown.
//
// The input is a sequence of steps: a byte that selects step and client, then what the step needs.
#include "service/service.hpp"

#include <array>
#include <optional>
#include <set>

#include "codec/payload.hpp"
#include "core/text.hpp"
#include "service/builtin_template.hpp"
#include "service/claim_policy.hpp"
#include "tests/fuzz/bytes_reader.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/simulator/fakes.hpp"

using namespace fleet_provision;
using namespace fleet_provision::simulator;

namespace {

constexpr std::size_t kStepsMax = 40;
constexpr std::array kTopics{"$aws/certificates/create-from-csr/json",
                             "$aws/certificates/create-from-csr/cbor",
                             "$aws/certificates/create/json",
                             "$aws/certificates/create/cbor",
                             "$aws/provisioning-templates/gateway/provision/json",
                             "$aws/provisioning-templates/gateway/provision/cbor"};

/// The id of the certificate that is issued with this number, as the service's: 64 hex digits.
std::string id_of(int number) {
  return std::string(63, '0') + static_cast<char>('0' + number % 10);
}

/// Without cryptography; tokens can be guessed.
class PlainIssuer final : public Issuer {
 public:
  Accepted<IssuedCertificate> issue_for_csr(std::string_view csr_pem, const IssueFaults&) override {
    if (csr_pem != "csr") return reject(400, "InvalidCertificateSigningRequest", "not a csr");
    return IssuedCertificate{id_of(++certificates_), "pem"};
  }
  bool keys_ready() override { return certificates_ % 2 == 0; }
  Accepted<IssuedKeys> issue_with_keys(const IssueFaults&) override {
    return IssuedKeys{{id_of(++certificates_), "pem"}, "private key"};
  }
  std::string sha256_hex(std::string_view bytes) override { return "digest of " + std::string(bytes); }
  std::string random_hex(std::size_t) override { return "token-" + std::to_string(++tokens_); }

 private:
  int certificates_ = 0;
  int tokens_ = 0;
};

struct Client {
  std::string id;
  bool connected = false;
  std::set<std::string> asked = {};
};

class Model {
 public:
  explicit Model(std::string_view fault) {
    configuration_.claim_certificate_id = "claim";
    std::vector<Fault> faults;
    // Numbers of bytes and levels take their time to write.
    constexpr std::uint64_t kNumberMax = 10'000;
    if (const auto parsed = parse_fault(fault); parsed && parsed->number <= kNumberMax) faults.push_back(*parsed);
    with_fault_ = !faults.empty();
    static const ProvisioningTemplate gateway =
        std::move(*ProvisioningTemplate::parse("gateway", kBuiltinTemplateBody));
    static const Policy claim =
        std::move(*Policy::parse("claim", least_privilege_claim_policy({"gateway"}), Policy::Size::kUnlimited));
    operations_.emplace(std::vector{gateway}, registry_, issuer_, OperationRules{});
    service_.emplace(configuration_, Policies{claim}, std::move(faults), *operations_, registry_, nullptr, log_,
                     clock_.clocks());
  }

  void step(BytesReader& input) {
    const std::uint8_t selected = input.byte();
    Client& client = clients_[(selected >> 4U) % clients_.size()];
    const std::size_t kind = selected % 8U;
    if (kind == 0) return connect(client, input);
    if (kind == 1) return deliver(service_->due());
    if (kind == 2) return clock_.advance(std::chrono::milliseconds(1) * (1U << (input.byte() % 24U)));
    if (!client.connected) return;
    if (kind == 3) return disconnect(client);
    const std::string topic = topic_of(input);
    if (kind == 4) return ask(client, topic, std::string(input.text()));
    if (kind == 5) return act_on(client, service_->subscribe(&client, topic + "/accepted", input.byte() % 3));
    if (kind == 6) return act_on(client, service_->subscribe(&client, topic + "/rejected", 1));
    service_->unsubscribe(&client, topic + "/accepted");
  }
  void finish() {
    clock_.advance(std::chrono::hours(2));
    deliver(service_->due());
    must_hold(is_utf8(logged_), "the event log is text");
    must_hold(logged_.empty() || logged_.back() == '\n', "each event is a line");
    for (const char each : logged_) must_hold(each == '\n' || (each & 0xE0) != 0, "no control character in the log");
  }

 private:
  static std::string topic_of(BytesReader& input) {
    const std::uint8_t selected = input.byte();
    if (selected < 2 * kTopics.size()) return kTopics[selected % kTopics.size()];
    return std::string(input.text());
  }

  void connect(Client& client, BytesReader& input) {
    if (client.connected) disconnect(client);
    const std::uint8_t how = input.byte();
    const std::array certificates{std::string("claim"), id_of(1), id_of(2), std::string()};
    const Admission admission = service_->connect(&client, {client.id,
                                                            (how & 1) != 0 ? 5 : 4,
                                                            certificates[(how >> 1U) % certificates.size()],
                                                            {},
                                                            "127.0.0.1",
                                                            (how & 8) == 0});
    client.connected = admission == Admission::kAccepted;
    if (!client.connected) service_->disconnect(&client, "refused");
  }
  void disconnect(Client& client) {
    service_->disconnect(&client, "closed");
    client.connected = false;
    client.asked.clear();
  }
  void act_on(Client& client, Permission permission) {
    if (permission == Permission::kClose) disconnect(client);
  }
  void ask(Client& client, const std::string& topic, const std::string& payload) {
    const Permission permission = service_->publish(&client, {topic, payload.size(), 1, false});
    if (permission == Permission::kAllowed) {
      client.asked.insert(topic);
      return act_on(client, service_->message(&client, topic, payload, 4));
    }
    act_on(client, permission);
  }

  void deliver(const std::vector<Effect>& effects) {
    // What follows a close is for nobody: the broker drops it.
    std::set<std::string> closed;
    for (const Effect& each : effects) {
      if (closed.contains(each.client_id)) continue;
      Client* client = nullptr;
      for (Client& one : clients_) {
        if (one.id == each.client_id) client = &one;
      }
      must_hold(client != nullptr && client->connected, "an effect is for a client that is connected");
      if (each.kind == Effect::Kind::kClose) {
        closed.insert(each.client_id);
        disconnect(*client);
      } else if (!with_fault_) {
        understood(*client, each);
      }
    }
  }
  static void understood(const Client& client, const Effect& response) {
    const std::string asked = response.topic.substr(0, response.topic.rfind('/'));
    must_hold(client.asked.contains(asked), "a response belongs to a request of its client");
    const auto topic = parse_request_topic(asked);
    must_hold(topic.has_value() && is_response_topic(response.topic), "a response has its topic");
    const PayloadFormat format = topic->encoding == Encoding::kCbor ? PayloadFormat::kCbor : PayloadFormat::kJson;
    if (response.topic.ends_with("/rejected")) {
      must_hold(decode_rejected(response.payload, format).has_value(), "a rejection is understood");
    } else if (topic->operation == ServiceOperation::kRegister) {
      must_hold(decode_register_thing(response.payload, format).has_value(), "a registration is understood");
    } else {
      const Method method = topic->operation == ServiceOperation::kCreateKeys ? Method::kKeys : Method::kCsr;
      must_hold(decode_create_certificate(response.payload, format, method).has_value(), "a certificate is understood");
    }
  }

  Configuration configuration_;
  bool with_fault_ = false;
  PlainIssuer issuer_;
  FakeStore store_;
  Registry registry_{store_, issuer_};
  FakeClock clock_;
  std::string logged_;
  EventLog log_{[this](const std::string& line) { logged_ += line; }};
  std::optional<Operations> operations_;
  std::optional<Service> service_;
  std::array<Client, 3> clients_{{{"a"}, {"b"}, {"c"}}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  BytesReader input(as_text(data, size));
  Model model(input.text());
  for (std::size_t i = 0; i < kStepsMax && !input.at_end(); ++i) model.step(input);
  model.finish();
  return 0;
}

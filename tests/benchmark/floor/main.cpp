// floor: the least that a provisioning can cost on this machine. One thread makes the key and stores it while another
// opens the connection; then the two requests, and the files. Straight on OpenSSL, MQTT by hand, no JSON library; the
// server is authenticated and a refusal ends it, nothing else of what comes in is checked. For scripts/benchmark alone.
//
//   floor --state-dir DIR -P NAME=VALUE [--method csr|keys] [--mqtt-version 5|3.1.1]
//
// The service is found as fleet-provision finds it, by FLEET_PROVISION_ENDPOINT, _PORT, _CA_FILE, _CLAIM_CERT,
// _CLAIM_KEY and _TEMPLATE.
#include <array>
#include <cstdlib>
#include <ctime>
#include <future>
#include <iostream>

#include "tests/benchmark/floor/answers.hpp"
#include "tests/benchmark/floor/crypto.hpp"
#include "tests/benchmark/floor/failure.hpp"
#include "tests/benchmark/floor/packets.hpp"
#include "tests/benchmark/floor/store.hpp"
#include "tests/benchmark/floor/tls.hpp"

namespace fleet_provision::floor {
namespace {

struct Request {
  Service service;
  std::string state_dir;
  std::string parameter;
  std::string value;
  bool csr = true;
  Level level = Level::k5;
};

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) fail(std::string(name) + " is not set");
  return value;
}

Request request_of(char** argv) {
  Request request;
  request.service = {from_environment("FLEET_PROVISION_ENDPOINT"),  from_environment("FLEET_PROVISION_PORT"),
                     from_environment("FLEET_PROVISION_CA_FILE"),   from_environment("FLEET_PROVISION_CLAIM_CERT"),
                     from_environment("FLEET_PROVISION_CLAIM_KEY"), from_environment("FLEET_PROVISION_TEMPLATE")};
  for (++argv; *argv != nullptr && argv[1] != nullptr; argv += 2) {
    const std::string option = argv[0];
    const std::string value = argv[1];
    if (option == "--state-dir") request.state_dir = value;
    if (option == "--method") request.csr = value == "csr";
    if (option == "--mqtt-version") request.level = value == "5" ? Level::k5 : Level::k311;
    if (option == "-P") {
      request.parameter = value.substr(0, value.find('='));
      request.value = value.substr(value.find('=') + 1);
    }
  }
  require(!request.state_dir.empty() && !request.parameter.empty(), "--state-dir and -P are needed");
  return request;
}

/// The connection and what is said on it.
class Exchange {
 public:
  explicit Exchange(const Request& request)
      : packets_(request.level),
        create_("$aws/certificates/create" + std::string(request.csr ? "-from-csr" : "") + "/json"),
        provision_("$aws/provisioning-templates/" + request.service.template_name + "/provision/json"),
        tls_(request.service) {
    tls_.write(packets_.connect("fleet-provision-" + random_hex(8)));
    packets_.expect_connack(packet());
    const std::vector<std::string> filters{create_ + "/accepted", create_ + "/rejected", provision_ + "/accepted",
                                           provision_ + "/rejected"};
    tls_.write(packets_.subscribe(filters));
    packets_.expect_suback(packet(), filters.size());
  }

  std::string create(const std::string& payload) { return ask(create_, payload, 2); }
  std::string provision(const std::string& payload) { return ask(provision_, payload, 3); }

  void close() {
    tls_.write(owed_ + Packets::disconnect());
    tls_.close();
  }

 private:
  std::string packet() {
    return next_packet(buffer_, [this] { return tls_.read(); });
  }

  std::string ask(const std::string& topic, const std::string& payload, std::uint16_t id) {
    tls_.write(owed_ + packets_.publish(topic, payload, id));
    owed_.clear();
    for (;;) {
      const std::string one = packet();
      if (packet_type(one) != kPublish) continue;
      Packets::Published message = packets_.published(one);
      // Leaves with what is sent next.
      if (message.id != 0) owed_ = Packets::acknowledge(message.id);
      if (message.topic != topic + "/accepted") fail("rejected: " + message.payload);
      return std::move(message.payload);
    }
  }

  Packets packets_;
  std::string create_;
  std::string provision_;
  std::string buffer_;
  std::string owed_;
  Tls tls_;
};

std::string now() {
  const std::time_t seconds = std::time(nullptr);
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  std::array<char, 32> text{};
  text[std::strftime(text.data(), text.size() - 1, "%Y-%m-%dT%H:%M:%SZ", &time)] = '\0';
  return text.data();
}

std::string request_digest(const Request& request) {
  const std::string salt = random_hex(16);
  std::string bytes;
  for (const std::string& part :
       {salt, request.service.host, request.service.template_name, request.parameter, request.value}) {
    bytes += std::to_string(part.size()) + ":" + part;
  }
  return "sha256:" + salt + ":" + sha256_hex(bytes);
}

Store::Identity identity_of(const Request& request, const std::string& created, const std::string& registered) {
  const std::string certificate = text_in(created, "certificatePem");
  const CertificateFacts facts = facts_of(certificate);
  const std::string thing = text_in(registered, "thingName");
  const std::string configuration = object_in(registered, "deviceConfiguration");
  const auto line = [](const char* name, const std::string& value) {
    return "  \"" + std::string(name) + "\": " + value + ",\n";
  };
  const std::string json =
      "{\n" + line("schema", "1") + line("thingName", in_quotes(thing)) +
      line("certificateId", in_quotes(text_in(created, "certificateId"))) +
      line("certificateFingerprint", in_quotes(facts.fingerprint)) + line("notAfter", in_quotes(facts.not_after)) +
      line("templateName", in_quotes(request.service.template_name)) +
      line("endpoint", in_quotes(request.service.host)) + line("port", request.service.port) +
      line("method", in_quotes(request.csr ? "csr" : "keys")) +
      line("keyType", in_quotes(request.csr ? "ec-p256" : "rsa-2048")) + line("key", in_quotes("private-key.pem")) +
      line("deviceConfiguration", configuration) + line("requestDigest", in_quotes(request_digest(request))) +
      line("replaces", "null") + line("provisionedAt", in_quotes(now())) + "  \"verifiedAt\": null\n}\n";
  return {certificate, thing, configuration, json};
}

void provision(const Request& request) {
  auto connecting = std::async(std::launch::async, [&request] { return std::make_unique<Exchange>(request); });
  Store store(request.state_dir);
  KeyAndCsr made;
  if (request.csr) made = make_key_and_csr();
  // The key is durable before its CSR leaves.
  store.save(made.key_pem, made.csr_pem + "\n");
  const std::unique_ptr<Exchange> exchange = connecting.get();

  const std::string created =
      exchange->create(request.csr ? "{\"certificateSigningRequest\":" + in_quotes(made.csr_pem) + "}" : "{}");
  const std::string token = text_in(created, "certificateOwnershipToken");
  const std::string key_of_service = request.csr ? std::string() : text_in(created, "privateKey");
  // So are certificate and token before RegisterThing leaves.
  store.save(key_of_service, made.csr_pem + text_in(created, "certificatePem") + token);

  const std::string registered =
      exchange->provision("{\"certificateOwnershipToken\":" + in_quotes(token) + ",\"parameters\":{" +
                          in_quotes(request.parameter) + ":" + in_quotes(request.value) + "}}");
  exchange->close();
  store.install(identity_of(request, created, registered));
  std::cout << "thingName: " << text_in(registered, "thingName") << '\n';
}

}  // namespace
}  // namespace fleet_provision::floor

int main(int /*argc*/, char** argv) {
  try {
    fleet_provision::floor::provision(fleet_provision::floor::request_of(argv));
    return 0;
  } catch (const std::exception& exception) {
    std::cerr << "floor: " << exception.what() << '\n';
    return 1;
  }
}

#include "tests/fakes/fake_transport.hpp"

#include <nlohmann/json.hpp>

#include "aws/topics.hpp"
#include "tests/fakes/fake_keysmith.hpp"

namespace fleet_provision::fakes {
namespace {

using nlohmann::json;
using Kind = Reaction::Kind;

std::string document(const ServiceError& words) {
  return json{{"statusCode", words.status_code}, {"errorCode", words.error_code}, {"errorMessage", words.error_message}}
      .dump();
}

std::optional<Operation> operation_of(const std::string& topic) {
  if (topic == "$aws/certificates/create-from-csr/json") return Operation::kCreateCertificateFromCsr;
  if (topic == "$aws/certificates/create/json") return Operation::kCreateKeysAndCertificate;
  if (topic.rfind("$aws/provisioning-templates/", 0) == 0) return Operation::kRegisterThing;
  return std::nullopt;
}

}  // namespace

Error network_error(ErrorKind kind, Phase phase, std::optional<std::chrono::milliseconds> closed_after) {
  return Error{kind, phase,        std::string(word(kind)) + " in " + std::string(word(phase)),
               "",   std::nullopt, closed_after};
}

std::optional<Error> refuse_mqtt5(const ConnectRequest& request) {
  if (request.mqtt_version != MqttVersion::k5) return std::nullopt;
  return network_error(ErrorKind::kMqttVersionRefused, Phase::kMqtt);
}

std::string FakeService::create(Operation operation, const std::string& csr, const Reaction& reaction) {
  Certificate made;
  const std::string serial = std::to_string(certificates.size() + 1);
  if (operation == Operation::kCreateKeysAndCertificate) {
    made.private_key = fake_key_pem("service-" + serial);
    made.public_key_sha256 = fake_digest(made.private_key);
  } else {
    made.public_key_sha256 = fake_csr_key(csr);
    csr_keys.insert(made.public_key_sha256);
  }
  std::string key = made.public_key_sha256;
  if (reaction.kind == Kind::kOtherKey) key = std::string(64, 'e');
  WallTime not_before = *parse_rfc3339("2020-01-01T00:00:00Z");
  WallTime not_after = *parse_rfc3339("2049-12-31T23:59:59Z");
  if (reaction.kind == Kind::kExpired) not_after = *parse_rfc3339("2021-01-01T00:00:00Z");
  if (reaction.kind == Kind::kNotYetValid) not_before = *parse_rfc3339("2048-01-01T00:00:00Z");
  made.pem = fake_certificate(key, "serial-" + serial, not_before, not_after);
  made.token = "token-" + serial + "-of-the-service";
  certificates.push_back(made);
  json answer{{"certificateId", reaction.kind == Kind::kOtherId ? std::string(64, 'a') : fake_digest(made.pem)},
              {"certificatePem", made.pem},
              {"certificateOwnershipToken", made.token}};
  if (!made.private_key.empty()) answer["privateKey"] = made.private_key;
  return answer.dump();
}

std::string FakeService::register_thing(std::string_view payload, const Reaction& reaction, bool& accepted) {
  const json request = json::parse(payload);
  const std::string token = request.at("certificateOwnershipToken");
  for (Certificate& each : certificates) {
    if (each.token != token) continue;
    if (each.token_refused || (each.token_used && !takes_token_again)) {
      each.token_refused = true;
      break;
    }
    each.register_received = true;
    if (refused_ < tokens_to_refuse) {
      ++refused_;
      each.token_refused = true;
      break;
    }
    each.token_used = true;
    each.registered = true;
    registered_parameters.push_back(request.at("parameters").get<Parameters>());
    accepted = true;
    json answer{{"thingName", "gateway-1"}, {"deviceConfiguration", {{"interval", "60"}}}};
    if (reaction.kind == Kind::kNoThingName) answer.erase("thingName");
    if (reaction.kind == Kind::kBadThingName) answer["thingName"] = "../../etc";
    return answer.dump();
  }
  accepted = false;
  return document({400, "InvalidCertificateOwnershipToken", "the token is not valid"});
}

std::deque<Message> FakeService::answer(const std::string& topic, std::string_view payload,
                                        std::optional<std::chrono::milliseconds>& closes, bool& puback_refused) {
  std::deque<Message> messages;
  const auto operation = operation_of(topic);
  if (!operation) return messages;
  const unsigned nth = ++requests[*operation];
  const Reaction reaction = react ? react(*operation, nth) : Reaction{};
  const auto say = [&](const std::string& suffix, const std::string& text) {
    messages.push_back(Message{topic + suffix, Secret(text)});
  };
  puback_refused = reaction.kind == Kind::kPubackRefused;
  if (puback_refused || reaction.kind == Kind::kNothing) return messages;
  if (reaction.kind == Kind::kClose) {
    closes = reaction.closed_after;
    return messages;
  }
  if (reaction.kind == Kind::kReject || reaction.kind == Kind::kRejectThenAnswer)
    say("/rejected", document(reaction.words));
  if (reaction.kind == Kind::kReject) return messages;
  if (reaction.kind == Kind::kRaw) {
    say("/accepted", reaction.raw);
    return messages;
  }
  if (reaction.kind == Kind::kForeignAnswerFirst) {
    messages.push_back(Message{"$aws/certificates/create/cbor/accepted", Secret("not for us")});
  }
  bool accepted = true;
  std::string text;
  if (*operation == Operation::kRegisterThing) {
    text = register_thing(payload, reaction, accepted);
  } else {
    const bool csr = *operation == Operation::kCreateCertificateFromCsr;
    text = create(*operation, csr ? json::parse(payload).at("certificateSigningRequest").get<std::string>() : "",
                  reaction);
  }
  if (reaction.kind == Kind::kCloseAfterWork) {
    closes = reaction.closed_after;
    return messages;
  }
  say(accepted ? "/accepted" : "/rejected", text);
  if (reaction.kind == Kind::kTwice) say(accepted ? "/accepted" : "/rejected", text);
  return messages;
}

class FakeSession final : public Session {
 public:
  FakeSession(FakeTransport& transport, ConnectRequest request) : transport_(transport), request_(std::move(request)) {}

  Result<ConnectionFacts> established() override {
    if (transport_.on_established) {
      if (auto error = transport_.on_established(request_)) return fail(*error);
    }
    return ConnectionFacts{request_.mqtt_version, "TLSv1.3"};
  }

  Result<void> subscribe(const std::vector<std::string>& filters) override {
    if (transport_.on_subscribe) {
      if (auto error = transport_.on_subscribe(static_cast<unsigned>(transport_.connections.size()), filters))
        return fail(*error);
    }
    filters_.insert(filters_.end(), filters.begin(), filters.end());
    return {};
  }

  Result<void> publish(const std::string& topic, std::string_view payload) override {
    if (transport_.around_publish) transport_.around_publish();
    if (filters_.size() != 4) return fail(ErrorKind::kInternal, "published before the answers were subscribed");
    kept_out_ = false;
    auto messages = transport_.service_.answer(topic, payload, closes_, kept_out_);
    for (Message& each : messages) messages_.push_back(std::move(each));
    if (transport_.around_publish) transport_.around_publish();
    return {};
  }

  Result<Message> receive(Instant deadline) override {
    if (kept_out_) return fail(ErrorKind::kPolicyPublish, "PUBACK 135");
    if (!messages_.empty()) {
      Message message = std::move(messages_.front());
      messages_.pop_front();
      return message;
    }
    if (closes_ && transport_.clock_.now() + *closes_ <= deadline) {
      transport_.clock_.pass(*closes_);
      return fail(network_error(ErrorKind::kConnectionLost, Phase::kMqtt, closes_));
    }
    if (transport_.silence_error) return fail(*transport_.silence_error);
    transport_.clock_.pass_until(deadline);
    return fail(ErrorKind::kNoAnswer, "no message");
  }

  std::optional<bool> acknowledged() override { return transport_.acknowledges; }

  void close() override { ++transport_.closed; }

 private:
  FakeTransport& transport_;
  ConnectRequest request_;
  std::vector<std::string> filters_;
  std::deque<Message> messages_;
  std::optional<std::chrono::milliseconds> closes_;
  bool kept_out_ = false;
};

Result<CertificateFacts> FakeTransport::load_credentials() {
  speaks_as.clear();
  ++credentials_loaded;
  if (credentials_error) return fail(*credentials_error);
  CertificateFacts facts;
  facts.fingerprint = claim_fingerprint;
  facts.public_key_sha256 = claim_public_key;
  facts.not_before = claim_not_before;
  facts.not_after = claim_not_after;
  return facts;
}

Result<void> FakeTransport::use_identity(const IssuedCredentials& issued) {
  if (issued.key.pem.empty() && !is_in_hardware(issued.key.location))
    return fail(ErrorKind::kDeviceKeyUnusable, "no key");
  speaks_as = issued.certificate;
  return {};
}

std::unique_ptr<Session> FakeTransport::connect(const ConnectRequest& request) {
  if (!speaks_as.empty()) ++as_identity;
  connections.push_back(request);
  connected_at.push_back(clock_.now());
  return std::make_unique<FakeSession>(*this, request);
}

}  // namespace fleet_provision::fakes

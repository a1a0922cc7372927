#include "tests/flow/byte_service.hpp"

#include <openssl/sha.h>

#include <utility>

#include "core/text.hpp"

namespace fleet_provision::test {
namespace {

std::string sha256(const std::string& bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return to_hex(digest);
}

BrokerOptions broker_options() {
  static const IssuedCertificate server = ByteService::pki().server();
  BrokerOptions options;
  options.server = server;
  options.client_root = ByteService::pki().root();
  return options;
}

nlohmann::json request_of(const Turn& turn) {
  const std::string payload = payload_of(turn.v5, turn.packet);
  return turn.cbor ? nlohmann::json::from_cbor(payload) : nlohmann::json::parse(payload);
}

Step step_of(const std::string& packet) {
  switch (type_of(packet)) {
    case 1: return Step::kConnect;
    case 8: return Step::kSubscribe;
    default: break;
  }
  return topic_of(packet).find("/certificates/") != std::string::npos ? Step::kCreate : Step::kRegister;
}

}  // namespace

std::string Turn::encoded(const nlohmann::json& document) const {
  if (!cbor) return document.dump();
  const auto bytes = nlohmann::json::to_cbor(document);
  return {bytes.begin(), bytes.end()};
}

std::string Turn::acknowledgement() const {
  switch (step) {
    case Step::kTcp: return {};
    case Step::kConnect: return connack(v5);
    case Step::kSubscribe: return granting_suback(v5, packet);
    case Step::kCreate:
    case Step::kRegister: return puback(v5, packet);
  }
  return {};
}

std::string Turn::accepted(const std::string& payload) const {
  return publish(v5, topic + "/accepted", payload, 7);
}

std::string Turn::rejected(const std::string& payload) const {
  return publish(v5, topic + "/rejected", payload, 8);
}

void Turn::go_well() const {
  if (step == Step::kCreate || step == Step::kRegister) return accept(encoded(answer()));
  connection.send(acknowledgement());
}

void Turn::accept(const std::string& payload) const {
  connection.send(acknowledgement() + accepted(payload));
}

void Turn::reject(const std::string& payload) const {
  connection.send(acknowledgement() + rejected(payload));
}

const TestPki& ByteService::pki() {
  static const TestPki made;
  return made;
}

const IssuedCertificate& ByteService::claim() {
  static const IssuedCertificate issued = pki().claim();
  return issued;
}

ByteService::ByteService(Deviation deviation)
    : deviation_(std::move(deviation)),
      broker_(broker_options(), [this](BrokerConnection& connection) { serve(connection); }) {}

void ByteService::serve(BrokerConnection& connection) {
  Turn turn{connection, Step::kTcp, true, false, {}, {}, {}};
  if (take(turn) == Then::kEnd || !connection.shake_hands()) return;
  for (turn.packet = connection.packet(); !turn.packet.empty(); turn.packet = connection.packet()) {
    const int type = type_of(turn.packet);
    if (type == 14) return;
    if (type != 1 && type != 3 && type != 8) continue;
    if (type == 1) turn.v5 = is_v5(turn.packet);
    turn.step = step_of(turn.packet);
    turn.topic = type == 3 ? topic_of(turn.packet) : "";
    turn.cbor = turn.topic.size() > 5 && turn.topic.compare(turn.topic.size() - 5, 5, "/cbor") == 0;
    turn.answer = [this, &turn] { return turn.step == Step::kCreate ? created(turn) : enrolled(turn); };
    if (take(turn) == Then::kEnd) return;
  }
}

Then ByteService::take(Turn& turn) {
  const bool here = deviation_.act && turn.step == deviation_.step && !recovered_;
  if (here && (deviation_.times == 0 || met_ < deviation_.times)) {
    ++met_;
    return deviation_.act(turn);
  }
  turn.go_well();
  return Then::kGoOn;
}

nlohmann::json ByteService::created(const Turn& turn) {
  nlohmann::json document;
  std::string pem;
  if (turn.topic.find("create-from-csr") != std::string::npos) {
    pem = pki().certify(request_of(turn).at("certificateSigningRequest").get<std::string>());
  } else {
    const IssuedCertificate issued = pki().issue({});
    pem = issued.certificate;
    document["privateKey"] = issued.key;
  }
  const std::string token = kTokenMark + std::to_string(++certificates_);
  tokens_.insert(token);
  document["certificateId"] = sha256(der_of(pem));
  document["certificatePem"] = pem;
  document["certificateOwnershipToken"] = token;
  return document;
}

nlohmann::json ByteService::enrolled(const Turn& turn) {
  const nlohmann::json request = request_of(turn);
  if (tokens_.count(request.at("certificateOwnershipToken").get<std::string>()) == 0) return {{"unknown", "token"}};
  ++registered_;
  const std::string serial = request.at("parameters").at("SerialNumber").get<std::string>();
  return {{"thingName", "gateway-" + serial}, {"deviceConfiguration", {{"region", "eu"}}}};
}

const ClaimInputs& ClaimInputs::get() {
  static const ClaimInputs inputs;
  return inputs;
}

ClaimInputs::ClaimInputs() {
  ca = files_.write("ca.pem", ByteService::pki().root());
  certificate = files_.write("claim.pem", ByteService::claim().certificate);
  key = files_.write("claim.key", ByteService::claim().key);
}

}  // namespace fleet_provision::test

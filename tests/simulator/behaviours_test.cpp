// Each value of each behaviour is accepted only by its word, and has the effect that the table describes.
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "service/configuration_file.hpp"
#include "service_fixture.hpp"

using namespace fleet_provision::simulator;

namespace {

Configuration configured(const std::string& text) {
  Configuration configuration;
  const auto set = set_behaviour(configuration.behaviours, text);
  if (!set) FAIL(set.error().message);
  return configuration;
}

/// The topic of the second response to the same token.
std::string second_answer(const Configuration& configuration) {
  ServiceFixture fixture({}, configuration);
  const auto created = fixture.create(&kOne);
  REQUIRE(created.size() == 1);
  std::vector<Effect> registered;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(fixture.ask(&kOne, kRegister, ServiceFixture::registration(created[0])) == Permission::kAllowed);
    registered = fixture.service->due();
    REQUIRE(registered.size() == 1);
  }
  return registered[0].topic.substr(registered[0].topic.rfind('/') + 1);
}

std::string unsubscribed_answer(const Configuration& configuration) {
  ServiceFixture fixture({}, configuration);
  REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
  REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
  return fixture.service->due().empty() ? "none" : fixture.warned.empty() ? "sent" : "sent with a warning";
}

/// The first byte of an answer in CBOR: a map of known or of unknown size (RFC 8949 section 3).
std::string first_of_cbor(const Configuration& configuration) {
  ServiceFixture fixture({}, configuration);
  REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
  const std::string topic = "$aws/certificates/create-from-csr/cbor";
  for (const char* answer : {"/accepted", "/rejected"}) {
    REQUIRE(fixture.service->subscribe(&kOne, topic + answer, 1) == Permission::kAllowed);
  }
  const auto request = nlohmann::json::to_cbor({{"certificateSigningRequest", "csr"}});
  REQUIRE(fixture.ask(&kOne, topic, std::string(request.begin(), request.end())) == Permission::kAllowed);
  const auto created = fixture.service->due();
  REQUIRE(created.size() == 1);
  CHECK(created[0].topic == topic + "/accepted");
  const auto first = static_cast<unsigned char>(created[0].payload.at(0));
  if (first == 0xBF) return "unknown size";
  return first >= 0xA0 && first <= 0xB7 ? "known size" : std::to_string(first);
}

std::string denied_subscription(const Configuration& configuration) {
  ServiceFixture fixture({}, configuration);
  REQUIRE(fixture.connect(&kOne, "a", 4) == Admission::kAccepted);
  REQUIRE(fixture.connect(&kTwo, "b", 5) == Admission::kAccepted);
  CHECK(fixture.service->subscribe(&kTwo, "other", 1) == Permission::kDenied);
  return fixture.service->subscribe(&kOne, "other", 1) == Permission::kClose ? "closed" : "a return code";
}

std::string inactive_claim(const Configuration& configuration) {
  ServiceFixture fixture({}, configuration);
  fixture.store.claim = CertificateStatus::kInactive;
  return fixture.connect(&kOne, "a") == Admission::kClosed ? "closed" : "CONNACK";
}

struct Row {
  const char* behaviour;
  std::function<std::string(const Configuration&)> effect;
  std::string seen;
};

const std::vector<Row> kRows{
    {"unsubscribed=deliver", unsubscribed_answer, "sent with a warning"},
    {"unsubscribed=drop", unsubscribed_answer, "none"},
    {"token-reuse=reject", second_answer, "rejected"},
    {"token-reuse=accept", second_answer, "accepted"},
    {"cbor-maps=definite", first_of_cbor, "known size"},
    {"cbor-maps=indefinite", first_of_cbor, "unknown size"},
    {"subscribe-denied=close", denied_subscription, "closed"},
    {"subscribe-denied=suback", denied_subscription, "a return code"},
    {"claim-inactive=close", inactive_claim, "closed"},
    {"claim-inactive=connack", inactive_claim, "CONNACK"},
};

}  // namespace

TEST_CASE("each value of each behaviour does what it says") {
  std::set<std::string> tried;
  for (const Row& row : kRows) {
    INFO(row.behaviour);
    CHECK(row.effect(configured(row.behaviour)) == row.seen);
    // The broker's configuration file keeps the value.
    const auto read = configuration_from_json(to_json(configured(row.behaviour)));
    REQUIRE(read);
    CHECK(row.effect(*read) == row.seen);
    tried.insert(row.behaviour);
  }
  std::set<std::string> known;
  for (const auto& row : behaviour_table()) {
    for (const auto value : row.values) known.insert(std::string(row.name) + "=" + std::string(value));
  }
  CHECK(tried == known);
}

TEST_CASE("the first value of a behaviour is the default, and the last one given counts") {
  for (const auto& row : behaviour_table()) {
    INFO(row.name);
    const std::string name(row.name);
    CHECK_FALSE(Behaviours{}.*row.member);
    Behaviours behaviours;
    for (const bool second : {true, false, true}) {
      REQUIRE(set_behaviour(behaviours, name + "=" + std::string(row.values[second ? 1 : 0])));
      CHECK(behaviours.*row.member == second);
      // No other behaviour changes.
      for (const auto& other : behaviour_table()) {
        if (other.name != row.name) CHECK_FALSE(behaviours.*other.member);
      }
    }
    CHECK((row.basis == "observed" || row.basis == "assumed"));
  }
}

TEST_CASE("what is no value of a behaviour is refused by its name") {
  for (const auto& row : behaviour_table()) {
    const std::string name(row.name);
    const std::string first(row.values[0]);
    const std::string second(row.values[1]);
    for (const std::string& value : {std::string(), first + "x", first.substr(1), "=" + first, first + second}) {
      INFO(name << "=" << value);
      Behaviours behaviours;
      const auto set = set_behaviour(behaviours, name + "=" + value);
      REQUIRE_FALSE(set);
      CHECK(set.error().kind == fleet_provision::ErrorKind::kUsage);
      CHECK(set.error().message == "behaviour " + name + " cannot be \"" + value + "\"");
      CHECK(set.error().hint == "use " + first + " or " + second);
    }
    Behaviours behaviours;
    CHECK_FALSE(set_behaviour(behaviours, name));
    const auto misspelt = set_behaviour(behaviours, name + "s=" + first);
    REQUIRE_FALSE(misspelt);
    CHECK(misspelt.error().hint == "did you mean " + name + "?");
  }
}

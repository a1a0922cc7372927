// The model without a broker: a connection is a pointer, time is turned by hand.
#include "world.hpp"

using namespace fleet_provision::simulator;
using std::chrono::seconds;

namespace {

struct FakeHook final : Hook {
  void ask(std::uint64_t question, const HookEvent& event) override { asked.emplace_back(question, event); }
  std::vector<HookAnswer> answers() override { return std::exchange(ready, {}); }
  std::vector<std::pair<std::uint64_t, HookEvent>> asked;
  std::vector<HookAnswer> ready;
};

}  // namespace

TEST_CASE("a device is provisioned, and its certificate connects only then") {
  World world;
  REQUIRE(world.connect(&kOne, "a") == Admission::kAccepted);
  world.subscribe_all(&kOne);
  REQUIRE(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
  const auto created = world.service->due();
  REQUIRE(created.size() == 1);
  CHECK(created[0].topic == std::string(kCreate) + "/accepted");
  CHECK(created[0].client_id == "a");
  CHECK(world.connect(&kTwo, "gateway-7", 5, "certificate-1") == Admission::kClosed);
  REQUIRE(world.ask(&kOne, kRegister, World::registration(created[0])) == Permission::kAllowed);
  const auto registered = world.service->due();
  REQUIRE(registered.size() == 1);
  CHECK(registered[0].payload == R"({"deviceConfiguration":{},"thingName":"gateway-7"})");
  CHECK(world.connect(&kTwo, "gateway-7", 5, "certificate-1") == Admission::kAccepted);
  CHECK(world.store.things.at("gateway-7").principals == std::vector<std::string>{"certificate-1"});
  CHECK_FALSE(world.service->waiting());
}

TEST_CASE("a later connection of the same client id gets no answer of the earlier one") {
  World world({"create:1:delay=1000"});
  REQUIRE(world.connect(&kOne, "a") == Admission::kAccepted);
  world.subscribe_all(&kOne);
  REQUIRE(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
  CHECK(world.service->due().empty());
  CHECK(world.service->waiting());
  REQUIRE(world.connect(&kTwo, "a") == Admission::kAccepted);
  world.service->disconnect(&kOne, "taken over");
  world.subscribe_all(&kTwo);
  world.clock.advance(seconds(2));
  CHECK(world.service->due().empty());
  CHECK_FALSE(world.service->waiting());
}

TEST_CASE("an answer that was not subscribed is not sent, unless the behaviour says so") {
  for (const bool deliver : {false, true}) {
    Configuration configuration;
    configuration.behaviours.deliver_unsubscribed = deliver;
    World world({}, configuration);
    REQUIRE(world.connect(&kOne, "a") == Admission::kAccepted);
    REQUIRE(world.service->subscribe(&kOne, std::string(kCreate) + "/rejected", 1) == Permission::kAllowed);
    REQUIRE(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    CHECK(world.service->due().size() == (deliver ? 1 : 0));
    CHECK((world.logged.find("not sent: not subscribed") != std::string::npos) != deliver);
    CHECK(world.store.certificates.size() == 1);
  }
}

TEST_CASE("a persistent session keeps its subscriptions, a clean one does not") {
  for (const bool clean : {false, true}) {
    World world;
    REQUIRE(world.connect(&kOne, "a") == Admission::kAccepted);
    world.subscribe_all(&kOne);
    world.service->disconnect(&kOne, "gone");
    REQUIRE(world.connect(&kTwo, "a", 4, "claim", clean) == Admission::kAccepted);
    REQUIRE(world.ask(&kTwo, kCreate, kCsr) == Permission::kAllowed);
    CHECK(world.service->due().size() == (clean ? 0 : 1));
  }
}

TEST_CASE("subscriptions are forgotten when the broker has none of them, and not before") {
  for (const int left : {0, 1}) {
    World world;
    REQUIRE(world.connect(&kOne, "a") == Admission::kAccepted);
    world.subscribe_all(&kOne);
    REQUIRE(world.service->publish(&kOne, {kCreate, 1, 1, false}) == Permission::kAllowed);
    REQUIRE(world.service->message(&kOne, kCreate, kCsr, left) == Permission::kAllowed);
    CHECK(world.service->due().empty() == (left == 0));
  }
}

TEST_CASE("a denial closes MQTT 3.1.1 and has a reason code on 5") {
  for (const int version : {4, 5}) {
    const Permission denied = version == 5 ? Permission::kDenied : Permission::kClose;
    World world;
    REQUIRE(world.connect(&kOne, "a", version) == Admission::kAccepted);
    CHECK(world.service->subscribe(&kOne, "#", 1) == denied);
    CHECK(world.service->subscribe(&kOne, std::string(kCreate) + "/+", 1) == denied);
    CHECK(world.service->publish(&kOne, {"other", 1, 1, false}) == denied);
    CHECK(world.service->publish(&kOne, {std::string(kCreate) + "/accepted", 1, 1, false}) == denied);
    CHECK(world.service->publish(&kOne, {kCreate, 1, 1, true}) == Permission::kClose);
    CHECK(world.service->publish(&kOne, {kCreate, 200'000, 1, false}) == Permission::kClose);
    CHECK_FALSE(world.service->may_receive(&kOne, kCreate));
    CHECK(world.connect(&kTwo, "b", version, "stranger") == Admission::kClosed);
  }
  Configuration configuration;
  configuration.behaviours.suback_on_denied_subscribe = true;
  configuration.behaviours.connack_for_inactive = true;
  World world({}, configuration);
  REQUIRE(world.connect(&kOne, "a") == Admission::kAccepted);
  CHECK(world.service->subscribe(&kOne, "#", 1) == Permission::kDenied);
  CHECK(world.connect(&kTwo, "b", 4, "stranger") == Admission::kNotAuthorized);
}

TEST_CASE("a claim that is made inactive cannot connect, until it is active again") {
  for (const bool connack : {false, true}) {
    Configuration configuration;
    configuration.behaviours.connack_for_inactive = connack;
    World world({}, configuration);
    world.store.claim = CertificateStatus::kInactive;
    CHECK(world.connect(&kOne, "a") == (connack ? Admission::kNotAuthorized : Admission::kClosed));
    CHECK(world.logged.find(R"("reason":"certificate is INACTIVE")") != std::string::npos);
    world.store.claim = CertificateStatus::kActive;
    CHECK(world.connect(&kOne, "a") == Admission::kAccepted);
  }
}

TEST_CASE("a used ownership token is refused, or registers again") {
  for (const bool accept : {false, true}) {
    Configuration configuration;
    configuration.behaviours.accept_token_reuse = accept;
    World world({}, configuration);
    REQUIRE(world.connect(&kOne, "a") == Admission::kAccepted);
    world.subscribe_all(&kOne);
    REQUIRE(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    const auto created = world.service->due();
    for (const bool again : {false, true}) {
      REQUIRE(world.ask(&kOne, kRegister, World::registration(created[0])) == Permission::kAllowed);
      const auto effects = world.service->due();
      REQUIRE(effects.size() == 1);
      CHECK(effects[0].topic == std::string(kRegister) + (again && !accept ? "/rejected" : "/accepted"));
    }
  }
}

TEST_CASE("a request for keys waits for a key, and holds up nothing else") {
  const std::string keys = "$aws/certificates/create/json";
  World world;
  world.issuer.has_keys = false;
  REQUIRE(world.connect(&kOne, "a") == Admission::kAccepted);
  world.subscribe_all(&kOne);
  REQUIRE(world.service->subscribe(&kOne, keys + "/accepted", 1) == Permission::kAllowed);
  REQUIRE(world.ask(&kOne, keys, "") == Permission::kAllowed);
  REQUIRE(world.ask(&kOne, keys, "{}") == Permission::kAllowed);
  CHECK(world.service->due().empty());
  CHECK(world.service->waiting());
  REQUIRE(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
  CHECK(world.service->due().size() == 1);
  CHECK(world.service->waiting());
  world.issuer.has_keys = true;
  const auto effects = world.service->due();
  REQUIRE(effects.size() == 2);
  CHECK(effects[0].topic == keys + "/accepted");
  CHECK(effects[0].payload != effects[1].payload);
  CHECK_FALSE(world.service->waiting());
}

TEST_CASE("the service's refusals") {
  struct Row {
    const char* topic;
    const char* payload;
    int status;
    const char* code;
    const char* message;
  };
  const std::vector<Row> rows{
      {kCreate, "not json", 400, "InvalidPayload", ""},
      {kCreate, "{}", 400, "InvalidPayload", ""},
      {kCreate, R"({"certificateSigningRequest":7})", 400, "InvalidPayload", ""},
      {kCreate, R"({"certificateSigningRequest":"rubbish"})", 400, "InvalidCertificateSigningRequest", ""},
      {kRegister, "{}", 400, "InvalidCertificateOwnershipToken", "Certificate ownership token cannot be empty."},
      {kRegister, R"({"certificateOwnershipToken":""})", 400, "InvalidCertificateOwnershipToken",
       "Certificate ownership token cannot be empty."},
      {kRegister, R"({"certificateOwnershipToken":"x"})", 400, "InvalidCertificateOwnershipToken", ""},
      {kRegister, R"({"certificateOwnershipToken":"x","parameters":{"a":1}})", 400, "InvalidParameters", ""},
      {kRegister, R"({"certificateOwnershipToken":"token-1"})", 400, "InvalidParameters",
       "Cannot resolve reference value: SerialNumber"},
  };
  for (const auto& row : rows) {
    INFO(row.payload);
    World world;
    REQUIRE(world.connect(&kOne, "a") == Admission::kAccepted);
    world.subscribe_all(&kOne);
    REQUIRE(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    REQUIRE(world.service->due().size() == 1);
    REQUIRE(world.ask(&kOne, row.topic, row.payload) == Permission::kAllowed);
    const auto effects = world.service->due();
    REQUIRE(effects.size() == 1);
    CHECK(effects[0].topic == std::string(row.topic) + "/rejected");
    const auto document = nlohmann::json::parse(effects[0].payload);
    CHECK(document.at("statusCode") == row.status);
    CHECK(document.at("errorCode") == row.code);
    if (*row.message != '\0') CHECK(document.at("errorMessage") == row.message);
  }
}

TEST_CASE("a token outlives its lifetime by nothing") {
  Configuration configuration;
  configuration.token_lifetime = seconds(10);
  World world({}, configuration);
  REQUIRE(world.connect(&kOne, "a") == Admission::kAccepted);
  world.subscribe_all(&kOne);
  REQUIRE(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
  const auto created = world.service->due();
  world.clock.advance(seconds(10));
  REQUIRE(world.ask(&kOne, kRegister, World::registration(created[0])) == Permission::kAllowed);
  CHECK(world.service->due()[0].payload.find("has expired") != std::string::npos);
}

TEST_CASE("more operations in a second than the rate are 429") {
  Configuration configuration;
  configuration.rate = 2;
  World world({}, configuration);
  REQUIRE(world.connect(&kOne, "a") == Admission::kAccepted);
  world.subscribe_all(&kOne);
  const auto topics = [&](int requests) {
    for (int i = 0; i < requests; ++i) REQUIRE(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    int rejected = 0;
    for (const auto& effect : world.service->due()) rejected += effect.payload.find("429") != std::string::npos ? 1 : 0;
    return rejected;
  };
  world.clock.advance(seconds(5));
  CHECK(topics(5) == 3);
  world.clock.advance(seconds(1));
  CHECK(topics(2) == 0);
}

TEST_CASE("the hook decides, and may change the parameters") {
  const auto run = [](HookAnswer hook_answer, FakeHook& hook) {
    World world({}, {}, &hook);
    REQUIRE(world.connect(&kOne, "a") == Admission::kAccepted);
    world.subscribe_all(&kOne);
    REQUIRE(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    const auto created = world.service->due();
    REQUIRE(world.ask(&kOne, kRegister, World::registration(created[0])) == Permission::kAllowed);
    CHECK(world.service->due().empty());
    CHECK(world.service->waiting());
    REQUIRE(hook.asked.size() == 1);
    hook_answer.question = hook.asked[0].first;
    hook.ready.push_back(hook_answer);
    const auto effects = world.service->due();
    REQUIRE(effects.size() == 1);
    return effects[0].payload;
  };
  FakeHook allowing;
  CHECK(run({0, true, {{"SerialNumber", "9"}}, ""}, allowing).find("gateway-9") != std::string::npos);
  CHECK(allowing.asked[0].second.parameters.at("SerialNumber") == "7");
  CHECK(allowing.asked[0].second.claim_certificate_id == "claim");
  FakeHook denying;
  CHECK(run({0, false, {}, "no"}, denying).find(R"("statusCode":403,"errorCode":"AccessDenied")") != std::string::npos);
}

TEST_CASE("a token that ends while the hook takes its time is refused") {
  Configuration configuration;
  configuration.token_lifetime = seconds(10);
  FakeHook hook;
  World world({}, configuration, &hook);
  REQUIRE(world.connect(&kOne, "a") == Admission::kAccepted);
  world.subscribe_all(&kOne);
  const auto last_answer = [&] {
    const auto effects = world.service->due();
    REQUIRE(effects.size() == 1);
    return effects[0].payload;
  };
  const auto create = [&] {
    REQUIRE(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    return world.service->due();
  };
  const auto begin = [&](const std::vector<Effect>& created) {
    REQUIRE(world.ask(&kOne, kRegister, World::registration(created[0])) == Permission::kAllowed);
    return hook.asked.back().first;
  };
  const auto allow = [&](std::uint64_t question) { hook.ready.push_back({question, true, {}, ""}); };

  // Asked for twice before the hook has answered once.
  const auto created = create();
  const std::uint64_t first = begin(created);
  const std::uint64_t second = begin(created);
  allow(first);
  CHECK(last_answer().find("gateway-7") != std::string::npos);
  allow(second);
  CHECK(last_answer().find("InvalidCertificateOwnershipToken") != std::string::npos);

  // Its certificate is gone by the time of the answer: the next connect has seen to that.
  const std::uint64_t late = begin(create());
  world.clock.advance(seconds(10));
  REQUIRE(world.connect(&kTwo, "b") == Admission::kAccepted);
  allow(late);
  CHECK(last_answer().find("has expired") != std::string::npos);
}

TEST_CASE("the time of an event has its thousandths") {
  const WallClockTime epoch{};
  CHECK(rfc3339_milliseconds(epoch) == "1970-01-01T00:00:00.000Z");
  CHECK(rfc3339_milliseconds(epoch + std::chrono::milliseconds(86'400'007)) == "1970-01-02T00:00:00.007Z");
  CHECK(rfc3339_milliseconds(epoch - std::chrono::milliseconds(1)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("no secret and no control character reaches the event log") {
  World world;
  REQUIRE(world.connect(&kOne,
                        "a\x1b[31m\xc2\x9b"
                        "31m") == Admission::kAccepted);
  world.subscribe_all(&kOne);
  REQUIRE(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
  const auto created = world.service->due();
  REQUIRE(world.ask(&kOne, kRegister, World::registration(created[0], "secret-serial")) == Permission::kAllowed);
  world.service->disconnect(&kOne, "gone");
  CHECK(world.logged.find("token-1") == std::string::npos);
  CHECK(world.logged.find("private key") == std::string::npos);
  // Neither as it was nor in a form that a reader of the JSON would give to a terminal.
  CHECK(world.logged.find('\x1b') == std::string::npos);
  CHECK(world.logged.find("u001b") == std::string::npos);
  CHECK(world.logged.find("\xc2\x9b") == std::string::npos);
  CHECK(world.logged.find("\"csr\"") == std::string::npos);
  std::size_t lines = 0;
  for (std::size_t at = 0; at < world.logged.size(); at = world.logged.find('\n', at) + 1) {
    const auto line = nlohmann::json::parse(world.logged.substr(at, world.logged.find('\n', at) - at));
    CHECK(line.contains("time"));
    CHECK(line.contains("event"));
    ++lines;
  }
  CHECK(lines == 10);
}

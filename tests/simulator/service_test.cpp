// The model without a broker: a connection is a pointer, and the test sets the time.
#include "service_fixture.hpp"

using namespace fleet_provision::simulator;
using std::chrono::seconds;

TEST_CASE("a device is provisioned, and its certificate connects only then") {
  ServiceFixture fixture;
  const auto created = fixture.create(&kOne);
  REQUIRE(created.size() == 1);
  CHECK(created[0].topic == std::string(kCreate) + "/accepted");
  CHECK(created[0].client_id == "a");
  CHECK(fixture.connect(&kTwo, "gateway-7", 5, "certificate-1") == Admission::kClosed);
  REQUIRE(fixture.ask(&kOne, kRegister, ServiceFixture::registration(created[0])) == Permission::kAllowed);
  const auto registered = fixture.service->due();
  REQUIRE(registered.size() == 1);
  CHECK(registered[0].payload == R"({"deviceConfiguration":{},"thingName":"gateway-7"})");
  CHECK(fixture.connect(&kTwo, "gateway-7", 5, "certificate-1") == Admission::kAccepted);
  CHECK(fixture.store.things.at("gateway-7").principals == std::vector<std::string>{"certificate-1"});
  CHECK_FALSE(fixture.service->waiting());
}

TEST_CASE("a later connection of the same client id gets no answer of the earlier one") {
  ServiceFixture fixture({"create:1:delay=1000"});
  REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
  fixture.subscribe_all(&kOne);
  REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
  CHECK(fixture.service->due().empty());
  CHECK(fixture.service->waiting());
  REQUIRE(fixture.connect(&kTwo, "a") == Admission::kAccepted);
  fixture.service->disconnect(&kOne, "taken over");
  fixture.subscribe_all(&kTwo);
  fixture.clock.advance(seconds(2));
  CHECK(fixture.service->due().empty());
  CHECK_FALSE(fixture.service->waiting());
}

TEST_CASE("a denial closes MQTT 3.1.1 and has a reason code on 5") {
  for (const int version : {4, 5}) {
    const Permission denied = version == 5 ? Permission::kDenied : Permission::kClose;
    ServiceFixture fixture;
    REQUIRE(fixture.connect(&kOne, "a", version) == Admission::kAccepted);
    CHECK(fixture.service->subscribe(&kOne, "#", 1) == denied);
    CHECK(fixture.service->subscribe(&kOne, std::string(kCreate) + "/+", 1) == denied);
    CHECK(fixture.service->publish(&kOne, {"other", 1, 1, false}) == denied);
    CHECK(fixture.service->publish(&kOne, {std::string(kCreate) + "/accepted", 1, 1, false}) == denied);
    CHECK(fixture.service->publish(&kOne, {kCreate, 1, 1, true}) == Permission::kClose);
    CHECK(fixture.service->publish(&kOne, {kCreate, 200'000, 1, false}) == Permission::kClose);
    CHECK_FALSE(fixture.service->may_receive(&kOne, kCreate));
    CHECK(fixture.connect(&kTwo, "b", version, "stranger") == Admission::kClosed);
  }
  Configuration configuration;
  configuration.behaviours.suback_on_denied_subscribe = true;
  configuration.behaviours.connack_for_inactive = true;
  ServiceFixture fixture({}, configuration);
  REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
  CHECK(fixture.service->subscribe(&kOne, "#", 1) == Permission::kDenied);
  CHECK(fixture.connect(&kTwo, "b", 4, "stranger") == Admission::kNotAuthorized);
}

TEST_CASE("a client ID over the service's limits is closed") {
  struct Row {
    std::string client_id;
    Admission admission;
  };
  const std::vector<Row> rows{{std::string(128, 'x'), Admission::kAccepted},
                              {std::string(129, 'x'), Admission::kClosed},
                              {"$a", Admission::kClosed},
                              {"a$", Admission::kAccepted}};
  for (const auto& row : rows) {
    INFO(row.client_id);
    ServiceFixture fixture;
    CHECK(fixture.connect(&kOne, row.client_id) == row.admission);
    const bool named = fixture.logged.find(R"("reason":"client ID longer than 128 bytes)") != std::string::npos;
    CHECK(named == (row.admission == Admission::kClosed));
  }
}

TEST_CASE("a claim that is made inactive cannot connect, until it is active again") {
  for (const bool connack : {false, true}) {
    Configuration configuration;
    configuration.behaviours.connack_for_inactive = connack;
    ServiceFixture fixture({}, configuration);
    fixture.store.claim = CertificateStatus::kInactive;
    CHECK(fixture.connect(&kOne, "a") == (connack ? Admission::kNotAuthorized : Admission::kClosed));
    CHECK(fixture.logged.find(R"("reason":"certificate is INACTIVE")") != std::string::npos);
    fixture.store.claim = CertificateStatus::kActive;
    CHECK(fixture.connect(&kOne, "a") == Admission::kAccepted);
  }
}

TEST_CASE("a temporary claim is refused from the second in which it expires, and a device certificate is not") {
  struct Row {
    int seconds_after_start;
    bool connack;
    Admission admission;
  };
  for (const Row& row :
       {Row{0, false, Admission::kAccepted}, Row{299, false, Admission::kAccepted}, Row{300, false, Admission::kClosed},
        Row{300, true, Admission::kNotAuthorized}, Row{3600, false, Admission::kClosed}}) {
    INFO(row.seconds_after_start);
    Configuration configuration;
    configuration.behaviours.connack_for_inactive = row.connack;
    configuration.claim_expires = FakeClock().wall + seconds(300);
    ServiceFixture fixture({}, configuration);
    fixture.provision(&kOne);
    fixture.service->disconnect(&kOne, "gone");
    fixture.clock.advance(seconds(row.seconds_after_start));
    CHECK(fixture.connect(&kOne, "a") == row.admission);
    CHECK((fixture.logged.find(R"("reason":"the temporary claim has expired")") == std::string::npos) ==
          (row.admission == Admission::kAccepted));
    CHECK(fixture.connect(&kTwo, "gateway-7", 5, "certificate-1") == Admission::kAccepted);
  }
}

TEST_CASE("the open connections of a claim that expires are closed once, and those of devices stay") {
  Configuration configuration;
  configuration.claim_expires = FakeClock().wall + seconds(300);
  ServiceFixture fixture({"create:2:delay=1000"}, configuration);
  fixture.provision(&kOne);
  REQUIRE(fixture.connect(&kTwo, "gateway-7", 5, "certificate-1") == Admission::kAccepted);
  fixture.clock.advance(std::chrono::milliseconds(299'999));
  REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
  CHECK(fixture.service->due().empty());
  fixture.clock.advance(std::chrono::milliseconds(1));
  // A request that arrives before the broker has closed the connection is not carried out.
  for (const char* topic : {kCreate, kRegister}) CHECK(fixture.ask(&kOne, topic, kCsr) == Permission::kClose);
  CHECK(fixture.service->subscribe(&kOne, std::string(kCreate) + "/accepted", 1) == Permission::kClose);
  CHECK(fixture.store.certificates.size() == 2);
  const auto effects = fixture.service->due();
  REQUIRE(effects.size() == 1);
  CHECK(effects[0].kind == Effect::Kind::kClose);
  CHECK(effects[0].client_id == "a");
  CHECK(fixture.service->due().empty());
  fixture.service->disconnect(&kOne, "by the simulator");
  CHECK(
      fixture.logged.find(R"("disconnect","connection":1,"clientId":"a","reason":"the temporary claim has expired")") !=
      std::string::npos);
  fixture.clock.advance(seconds(2));
  CHECK(fixture.service->due().empty());
}

TEST_CASE("a request that waits for a key when the claim expires gets no response") {
  Configuration configuration;
  configuration.claim_expires = FakeClock().wall + seconds(300);
  ServiceFixture fixture({}, configuration);
  fixture.issuer.has_keys = false;
  REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
  REQUIRE(fixture.ask(&kOne, "$aws/certificates/create/json", "") == Permission::kAllowed);
  fixture.clock.advance(seconds(300));
  fixture.issuer.has_keys = true;
  const auto effects = fixture.service->due();
  REQUIRE(effects.size() == 1);
  CHECK(effects[0].kind == Effect::Kind::kClose);
  CHECK(fixture.logged.find(R"("result":"connection gone")") != std::string::npos);
}

TEST_CASE("a used ownership token is refused, or registers again") {
  for (const bool accept : {false, true}) {
    Configuration configuration;
    configuration.behaviours.accept_token_reuse = accept;
    ServiceFixture fixture({}, configuration);
    const auto created = fixture.create(&kOne);
    for (const bool again : {false, true}) {
      REQUIRE(fixture.ask(&kOne, kRegister, ServiceFixture::registration(created[0])) == Permission::kAllowed);
      const auto effects = fixture.service->due();
      REQUIRE(effects.size() == 1);
      CHECK(effects[0].topic == std::string(kRegister) + (again && !accept ? "/rejected" : "/accepted"));
    }
  }
}

TEST_CASE("a request for keys waits for a key, and holds up nothing else") {
  const std::string keys = "$aws/certificates/create/json";
  ServiceFixture fixture;
  fixture.issuer.has_keys = false;
  REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
  fixture.subscribe_all(&kOne);
  REQUIRE(fixture.service->subscribe(&kOne, keys + "/accepted", 1) == Permission::kAllowed);
  REQUIRE(fixture.ask(&kOne, keys, "") == Permission::kAllowed);
  REQUIRE(fixture.ask(&kOne, keys, "{}") == Permission::kAllowed);
  CHECK(fixture.service->due().empty());
  CHECK(fixture.service->waiting());
  REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
  CHECK(fixture.service->due().size() == 1);
  CHECK(fixture.service->waiting());
  fixture.issuer.has_keys = true;
  const auto effects = fixture.service->due();
  REQUIRE(effects.size() == 2);
  CHECK(effects[0].topic == keys + "/accepted");
  CHECK(effects[0].payload != effects[1].payload);
  CHECK_FALSE(fixture.service->waiting());
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
    ServiceFixture fixture;
    REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
    fixture.subscribe_all(&kOne);
    REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    REQUIRE(fixture.service->due().size() == 1);
    REQUIRE(fixture.ask(&kOne, row.topic, row.payload) == Permission::kAllowed);
    const auto effects = fixture.service->due();
    REQUIRE(effects.size() == 1);
    CHECK(effects[0].topic == std::string(row.topic) + "/rejected");
    const auto document = nlohmann::json::parse(effects[0].payload);
    CHECK(document.at("statusCode") == row.status);
    CHECK(document.at("errorCode") == row.code);
    if (*row.message != '\0') CHECK(document.at("errorMessage") == row.message);
  }
}

TEST_CASE("a parameter may be as long as API_RegisterThing says, in characters") {
  const auto repeated = [](std::size_t count, std::string_view text) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
  };
  struct Row {
    std::string name, value;
    bool allowed;
  };
  for (const auto& row : {Row{repeated(2048, "é"), "v", true}, Row{repeated(2049, "n"), "v", false},
                          Row{"n", repeated(4096, "é"), true}, Row{"n", repeated(4097, "v"), false}}) {
    ServiceFixture fixture;
    REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
    fixture.subscribe_all(&kOne);
    const nlohmann::json request{{"certificateOwnershipToken", "x"}, {"parameters", {{row.name, row.value}}}};
    REQUIRE(fixture.ask(&kOne, kRegister, request.dump()) == Permission::kAllowed);
    const auto effects = fixture.service->due();
    REQUIRE(effects.size() == 1);
    INFO(row.name.size() << " and " << row.value.size() << " bytes");
    CHECK(nlohmann::json::parse(effects[0].payload).at("errorCode") ==
          (row.allowed ? "InvalidCertificateOwnershipToken" : "InvalidParameters"));
  }
}

TEST_CASE("a token outlives its lifetime by nothing") {
  Configuration configuration;
  configuration.token_lifetime = seconds(10);
  ServiceFixture fixture({}, configuration);
  const auto created = fixture.create(&kOne);
  fixture.clock.advance(seconds(10));
  REQUIRE(fixture.ask(&kOne, kRegister, ServiceFixture::registration(created[0])) == Permission::kAllowed);
  CHECK(fixture.service->due()[0].payload.find("has expired") != std::string::npos);
}

TEST_CASE("the next connect deletes the certificates whose time to be registered is over") {
  for (const bool over : {false, true}) {
    Configuration configuration;
    configuration.token_lifetime = seconds(10);
    ServiceFixture fixture({}, configuration);
    fixture.create(&kOne);
    fixture.clock.advance(std::chrono::milliseconds(over ? 10'000 : 9'999));
    CHECK(fixture.connect(&kTwo, "b") == Admission::kAccepted);
    CHECK(fixture.store.certificates.empty() == over);
    CHECK((fixture.logged.find(R"("event":"expire","certificateId":"certificate-1")") != std::string::npos) == over);
  }
}

TEST_CASE("payloads and retained messages have their limits") {
  ServiceFixture fixture({}, {}, nullptr, kAllowAll);
  REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
  CHECK(fixture.service->publish(&kOne, {"t", 131'072, 1, false}) == Permission::kAllowed);
  CHECK(fixture.service->publish(&kOne, {"t", 131'073, 1, false}) == Permission::kClose);
  CHECK(fixture.service->publish(&kOne, {"t", 1, 1, true}) == Permission::kAllowed);
  CHECK(fixture.service->publish(&kOne, {"$aws/t", 1, 1, true}) == Permission::kClose);
  CHECK(fixture.service->publish(&kTwo, {"t", 1, 1, false}) == Permission::kClose);
  CHECK(fixture.service->subscribe(&kTwo, "t", 1) == Permission::kClose);
  CHECK(fixture.service->may_receive(&kOne, "t"));
  CHECK_FALSE(fixture.service->may_receive(&kTwo, "t"));
}

TEST_CASE("more operations in a second than the rate are 429") {
  Configuration configuration;
  configuration.rate = 2;
  ServiceFixture fixture({}, configuration);
  REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
  fixture.subscribe_all(&kOne);
  const auto topics = [&](int requests) {
    for (int i = 0; i < requests; ++i) REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    int rejected = 0;
    for (const auto& effect : fixture.service->due())
      rejected += effect.payload.find("429") != std::string::npos ? 1 : 0;
    return rejected;
  };
  fixture.clock.advance(seconds(5));
  CHECK(topics(5) == 3);
  fixture.clock.advance(std::chrono::milliseconds(999));
  CHECK(topics(1) == 1);
  fixture.clock.advance(std::chrono::milliseconds(1));
  CHECK(topics(2) == 0);
  CHECK(topics(1) == 1);
}

TEST_CASE("a template that is not enabled registers no device") {
  ServiceFixture fixture;
  std::vector<ProvisioningTemplate> templates;
  templates.push_back(std::move(*ProvisioningTemplate::parse("gateway", kBuiltinTemplateBody, false)));
  const Operations operations(std::move(templates), fixture.registry, fixture.issuer, {});
  const std::string token =
      fixture.registry.add(*fixture.issuer.issue_for_csr("csr", {}), fixture.clock.wall + seconds(9));
  const auto request = Request::decode(R"({"certificateOwnershipToken":")" + token + "\"}", Encoding::kJson);
  const auto begun = operations.begin_registration("gateway", *request, fixture.clock.wall);
  REQUIRE_FALSE(begun);
  CHECK(begun.error().status_code == 403);
  CHECK(begun.error().error_message == "Template gateway is not enabled.");
}

TEST_CASE("the time of an event has its thousandths") {
  const WallClockTime epoch{};
  CHECK(rfc3339_milliseconds(epoch) == "1970-01-01T00:00:00.000Z");
  CHECK(rfc3339_milliseconds(epoch + std::chrono::milliseconds(86'400'007)) == "1970-01-02T00:00:00.007Z");
  CHECK(rfc3339_milliseconds(epoch - std::chrono::milliseconds(1)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("a warning is said once, and at most a hundred are") {
  std::string lines;
  std::vector<std::string> said;
  EventLog log([&](const std::string& line) { lines += line; }, [&](const std::string& text) { said.push_back(text); });
  for (int i = 0; i < 120; ++i) log.say(std::to_string(i / 2));
  CHECK(said.size() == 60);
  log.warn({}, {{"thing", text_value("a\n")}}, "b\x1b");
  CHECK(said.back() == "b\\x1b");
  CHECK(lines == R"({"time":"1970-01-01T00:00:00.000Z","event":"warning","thing":"a\\x0a","text":"b\\x1b"})"
                 "\n");
  for (int i = 0; i < 60; ++i) log.say("more " + std::to_string(i));
  CHECK(said.size() == 100);
  EventLog silent([&](const std::string& line) { lines += line; });
  silent.say("nobody hears this");
  CHECK(said.size() == 100);
}

TEST_CASE("no secret and no control character reaches the event log") {
  ServiceFixture fixture;
  REQUIRE(fixture.connect(&kOne,
                          "a\x1b[31m\xc2\x9b"
                          "31m") == Admission::kAccepted);
  fixture.subscribe_all(&kOne);
  REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
  const auto created = fixture.service->due();
  REQUIRE(fixture.ask(&kOne, kRegister, ServiceFixture::registration(created[0], "secret-serial")) ==
          Permission::kAllowed);
  fixture.service->disconnect(&kOne, "gone");
  CHECK(fixture.logged.find("token-1") == std::string::npos);
  CHECK(fixture.logged.find("private key") == std::string::npos);
  // The log has neither the raw byte nor an escape that a JSON reader would convert back and print to a terminal.
  CHECK(fixture.logged.find('\x1b') == std::string::npos);
  CHECK(fixture.logged.find("u001b") == std::string::npos);
  CHECK(fixture.logged.find("\xc2\x9b") == std::string::npos);
  CHECK(fixture.logged.find("\"csr\"") == std::string::npos);
  std::size_t lines = 0;
  for (std::size_t at = 0; at < fixture.logged.size(); at = fixture.logged.find('\n', at) + 1) {
    const auto line = nlohmann::json::parse(fixture.logged.substr(at, fixture.logged.find('\n', at) - at));
    CHECK(line.contains("time"));
    CHECK(line.contains("event"));
    ++lines;
  }
  CHECK(lines == 10);
}

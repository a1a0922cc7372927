// What a registered certificate may do: the policies that its template attached, and the variables of its thing.
#include "service_fixture.hpp"

using namespace fleet_provision::simulator;

namespace {

constexpr const char* kDevicePolicy = R"({"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:r:a:client/${iot:Connection.Thing.ThingName}",
   "Condition":{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}},
  {"Effect":"Allow","Action":["iot:Publish","iot:Receive"],
   "Resource":["arn:aws:iot:r:a:topic/${iot:Connection.Thing.ThingName}/*",
               "arn:aws:iot:r:a:topic/${iot:Connection.Thing.ThingTypeName}/${iot:Connection.Thing.Attributes[site]}"]},
  {"Effect":"Allow","Action":"iot:Subscribe",
   "Resource":["arn:aws:iot:r:a:topicfilter/${iot:Connection.Thing.ThingName}/*","arn:aws:iot:r:a:topicfilter/all"]},
  {"Effect":"Deny","Action":"*","Resource":"arn:aws:iot:r:a:topic/gateway-7/secret"}]})";

std::string document_allowing(const std::string& action, const std::string& resource) {
  return R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":")" + action +
         R"(","Resource":"arn:aws:iot:r:a:)" + resource + "\"}}";
}

// A service with the thing gateway-7 of type pump, and its certificate "device".
struct DeviceFixture : ServiceFixture {
  explicit DeviceFixture(std::vector<PolicyResource> attached, Configuration given = {}, bool exclusive = false)
      : ServiceFixture({}, std::move(given)) {
    const std::string token = registry.add({"device", "pem"}, clock.wall + std::chrono::hours(1));
    REQUIRE(registry.find_by_token(token, clock.wall, false));
    RenderedTemplate rendered;
    rendered.thing = ThingResource{};
    rendered.thing->name = "gateway-7";
    rendered.thing->type = "pump";
    rendered.thing->attributes = {{"site", "north"}};
    rendered.certificate = CertificateResource{};
    rendered.certificate->certificate_id = "device";
    rendered.certificate->exclusive_thing = exclusive;
    rendered.policies = std::move(attached);
    REQUIRE(registry.apply(rendered, "device", "gateway"));
  }

  Admission connect_device(const std::string& client_id, int version = 5) {
    return connect(&kOne, client_id, version, "device");
  }
  [[nodiscard]] nlohmann::json last_event() const {
    const std::size_t end = logged.size() - 1;
    return nlohmann::json::parse(logged.substr(logged.rfind('\n', end - 1) + 1, end));
  }
};

Configuration with_policy(const std::string& name, const std::string& document) {
  Configuration configuration;
  configuration.policies.push_back({name, document});
  return configuration;
}

}  // namespace

TEST_CASE("a device is held to the policy that its template names, on both versions of MQTT") {
  for (const int version : {4, 5}) {
    const Permission denied = version == 5 ? Permission::kDenied : Permission::kClose;
    DeviceFixture fixture({{"fleet", ""}}, with_policy("fleet", kDevicePolicy));
    CHECK(fixture.connect_device("other", version) == Admission::kNotAuthorized);
    // What was refused is no connection that could end.
    fixture.service->disconnect(&kOne, "closed");
    CHECK(fixture.last_event().at("event") == "connect");
    REQUIRE(fixture.connect_device("gateway-7", version) == Admission::kAccepted);
    CHECK(fixture.last_event().at("thingName") == "gateway-7");
    const auto publishes = [&](const std::string& topic) {
      return fixture.service->publish(&kOne, {topic, 1, 1, false});
    };
    CHECK(publishes("gateway-7/a") == Permission::kAllowed);
    CHECK(publishes("pump/north") == Permission::kAllowed);
    CHECK(publishes("pump/south") == denied);
    CHECK(publishes("gateway-8/a") == denied);
    CHECK(publishes(kCreate) == denied);
    CHECK(publishes("gateway-7/secret") == denied);
    CHECK(fixture.service->subscribe(&kOne, "gateway-7/+", 1) == Permission::kAllowed);
    CHECK(fixture.service->subscribe(&kOne, "gateway-8/+", 1) == denied);
    CHECK(fixture.service->may_receive(&kOne, "gateway-7/a"));
    CHECK_FALSE(fixture.service->may_receive(&kOne, "gateway-7/secret"));
    CHECK_FALSE(fixture.service->may_receive(&kOne, "all"));
  }
}

TEST_CASE("a certificate that is attached exclusively has its thing under any client ID") {
  for (const bool exclusive : {false, true}) {
    DeviceFixture fixture(
        {{"", R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*",
                "Condition":{"StringEquals":{"iot:Connection.Thing.ThingName":"gateway-7"}}}})"}},
        {}, exclusive);
    CHECK(fixture.connect_device("other") == (exclusive ? Admission::kAccepted : Admission::kNotAuthorized));
    CHECK(fixture.connect_device("gateway-7") == Admission::kAccepted);
  }
}

TEST_CASE("the event of a denial has the policies and the statement that denies or is missing") {
  DeviceFixture fixture({{"fleet", ""}}, with_policy("fleet", kDevicePolicy));
  const nlohmann::json policies{"fleet"};
  const auto missing = [](const char* action, const std::string& resource) {
    return nlohmann::json{
        {"Effect", "Allow"}, {"Action", action}, {"Resource", "arn:aws:iot:REGION:ACCOUNT:" + resource}};
  };

  CHECK(fixture.connect_device("x") == Admission::kNotAuthorized);
  auto event = fixture.last_event();
  CHECK(event.at("reason") == "policy: iot:Connect");
  CHECK(event.at("missing") == missing("iot:Connect", "client/x"));
  CHECK(event.at("nearest") ==
        "policy fleet, Statement 1: iot:Connection.Thing.ThingName has no value; the client ID \"x\" is not the thing "
        "name \"gateway-7\"");
  CHECK(event.at("policies") == policies);
  REQUIRE(fixture.warned.size() == 1);
  CHECK(fixture.warned[0] ==
        "thing gateway-7 was denied iot:Connect on client/x: " + event.at("nearest").get<std::string>());

  REQUIRE(fixture.connect_device("gateway-7") == Admission::kAccepted);
  CHECK(fixture.last_event().contains("policies") == false);
  CHECK(fixture.service->publish(&kOne, {"gateway-7/secret", 1, 1, false}) == Permission::kDenied);
  event = fixture.last_event();
  CHECK(event.at("deniedBy") == "policy fleet, Statement 4");
  CHECK(event.contains("missing") == false);
  CHECK(event.at("policies") == policies);
  CHECK(fixture.warned.back() ==
        "thing gateway-7 was denied iot:Publish on topic/gateway-7/secret by policy fleet, Statement 4");

  CHECK(fixture.service->subscribe(&kOne, "a/*/?/${x}", 1) == Permission::kDenied);
  event = fixture.last_event();
  CHECK(event.at("missing") == missing("iot:Subscribe", "topicfilter/a/${*}/${?}/${$}{x}"));
  CHECK(event.contains("nearest") == false);

  CHECK_FALSE(fixture.service->may_receive(&kOne, "all\x1b"));
  event = fixture.last_event();
  CHECK(event.at("event") == "receive");
  CHECK(event.at("reason") == "policy: iot:Receive");
  CHECK(event.at("missing") == missing("iot:Receive", "topic/all\\x1b"));

  CHECK(fixture.service->publish(&kOne, {std::string(kCreate) + "/accepted", 1, 1, false}) == Permission::kDenied);
  CHECK(fixture.last_event().at("deniedBy") == "the service: the topic is for its responses");
}

TEST_CASE("the events of the claim name what its policy lacks, also for a response") {
  ServiceFixture fixture({}, {}, nullptr, R"({"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["iot:Connect","iot:Publish","iot:Subscribe"],"Resource":"*"}]})");
  REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
  fixture.subscribe_all(&kOne);
  REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
  CHECK(fixture.service->due().empty());
  CHECK(fixture.logged.find(
            R"("result":"not sent: policy: iot:Receive","missing":{"Effect":"Allow","Action":"iot:Receive",)"
            R"("Resource":"arn:aws:iot:REGION:ACCOUNT:topic/$aws/certificates/create-from-csr/json/accepted"},)"
            R"("policies":["claim"]})") != std::string::npos);
  REQUIRE(fixture.warned.size() == 1);
  CHECK(fixture.warned[0].find(
            "the claim was denied iot:Receive on topic/$aws/certificates/create-from-csr/json/accepted: "
            "policy claim lacks {\"Effect\":\"Allow\"") == 0);
}

TEST_CASE("the denial of a claim says nothing about things, whatever its policy names") {
  ServiceFixture fixture({}, {}, nullptr, document_allowing("iot:Connect", "client/${iot:Connection.Thing.ThingName}"));
  REQUIRE(fixture.connect(&kOne, "a") == Admission::kNotAuthorized);
  CHECK(fixture.logged.find("iot:Connection.Thing.ThingName has no value") != std::string::npos);
  CHECK(fixture.logged.find("attached to no thing") == std::string::npos);
}

TEST_CASE("a certificate without a policy may do nothing") {
  DeviceFixture fixture(std::vector<PolicyResource>{});
  CHECK(fixture.connect_device("gateway-7") == Admission::kNotAuthorized);
  CHECK(fixture.last_event().at("policies") == nlohmann::json::array());
  REQUIRE(fixture.warned.size() == 1);
  CHECK(fixture.warned[0].find("client/gateway-7: no policy is attached, and it lacks {") != std::string::npos);
}

TEST_CASE("a policy without a document allows everything, and one warning says so") {
  DeviceFixture fixture({{"fleet", ""}}, with_policy("other", kDevicePolicy));
  for (int i = 0; i < 2; ++i) {
    REQUIRE(fixture.connect_device("x") == Admission::kAccepted);
    CHECK(fixture.service->subscribe(&kOne, "#", 1) == Permission::kAllowed);
    CHECK(fixture.service->publish(&kOne, {"anything", 1, 1, false}) == Permission::kAllowed);
  }
  CHECK(fixture.warned == std::vector<std::string>{"policy fleet of thing gateway-7 has no document here and allows "
                                                   "everything; give it with --policy fleet=FILE"});
  CHECK(fixture.logged.find(R"("event":"warning","policy":"fleet","certificateId":"device","text":"policy fleet of)") !=
        std::string::npos);
}

TEST_CASE("a claim that is denied the topics of a template that does not exist gets a warning that says so") {
  ServiceFixture fixture;
  REQUIRE(fixture.connect(&kOne, "a", 5) == Admission::kAccepted);
  for (const char* name : {"gatway", "gatway", "gateway"}) {
    const std::string filter = std::string("$aws/provisioning-templates/") + name + "/provision/#";
    CHECK(fixture.service->subscribe(&kOne, filter, 1) != Permission::kAllowed);
  }
  REQUIRE(fixture.warned.size() == 3);
  CHECK(fixture.warned[1] == "there is no template gatway here: a template is named after its file");
  CHECK(fixture.warned[2].find("/gateway/") != std::string::npos);
  CHECK(fixture.logged.find(R"("event":"warning","connection":1,"clientId":"a","text":"there is no)") !=
        std::string::npos);
}

TEST_CASE("a claim that is denied another topic gets no warning about a template") {
  ServiceFixture fixture;
  REQUIRE(fixture.connect(&kOne, "a", 5) == Admission::kAccepted);
  for (const char* filter : {"x", "$aws/certificates/#"}) {
    CHECK(fixture.service->subscribe(&kOne, filter, 1) != Permission::kAllowed);
  }
  for (const auto& each : fixture.warned) CHECK(each.find("there is no template") == std::string::npos);
}

TEST_CASE("names that devices choose cannot fill the memory with warnings") {
  std::vector<PolicyResource> attached;
  attached.reserve(1501);
  for (int i = 0; i < 1500; ++i) attached.push_back({"fleet-" + std::to_string(i), ""});
  attached.push_back({"", "{"});
  DeviceFixture fixture(std::move(attached));
  REQUIRE(fixture.connect_device("x") == Admission::kAccepted);
  std::size_t warnings = 0;
  for (std::size_t at = 0; (at = fixture.logged.find(R"("event":"warning")", at)) != std::string::npos; ++at)
    ++warnings;
  CHECK(warnings == 1000);
}

TEST_CASE("a document of the template counts, and with it every other policy") {
  DeviceFixture fixture(
      {{"", document_allowing("iot:Connect", "client/*")}, {"", document_allowing("iot:*", "topic/a")}, {"fleet", ""}},
      with_policy("fleet", R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:r:a:topic/b"},
      {"Effect":"Deny","Action":"iot:Receive","Resource":"arn:aws:iot:r:a:topic/a"}]})"));
  REQUIRE(fixture.connect_device("x") == Admission::kAccepted);
  CHECK(fixture.service->publish(&kOne, {"a", 1, 1, false}) == Permission::kAllowed);
  CHECK(fixture.service->publish(&kOne, {"b", 1, 1, false}) == Permission::kAllowed);
  CHECK(fixture.service->publish(&kOne, {"c", 1, 1, false}) == Permission::kDenied);
  CHECK(fixture.last_event().at("policies") == nlohmann::json{"PolicyDocument", "PolicyDocument", "fleet"});
  CHECK_FALSE(fixture.service->may_receive(&kOne, "a"));
  CHECK(fixture.last_event().at("deniedBy") == "policy fleet, Statement 2");
}

TEST_CASE("a recorded document that cannot be read allows nothing, and a warning says why") {
  DeviceFixture fixture({PolicyResource{"", "{"}});
  CHECK(fixture.connect_device("gateway-7") == Admission::kNotAuthorized);
  REQUIRE(fixture.warned.size() == 2);
  CHECK(fixture.warned[0].find("a template's PolicyDocument allows nothing: PolicyDocument: line 1") == 0);

  DeviceFixture odd({PolicyResource{"", R"({"Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}})"}});
  for (int i = 0; i < 2; ++i) CHECK(odd.connect_device("gateway-7") == Admission::kAccepted);
  CHECK(odd.warned == std::vector<std::string>{R"(PolicyDocument: no Version: add "Version": "2012-10-17")"});
  const std::size_t warning = odd.logged.find(R"("event":"warning")");
  CHECK(warning != std::string::npos);
  CHECK(odd.logged.find(R"("event":"warning")", warning + 1) == std::string::npos);
}

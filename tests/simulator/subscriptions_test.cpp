// Subscriptions: which are allowed, how long they last, and what becomes of a response without one.
#include <functional>

#include "service_fixture.hpp"

using namespace fleet_provision::simulator;

TEST_CASE("a response is delivered without a subscription, with a warning, unless the behaviour says drop") {
  for (const bool drop : {false, true}) {
    Configuration configuration;
    configuration.behaviours.drop_unsubscribed = drop;
    ServiceFixture fixture({}, configuration);
    REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
    REQUIRE(fixture.service->subscribe(&kOne, std::string(kCreate) + "/rejected", 1) == Permission::kAllowed);
    REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    const auto effects = fixture.service->due();
    CHECK(effects.size() == (drop ? 0 : 2));
    for (const auto& effect : effects) CHECK(effect.qos == 1);
    CHECK((fixture.logged.find("not sent: not subscribed") != std::string::npos) == drop);
    CHECK((fixture.logged.find(R"("result":"sent","unsubscribed":true)") == std::string::npos) == drop);
    CHECK((fixture.logged.find(R"("event":"warning","connection":1,"clientId":"a","text":"client ID a got)") ==
           std::string::npos) == drop);
    CHECK(fixture.warned.size() == (drop ? 0 : 1));  // the same text is printed once
    CHECK(fixture.store.certificates.size() == 2);
  }
}

TEST_CASE("a subscription counts once it is accepted, however it is written, and no longer than it lasts") {
  const std::string accepted = std::string(kCreate) + "/accepted";
  struct Row {
    const char* what;
    std::function<void(Service&)> before;
    std::function<void(Service&)> after;
    bool warned;
  };
  const auto nothing = [](Service&) {};
  const auto subscribe = [](const std::string& filter, int qos) {
    return [filter, qos](Service& service) { (void)service.subscribe(&kOne, filter, qos); };
  };
  const std::vector<Row> rows{
      {"the topic itself", subscribe(accepted, 1), nothing, false},
      {"QoS 0", subscribe(accepted, 0), nothing, false},
      {"QoS 2", subscribe(accepted, 2), nothing, false},
      {"one wildcard", subscribe(std::string(kCreate) + "/+", 1), nothing, false},
      {"all below", subscribe("$aws/certificates/#", 1), nothing, false},
      {"a wildcard in the first level matches no topic that begins with $", subscribe("#", 1), nothing, true},
      {"the other outcome", subscribe(std::string(kCreate) + "/rejected", 1), nothing, true},
      {"a shared subscription", subscribe("$share/group/" + accepted, 1), nothing, true},
      {"after the request", nothing, subscribe(accepted, 1), true},
      {"unsubscribed before the request",
       [&](Service& service) {
         subscribe(accepted, 1)(service);
         service.unsubscribe(&kOne, accepted);
       },
       nothing, true},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    ServiceFixture fixture({}, {}, nullptr, kAllowAll);
    REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
    row.before(*fixture.service);
    REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    row.after(*fixture.service);
    CHECK(fixture.service->due().size() == 1);
    CHECK(fixture.warned.empty() != row.warned);
  }
}

TEST_CASE("a persistent session keeps its subscriptions, a clean one does not") {
  for (const bool clean : {false, true}) {
    ServiceFixture fixture;
    REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
    fixture.subscribe_all(&kOne);
    fixture.service->disconnect(&kOne, "gone");
    REQUIRE(fixture.connect(&kTwo, "a", 4, "claim", clean) == Admission::kAccepted);
    REQUIRE(fixture.ask(&kTwo, kCreate, kCsr) == Permission::kAllowed);
    CHECK(fixture.service->due().size() == 1);
    CHECK(fixture.warned.empty() != clean);
  }
}

TEST_CASE("subscriptions are forgotten when the broker has none of them, and not before") {
  for (const int left : {0, 1}) {
    ServiceFixture fixture;
    REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
    fixture.subscribe_all(&kOne);
    REQUIRE(fixture.service->publish(&kOne, {kCreate, 1, 1, false}) == Permission::kAllowed);
    REQUIRE(fixture.service->message(&kOne, kCreate, kCsr, left) == Permission::kAllowed);
    CHECK(fixture.service->due().size() == 1);
    CHECK(fixture.warned.empty() == (left != 0));
  }
}

TEST_CASE("a filter with a wildcard is denied by the default policy and allowed by a policy with create/*") {
  const std::string sample = R"({"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"iot:Connect","Resource":"*"},
    {"Effect":"Allow","Action":"iot:Subscribe",
     "Resource":"arn:aws:iot:us-east-1:123456789012:topicfilter/$aws/certificates/create/*"}]})";
  struct Row {
    std::string policy;
    const char* filter;
    Permission permission;
  };
  const std::vector<Row> rows{
      {"", "$aws/certificates/create/json/+", Permission::kDenied},
      {"", "$aws/certificates/create/json/accepted", Permission::kAllowed},
      {sample, "$aws/certificates/create/json/+", Permission::kAllowed},
      {sample, "$aws/certificates/create/#", Permission::kAllowed},
      {sample, "$aws/certificates/create-from-csr/json/+", Permission::kDenied},
  };
  for (const auto& row : rows) {
    INFO(row.filter);
    ServiceFixture fixture({}, {}, nullptr, row.policy);
    REQUIRE(fixture.connect(&kOne, "a", 5) == Admission::kAccepted);
    CHECK(fixture.service->subscribe(&kOne, row.filter, 1) == row.permission);
  }
}

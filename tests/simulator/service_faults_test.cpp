// The effect of each fault on a request, a connection and a subscription.
#include "service_fixture.hpp"

using namespace fleet_provision::simulator;
using std::chrono::milliseconds;

TEST_CASE("faults of the request") {
  const auto effects_of = [](const char* spec, ServiceFixture& fixture, Permission expected = Permission::kAllowed) {
    INFO(spec);
    REQUIRE(fixture.connect(&kOne, "a", 5) == Admission::kAccepted);
    fixture.subscribe_all(&kOne);
    CHECK(fixture.ask(&kOne, kCreate, kCsr) == expected);
    return fixture.service->due();
  };
  SECTION("drop: done, not answered") {
    ServiceFixture fixture({"create:1:drop"});
    CHECK(effects_of("drop", fixture).empty());
    CHECK(fixture.store.certificates.size() == 1);
    CHECK(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    CHECK(fixture.service->due().size() == 1);
  }
  SECTION("ignore: neither done nor answered") {
    ServiceFixture fixture({"create:*:ignore"});
    CHECK(effects_of("ignore", fixture).empty());
    CHECK(fixture.store.certificates.empty());
  }
  SECTION("delay") {
    ServiceFixture fixture({"create:1:delay=1500"});
    CHECK(effects_of("delay", fixture).empty());
    fixture.clock.advance(milliseconds(1499));
    CHECK(fixture.service->due().empty());
    fixture.clock.advance(milliseconds(1));
    CHECK(fixture.service->due().size() == 1);
  }
  SECTION("duplicate") {
    ServiceFixture fixture({"create:1:duplicate"});
    const auto effects = effects_of("duplicate", fixture);
    REQUIRE(effects.size() == 2);
    CHECK(effects[0].payload == effects[1].payload);
  }
  SECTION("disconnect before, unanswered, after") {
    ServiceFixture before({"create:1:disconnect-before"});
    CHECK(effects_of("before", before, Permission::kClose).empty());
    CHECK(before.store.certificates.empty());
    ServiceFixture unanswered({"create:1:disconnect-unanswered"});
    CHECK(effects_of("unanswered", unanswered, Permission::kClose).empty());
    CHECK(unanswered.store.certificates.size() == 1);
    ServiceFixture after({"create:1:disconnect-after"});
    CHECK(effects_of("after", after).size() == 1);
    // The response leaves in the next turn of the broker's loop, however late that turn is.
    after.clock.advance(milliseconds(1000));
    CHECK(after.service->due().empty());
    CHECK(after.service->waiting());
    const auto last = after.service->due();
    REQUIRE(last.size() == 1);
    CHECK(last[0].kind == Effect::Kind::kClose);
  }
  SECTION("deny and reject") {
    ServiceFixture deny({"create:1:deny"});
    CHECK(effects_of("deny", deny, Permission::kDenied).empty());
    ServiceFixture reject({"create:1:reject=503"});
    const auto effects = effects_of("reject", reject);
    REQUIRE(effects.size() == 1);
    CHECK(effects[0].payload.find(R"("statusCode":503,"errorCode":"ServiceUnavailable")") != std::string::npos);
    CHECK(reject.store.certificates.empty());
  }
  SECTION("the issuer learns what must be wrong") {
    ServiceFixture fixture({"create:1:wrong-key", "create:1:expired"});
    CHECK(effects_of("wrong-key", fixture).size() == 1);
    CHECK(fixture.issuer.last_faults.other_key);
    CHECK(fixture.issuer.last_faults.expired);
  }
  SECTION("both: the other outcome after the answer") {
    ServiceFixture fixture({"create:1:both", "create:2:both", "create:2:reject=429"});
    const auto accepted = effects_of("both", fixture);
    REQUIRE(accepted.size() == 2);
    CHECK(accepted[0].topic == std::string(kCreate) + "/accepted");
    CHECK(accepted[1].topic == std::string(kCreate) + "/rejected");
    CHECK(nlohmann::json::parse(accepted[1].payload).at("statusCode") == 500);
    REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    const auto rejected = fixture.service->due();
    REQUIRE(rejected.size() == 2);
    CHECK(rejected[0].topic == std::string(kCreate) + "/rejected");
    CHECK(rejected[1].topic == std::string(kCreate) + "/accepted");
    CHECK(rejected[1].payload == "{}");
  }
  SECTION("other-topic: of the other encoding, or the one that was named") {
    ServiceFixture fixture({"create:1:other-topic", "create:2:other-topic=a/b"});
    const auto other = effects_of("other-topic", fixture);
    REQUIRE(other.size() == 1);
    CHECK(other[0].topic == "$aws/certificates/create-from-csr/cbor/accepted");
    REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    CHECK(fixture.service->due().at(0).topic == "a/b");
  }
  SECTION("stale: another device's answer first") {
    ServiceFixture fixture({"create:1:stale"});
    const auto effects = effects_of("stale", fixture);
    REQUIRE(effects.size() == 2);
    CHECK(effects[0].topic == effects[1].topic);
    CHECK(effects[0].payload != effects[1].payload);
    CHECK(fixture.issuer.last_faults.other_key);
  }
}

TEST_CASE("faults of connections and subscriptions") {
  ServiceFixture fixture(
      {"connect:1:disconnect-before", "connect:2:deny", "subscribe:2:deny", "subscribe:3:disconnect-before"});
  CHECK(fixture.connect(&kOne, "a", 5) == Admission::kClosed);
  CHECK(fixture.connect(&kOne, "a", 5) == Admission::kNotAuthorized);
  REQUIRE(fixture.connect(&kOne, "a", 5) == Admission::kAccepted);
  const std::string filter = std::string(kCreate) + "/accepted";
  CHECK(fixture.service->subscribe(&kOne, filter, 1) == Permission::kAllowed);
  CHECK(fixture.service->subscribe(&kOne, filter, 1) == Permission::kDenied);
  CHECK(fixture.service->subscribe(&kOne, filter, 1) == Permission::kClose);
}

TEST_CASE("a fault meets the operation that it names, and no other") {
  const std::string keys = "$aws/certificates/create/json";
  const struct {
    const char* fault;
    bool meets_csr;
    bool meets_keys;
    bool meets_register;
  } rows[] = {{"create:*:ignore", true, true, false},
              {"create-from-csr:*:ignore", true, false, false},
              {"create-keys:*:ignore", false, true, false},
              {"register:*:ignore", false, false, true}};
  for (const auto& row : rows) {
    INFO(row.fault);
    ServiceFixture fixture({row.fault});
    REQUIRE(fixture.connect(&kOne, "a", 5) == Admission::kAccepted);
    fixture.subscribe_all(&kOne);
    REQUIRE(fixture.service->subscribe(&kOne, keys + "/accepted", 1) == Permission::kAllowed);
    const auto is_met = [&fixture](const std::string& topic, const std::string& payload) {
      CHECK(fixture.ask(&kOne, topic, payload) == Permission::kAllowed);
      return fixture.service->due().empty();
    };
    CHECK(is_met(kCreate, kCsr) == row.meets_csr);
    CHECK(is_met(keys, "{}") == row.meets_keys);
    CHECK(is_met(kRegister, "{}") == row.meets_register);
  }
}

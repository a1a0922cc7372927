// What each fault that was asked for does to a request, a connection and a subscription.
#include "world.hpp"

using namespace fleet_provision::simulator;
using std::chrono::milliseconds;

TEST_CASE("faults of the request") {
  const auto effects_of = [](const char* spec, World& world, Permission expected = Permission::kAllowed) {
    INFO(spec);
    REQUIRE(world.connect(&kOne, "a", 5) == Admission::kAccepted);
    world.subscribe_all(&kOne);
    CHECK(world.ask(&kOne, kCreate, kCsr) == expected);
    return world.service->due();
  };
  SECTION("drop: done, not answered") {
    World world({"create:1:drop"});
    CHECK(effects_of("drop", world).empty());
    CHECK(world.store.certificates.size() == 1);
    CHECK(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    CHECK(world.service->due().size() == 1);
  }
  SECTION("ignore: neither done nor answered") {
    World world({"create:*:ignore"});
    CHECK(effects_of("ignore", world).empty());
    CHECK(world.store.certificates.empty());
  }
  SECTION("delay") {
    World world({"create:1:delay=1500"});
    CHECK(effects_of("delay", world).empty());
    world.clock.advance(milliseconds(1499));
    CHECK(world.service->due().empty());
    world.clock.advance(milliseconds(1));
    CHECK(world.service->due().size() == 1);
  }
  SECTION("duplicate") {
    World world({"create:1:duplicate"});
    const auto effects = effects_of("duplicate", world);
    REQUIRE(effects.size() == 2);
    CHECK(effects[0].payload == effects[1].payload);
  }
  SECTION("disconnect before, unanswered, after") {
    World before({"create:1:disconnect-before"});
    CHECK(effects_of("before", before, Permission::kClose).empty());
    CHECK(before.store.certificates.empty());
    World unanswered({"create:1:disconnect-unanswered"});
    CHECK(effects_of("unanswered", unanswered, Permission::kClose).empty());
    CHECK(unanswered.store.certificates.size() == 1);
    World after({"create:1:disconnect-after"});
    CHECK(effects_of("after", after).size() == 1);
    // A turn of the broker's loop for the answer to leave, however late the turn comes.
    after.clock.advance(milliseconds(1000));
    CHECK(after.service->due().empty());
    CHECK(after.service->waiting());
    const auto last = after.service->due();
    REQUIRE(last.size() == 1);
    CHECK(last[0].kind == Effect::Kind::kClose);
  }
  SECTION("deny and reject") {
    World deny({"create:1:deny"});
    CHECK(effects_of("deny", deny, Permission::kDenied).empty());
    World reject({"create:1:reject=503"});
    const auto effects = effects_of("reject", reject);
    REQUIRE(effects.size() == 1);
    CHECK(effects[0].payload.find(R"("statusCode":503,"errorCode":"ServiceUnavailable")") != std::string::npos);
    CHECK(reject.store.certificates.empty());
  }
  SECTION("the issuer is told what is to be wrong") {
    World world({"create:1:wrong-key", "create:1:expired"});
    CHECK(effects_of("wrong-key", world).size() == 1);
    CHECK(world.issuer.last_faults.other_key);
    CHECK(world.issuer.last_faults.expired);
  }
  SECTION("both: the other outcome after the answer") {
    World world({"create:1:both", "create:2:both", "create:2:reject=429"});
    const auto accepted = effects_of("both", world);
    REQUIRE(accepted.size() == 2);
    CHECK(accepted[0].topic == std::string(kCreate) + "/accepted");
    CHECK(accepted[1].topic == std::string(kCreate) + "/rejected");
    CHECK(nlohmann::json::parse(accepted[1].payload).at("statusCode") == 500);
    REQUIRE(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    const auto rejected = world.service->due();
    REQUIRE(rejected.size() == 2);
    CHECK(rejected[0].topic == std::string(kCreate) + "/rejected");
    CHECK(rejected[1].topic == std::string(kCreate) + "/accepted");
    CHECK(rejected[1].payload == "{}");
  }
  SECTION("other-topic: of the other encoding, or the one that was named") {
    World world({"create:1:other-topic", "create:2:other-topic=a/b"});
    const auto other = effects_of("other-topic", world);
    REQUIRE(other.size() == 1);
    CHECK(other[0].topic == "$aws/certificates/create-from-csr/cbor/accepted");
    REQUIRE(world.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    CHECK(world.service->due().at(0).topic == "a/b");
  }
  SECTION("stale: another device's answer first") {
    World world({"create:1:stale"});
    const auto effects = effects_of("stale", world);
    REQUIRE(effects.size() == 2);
    CHECK(effects[0].topic == effects[1].topic);
    CHECK(effects[0].payload != effects[1].payload);
  }
}

TEST_CASE("faults of connections and subscriptions") {
  World world({"connect:1:disconnect-before", "connect:2:deny", "subscribe:2:deny", "subscribe:3:disconnect-before"});
  CHECK(world.connect(&kOne, "a", 5) == Admission::kClosed);
  CHECK(world.connect(&kOne, "a", 5) == Admission::kNotAuthorized);
  REQUIRE(world.connect(&kOne, "a", 5) == Admission::kAccepted);
  const std::string filter = std::string(kCreate) + "/accepted";
  CHECK(world.service->subscribe(&kOne, filter, 1) == Permission::kAllowed);
  CHECK(world.service->subscribe(&kOne, filter, 1) == Permission::kDenied);
  CHECK(world.service->subscribe(&kOne, filter, 1) == Permission::kClose);
}

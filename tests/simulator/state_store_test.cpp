// Records of certificates and things in the state directory, also those that an earlier version wrote.
#include "records/state_store.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::simulator {

using namespace test;

TEST_CASE("a record is loaded as it was saved") {
  const TemporaryDirectory scratch;
  ThingRecord thing;
  thing.name = "t";
  thing.attributes = {{"a", "1"}};
  thing.groups = {"g"};
  thing.billing_group = "europe";
  thing.package_versions = std::map<std::string, std::string>{{"agent", "1.0"}};
  thing.principals = {"c"};
  ThingRecord other = thing;
  other.name = "other";
  other.billing_group.reset();
  other.package_versions = "agent:1.0";
  CertificateRecord certificate;
  certificate.id = "c";
  certificate.thing_name = "t";
  certificate.exclusive_thing = true;
  {
    const auto store = open_state_store(scratch.path().string());
    REQUIRE(store);
    (*store)->save(thing);
    (*store)->save(other);
    (*store)->save(certificate);
  }
  const auto store = open_state_store(scratch.path().string());
  REQUIRE(store);
  const auto things = (*store)->load_things();
  REQUIRE(things.size() == 2);
  for (const auto& each : things) {
    const ThingRecord& saved = each.name == "t" ? thing : other;
    CHECK(each.groups == saved.groups);
    CHECK(each.billing_group == saved.billing_group);
    CHECK(each.package_versions == saved.package_versions);
  }
  const auto certificates = (*store)->load_certificates();
  REQUIRE(certificates.size() == 1);
  CHECK(certificates[0].exclusive_thing);
  CHECK(certificates[0].thing_name == "t");
}

TEST_CASE("a record whose token expires later than the clock can count is left out") {
  const TemporaryDirectory scratch;
  REQUIRE(open_state_store(scratch.path().string()));
  for (const char* seconds : {"9223372036", "9223372037", "9223372036854775807", "-1"}) {
    scratch.write("certificates/c.json",
                  R"({"certificateId":"c","status":"ACTIVE","policies":[],"tokenSha256":"","tokenUsed":true,
                      "certificatePem":"p","tokenExpires":)" +
                      std::string(seconds) + "}");
    const auto store = open_state_store(scratch.path().string());
    REQUIRE(store);
    CAPTURE(seconds);
    CHECK((*store)->load_certificates().size() == (std::string_view(seconds) == "9223372036" ? 1U : 0U));
  }
}

TEST_CASE("records of an earlier version load, and what is no record is left out") {
  const TemporaryDirectory scratch;
  REQUIRE(open_state_store(scratch.path().string()));
  scratch.write(
      "things/t.json",
      R"({"thingName":"t","thingTypeName":null,"attributes":{},"thingGroups":[],"principals":["c"],"templateName":"g"})");
  scratch.write(
      "certificates/c.json",
      R"({"certificateId":"c","status":"ACTIVE","thingName":"t","policies":[],"tokenSha256":"","tokenExpires":0,
            "tokenUsed":true,"certificatePem":"p"})");
  std::string objects;
  for (int i = 0; i < 4000; ++i) objects += R"({"a":)";
  scratch.write("things/lists.json", std::string(4000, '['));
  scratch.write("things/objects.json", objects);
  scratch.write("things/text.json",
                R"({"thingName":"x","attributes":{},"thingGroups":[],"principals":[],"templateName":"g",
                                         "billingGroupName":5})");
  const auto store = open_state_store(scratch.path().string());
  REQUIRE(store);
  const auto things = (*store)->load_things();
  REQUIRE(things.size() == 1);
  CHECK_FALSE(things[0].billing_group);
  CHECK_FALSE(things[0].package_versions);
  const auto certificates = (*store)->load_certificates();
  REQUIRE(certificates.size() == 1);
  CHECK_FALSE(certificates[0].exclusive_thing);
}

}  // namespace fleet_provision::simulator

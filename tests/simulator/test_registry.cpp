#include "fakes.hpp"
#include "tests/catch.hpp"

using namespace fleet_provision::simulator;
using std::chrono::seconds;

namespace {

struct World {
  FakeIssuer issuer;
  FakeStore store;
  Registry registry{store, issuer};
  WallClockTime now{};

  std::string certificate(std::string* token = nullptr) {
    const auto issued = issuer.issue_for_csr("csr", {});
    const std::string given = registry.add(*issued, now + seconds(3600));
    if (token != nullptr) *token = given;
    return issued->id;
  }
  Granted<void> apply(const ThingSpec& thing, const std::string& id) {
    Rendered rendered;
    rendered.thing = thing;
    rendered.certificate = CertificateSpec{id, "ACTIVE", {}, false};
    return registry.apply(rendered, id, "gateway");
  }
};

ThingSpec thing(std::optional<Override> setting) {
  ThingSpec spec;
  spec.name = "t";
  spec.override_attributes = spec.override_type = spec.override_groups = setting;
  return spec;
}

}  // namespace

TEST_CASE("a token works once, until its time is over") {
  World world;
  std::string token;
  const std::string id = world.certificate(&token);
  const auto code = [&](const std::string& text, seconds after, bool reuse = false) {
    const auto redeemed = world.registry.redeem(text, world.now + after, reuse);
    return redeemed ? *redeemed : redeemed.error().error_message;
  };
  CHECK(code(token, seconds(3599)) == id);
  CHECK(code(token, seconds(3600)) == "Certificate ownership token has expired.");
  CHECK(code("other", seconds(0)) == "Certificate ownership token is not valid.");
  REQUIRE(world.apply(thing({}), id));
  CHECK(code(token, seconds(1)) == "Certificate ownership token is not valid.");
  CHECK(code(token, seconds(1), true) == id);
}

TEST_CASE("with its token a pending certificate is deleted, an activated one stays") {
  World world;
  std::string token;
  const std::string pending = world.certificate(&token);
  const std::string active = world.certificate();
  REQUIRE(world.apply(thing({}), active));
  CHECK(world.registry.expire(world.now + seconds(3599)).empty());
  CHECK(world.registry.expire(world.now + seconds(3600)) == std::vector<std::string>{pending});
  CHECK(world.registry.find_certificate(pending) == nullptr);
  CHECK(world.store.certificates.count(pending) == 0);
  CHECK(world.registry.find_certificate(active)->status == CertificateStatus::kActive);
  CHECK(world.registry.redeem(token, world.now + seconds(4000), false).error().error_message ==
        "Certificate ownership token has expired.");
}

TEST_CASE("what was stored is known to the next run") {
  World world;
  std::string token;
  const std::string id = world.certificate(&token);
  Registry next(world.store, world.issuer);
  CHECK(next.redeem(token, world.now, false).value_or("") == id);
}

TEST_CASE("OverrideSettings decide over a thing that exists") {
  struct Row {
    std::optional<Override> setting;
    bool same;
    /// Attributes afterwards; empty: refused.
    std::map<std::string, std::string> attributes;
  };
  using O = Override;
  const std::vector<Row> rows{
      {std::nullopt, true, {{"a", "1"}}},
      {std::nullopt, false, {}},
      {O::kDoNothing, false, {{"a", "1"}}},
      {O::kReplace, false, {{"b", "2"}}},
      {O::kMerge, false, {{"a", "1"}, {"b", "2"}}},
      {O::kFail, true, {}},
      {O::kFail, false, {}},
  };
  for (const auto& row : rows) {
    INFO(static_cast<int>(row.setting.value_or(O::kDoNothing)) << row.same);
    World world;
    ThingSpec first = thing(O::kDoNothing);
    first.attributes = {{"a", "1"}};
    REQUIRE(world.apply(first, world.certificate()));
    ThingSpec second = thing(O::kDoNothing);
    second.override_attributes = row.setting;
    second.attributes = row.same ? first.attributes : std::map<std::string, std::string>{{"b", "2"}};
    const std::string id = world.certificate();
    const auto applied = world.apply(second, id);
    CHECK(applied.has_value() == !row.attributes.empty());
    const auto& stored = world.store.things.at("t");
    if (applied) {
      CHECK(stored.attributes == row.attributes);
      CHECK(stored.principals.size() == 2);
    } else {
      CHECK(applied.error().error_code == "ResourceConflictsException");
      CHECK(stored.attributes == first.attributes);
      CHECK(stored.principals.size() == 1);
      CHECK(world.registry.find_certificate(id)->status == CertificateStatus::kPendingActivation);
    }
  }
}

TEST_CASE("an exclusive thing keeps one certificate only") {
  World world;
  REQUIRE(world.apply(thing({}), world.certificate()));
  Rendered rendered;
  rendered.thing = thing({});
  const std::string id = world.certificate();
  rendered.certificate = CertificateSpec{id, "INACTIVE", {}, true};
  REQUIRE(world.registry.apply(rendered, id, "gateway"));
  CHECK(world.store.things.at("t").principals == std::vector<std::string>{id});
  CHECK(world.registry.find_certificate(id)->status == CertificateStatus::kInactive);
}

TEST_CASE("things outside the registry's limits are refused") {
  const auto refused = [](const std::function<void(ThingSpec&)>& change) {
    World world;
    ThingSpec spec = thing({});
    change(spec);
    return !world.apply(spec, world.certificate());
  };
  CHECK_FALSE(refused([](ThingSpec&) {}));
  CHECK(refused([](ThingSpec& t) { t.name = "a/b"; }));
  CHECK(refused([](ThingSpec& t) { t.name = std::string(129, 'a'); }));
  CHECK(refused([](ThingSpec& t) { t.name.clear(); }));
  CHECK(refused([](ThingSpec& t) { t.attributes["a"] = "with space"; }));
  CHECK(refused([](ThingSpec& t) { t.attributes["a b"] = "x"; }));
  CHECK(refused([](ThingSpec& t) { t.attributes = {{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}}; }));
  CHECK_FALSE(refused([](ThingSpec& t) {
    t.attributes = {{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}};
    t.type = "big";
  }));
}

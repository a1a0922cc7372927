#include "fakes.hpp"
#include "tests/support/catch.hpp"

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
  // The last good value of each length, and the first that is not.
  CHECK_FALSE(refused([](ThingSpec& t) { t.name = "t"; }));
  CHECK_FALSE(refused([](ThingSpec& t) { t.name = std::string(128, 'a'); }));
  CHECK_FALSE(refused([](ThingSpec& t) { t.attributes[std::string(128, 'a')] = "x"; }));
  CHECK(refused([](ThingSpec& t) { t.attributes[std::string(129, 'a')] = "x"; }));
  CHECK(refused([](ThingSpec& t) { t.attributes[""] = "x"; }));
  CHECK_FALSE(refused([](ThingSpec& t) { t.attributes["a"] = std::string(800, 'x'); }));
  CHECK(refused([](ThingSpec& t) { t.attributes["a"] = std::string(801, 'x'); }));
  CHECK_FALSE(refused([](ThingSpec& t) { t.attributes = {{"a", ""}, {"b", ""}, {"c", ""}}; }));
}

TEST_CASE("each character of a thing's name and attributes is decided by itself") {
  const auto taken = [](const std::function<void(ThingSpec&)>& change) {
    World world;
    ThingSpec spec = thing({});
    change(spec);
    return world.apply(spec, world.certificate()).has_value();
  };
  // API_ThingAttribute, API_AttributePayload: what is allowed besides letters and digits.
  const std::string in_names = "_.,@/:#-";
  const std::string in_values = "_.,@/:#=[]-";
  const std::string in_thing_names = ":_-";
  for (int byte = 0; byte <= 0xFF; ++byte) {
    INFO(byte);
    const std::string text(1, static_cast<char>(byte));
    const bool word = byte < 0x80 && std::isalnum(byte) != 0;
    const auto stands_in = [&](const std::string& list) { return word || list.find(text) != std::string::npos; };
    CHECK(taken([&](ThingSpec& t) { t.name = text; }) == stands_in(in_thing_names));
    CHECK(taken([&](ThingSpec& t) { t.attributes[text] = "x"; }) == stands_in(in_names));
    CHECK(taken([&](ThingSpec& t) { t.attributes["a"] = text; }) == stands_in(in_values));
  }
}

TEST_CASE("OverrideSettings decide over the type and the groups of a thing that exists") {
  struct Row {
    std::optional<Override> setting;
    /// Afterwards; empty: refused.
    std::string type;
    std::vector<std::string> groups;
  };
  using O = Override;
  const std::vector<Row> rows{
      {std::nullopt, "", {}},
      {O::kDoNothing, "old", {"a", "b"}},
      {O::kReplace, "new", {"b", "c"}},
      {O::kMerge, "new", {"a", "b", "c"}},
      {O::kFail, "", {}},
  };
  for (const auto& row : rows) {
    INFO(static_cast<int>(row.setting.value_or(O::kDoNothing)) << row.type);
    World world;
    ThingSpec first = thing({});
    first.type = "old";
    first.groups = {"a", "b"};
    REQUIRE(world.apply(first, world.certificate()));
    ThingSpec by_type = first;
    by_type.type = "new";
    by_type.override_type = row.setting;
    ThingSpec by_groups = first;
    by_groups.groups = {"b", "c"};
    by_groups.override_groups = row.setting;
    CHECK(world.apply(by_type, world.certificate()).has_value() == !row.type.empty());
    CHECK(world.store.things.at("t").type == (row.type.empty() ? "old" : row.type));
    CHECK(world
              .apply(
                  [&] {
                    auto spec = by_groups;
                    spec.type = world.store.things.at("t").type;
                    return spec;
                  }(),
                  world.certificate())
              .has_value() == !row.groups.empty());
    CHECK(world.store.things.at("t").groups == (row.groups.empty() ? first.groups : row.groups));
  }
}

TEST_CASE("the status of a certificate follows its template, once it is active only by REPLACE") {
  for (const auto setting :
       {std::optional<Override>{}, std::optional{Override::kReplace}, std::optional{Override::kDoNothing}}) {
    World world;
    const std::string id = world.certificate();
    const auto apply = [&](const char* status) {
      Rendered rendered;
      rendered.certificate = CertificateSpec{id, status, setting, false};
      return world.registry.apply(rendered, id, "gateway");
    };
    REQUIRE(apply("ACTIVE"));
    CHECK(world.registry.find_certificate(id)->status == CertificateStatus::kActive);
    REQUIRE(apply("INACTIVE"));
    CHECK(world.registry.find_certificate(id)->status ==
          (setting == Override::kDoNothing ? CertificateStatus::kActive : CertificateStatus::kInactive));
    CHECK(world.store.certificates.at(id).token_used);
  }
}

TEST_CASE("a template that names another certificate changes nothing") {
  World world;
  const std::string id = world.certificate();
  Rendered rendered;
  rendered.thing = thing({});
  rendered.certificate = CertificateSpec{world.certificate(), "ACTIVE", {}, false};
  const auto applied = world.registry.apply(rendered, id, "gateway");
  REQUIRE_FALSE(applied);
  CHECK(applied.error().error_code == "InvalidParameters");
  CHECK(world.store.things.empty());
  CHECK(world.registry.find_certificate(id)->status == CertificateStatus::kPendingActivation);
}

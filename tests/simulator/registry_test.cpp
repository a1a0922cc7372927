#include "fakes.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::simulator;
using std::chrono::seconds;

namespace {

struct RegistryFixture {
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
  Accepted<void> apply(const ThingResource& thing, const std::string& id) {
    RenderedTemplate rendered;
    rendered.thing = thing;
    rendered.certificate = CertificateResource{id, CertificateStatus::kActive, {}, false};
    return registry.apply(rendered, id, "gateway");
  }
};

ThingResource thing(std::optional<OverrideSetting> setting) {
  ThingResource spec;
  spec.name = "t";
  spec.override_attributes = spec.override_type = spec.override_groups = setting;
  return spec;
}

}  // namespace

TEST_CASE("a token works once, until its time is over") {
  RegistryFixture fixture;
  std::string token;
  const std::string id = fixture.certificate(&token);
  const auto code = [&](const std::string& text, seconds after, bool reuse = false) {
    const auto redeemed = fixture.registry.find_by_token(text, fixture.now + after, reuse);
    return redeemed ? *redeemed : redeemed.error().error_message;
  };
  CHECK(code(token, seconds(3599)) == id);
  CHECK(code(token, seconds(3600)) == "Certificate ownership token has expired.");
  CHECK(code("other", seconds(0)) == "Certificate ownership token is not valid.");
  REQUIRE(fixture.apply(thing({}), id));
  CHECK(code(token, seconds(1)) == "Certificate ownership token is not valid.");
  CHECK(code(token, seconds(1), true) == id);
}

TEST_CASE("with its token a pending certificate is deleted, an activated one stays") {
  RegistryFixture fixture;
  std::string token;
  const std::string pending = fixture.certificate(&token);
  const std::string active = fixture.certificate();
  REQUIRE(fixture.apply(thing({}), active));
  CHECK(fixture.registry.expire(fixture.now + seconds(3599)).empty());
  CHECK(fixture.registry.expire(fixture.now + seconds(3600)) == std::vector<std::string>{pending});
  CHECK(fixture.registry.find_certificate(pending) == nullptr);
  CHECK(fixture.store.certificates.count(pending) == 0);
  CHECK(fixture.registry.find_certificate(active)->status == CertificateStatus::kActive);
  CHECK(fixture.registry.find_by_token(token, fixture.now + seconds(4000), false).error().error_message ==
        "Certificate ownership token has expired.");
}

TEST_CASE("what was stored is known to the next run") {
  RegistryFixture fixture;
  std::string token;
  const std::string id = fixture.certificate(&token);
  Registry next(fixture.store, fixture.issuer);
  CHECK(next.find_by_token(token, fixture.now, false).value_or("") == id);
}

TEST_CASE("OverrideSettings decide over a thing that exists") {
  struct Row {
    std::optional<OverrideSetting> setting;
    bool same;
    /// The attributes afterwards; empty means rejected.
    std::map<std::string, std::string> attributes;
  };
  using O = OverrideSetting;
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
    RegistryFixture fixture;
    ThingResource first = thing(O::kDoNothing);
    first.attributes = {{"a", "1"}};
    REQUIRE(fixture.apply(first, fixture.certificate()));
    ThingResource second = thing(O::kDoNothing);
    second.override_attributes = row.setting;
    second.attributes = row.same ? first.attributes : std::map<std::string, std::string>{{"b", "2"}};
    const std::string id = fixture.certificate();
    const auto applied = fixture.apply(second, id);
    CHECK(applied.has_value() == !row.attributes.empty());
    const auto& stored = fixture.store.things.at("t");
    if (applied) {
      CHECK(stored.attributes == row.attributes);
      CHECK(stored.principals.size() == 2);
    } else {
      CHECK(applied.error().error_code == "ResourceConflictsException");
      CHECK(stored.attributes == first.attributes);
      CHECK(stored.principals.size() == 1);
      CHECK(fixture.registry.find_certificate(id)->status == CertificateStatus::kPendingActivation);
    }
  }
}

TEST_CASE("an exclusive certificate belongs to one thing, and the thing's other certificates stay") {
  RegistryFixture fixture;
  const auto apply = [&](const std::string& name, const std::string& id, bool exclusive) {
    RenderedTemplate rendered;
    rendered.thing = thing({});
    rendered.thing->name = name;
    rendered.certificate = CertificateResource{id, CertificateStatus::kActive, {}, exclusive};
    const auto applied = fixture.registry.apply(rendered, id, "gateway");
    return applied ? std::string() : applied.error().error_code + ": " + applied.error().error_message;
  };
  const std::string older = fixture.certificate();
  const std::string id = fixture.certificate();
  CHECK(apply("t", older, false).empty());
  CHECK(apply("t", id, true).empty());
  CHECK(fixture.store.things.at("t").principals == std::vector<std::string>{older, id});
  CHECK(fixture.store.certificates.at(id).exclusive_thing);
  CHECK_FALSE(fixture.store.certificates.at(older).exclusive_thing);
  // The same thing again, as a repeated request would.
  CHECK(apply("t", id, true).empty());
  // A second thing, whatever the template says of it.
  for (const bool exclusive : {false, true}) {
    CHECK(apply("other", id, exclusive) ==
          "ResourceConflictsException: The certificate is attached exclusively to thing t");
  }
  // A certificate that has a thing already, not exclusively: a second one only without EXCLUSIVE_THING.
  CHECK(apply("other", older, true) == "ResourceConflictsException: The certificate is attached to thing t");
  CHECK(fixture.store.things.count("other") == 0);
  CHECK(fixture.store.certificates.at(older).thing_name == "t");
  CHECK(apply("other", older, false).empty());
  // The next run knows it too.
  Registry next(fixture.store, fixture.issuer);
  RenderedTemplate rendered;
  rendered.thing = thing({});
  rendered.thing->name = "third";
  CHECK_FALSE(next.apply(rendered, id, "gateway"));
}

TEST_CASE("a billing group and package versions are recorded, replaced, and kept by a template without them") {
  RegistryFixture fixture;
  ThingResource first = thing({});
  first.billing_group = "europe";
  first.package_versions = "agent:1.0";
  REQUIRE(fixture.apply(first, fixture.certificate()));
  CHECK(fixture.store.things.at("t").billing_group == "europe");
  CHECK(fixture.store.things.at("t").package_versions == PackageVersions("agent:1.0"));
  REQUIRE(fixture.apply(thing({}), fixture.certificate()));
  CHECK(fixture.store.things.at("t").billing_group == "europe");
  ThingResource second = thing(OverrideSetting::kDoNothing);
  second.billing_group = "asia";
  second.package_versions = std::map<std::string, std::string>{{"agent", "1.1"}};
  REQUIRE(fixture.apply(second, fixture.certificate()));
  CHECK(fixture.store.things.at("t").billing_group == "asia");
  CHECK(fixture.store.things.at("t").package_versions == second.package_versions);
}

TEST_CASE("things outside the registry's limits are refused") {
  const auto refused = [](const std::function<void(ThingResource&)>& change) {
    RegistryFixture fixture;
    ThingResource spec = thing({});
    change(spec);
    return !fixture.apply(spec, fixture.certificate());
  };
  CHECK_FALSE(refused([](ThingResource&) {}));
  CHECK(refused([](ThingResource& t) { t.name = "a/b"; }));
  CHECK(refused([](ThingResource& t) { t.name = std::string(129, 'a'); }));
  CHECK(refused([](ThingResource& t) { t.name.clear(); }));
  CHECK(refused([](ThingResource& t) { t.attributes["a"] = "with space"; }));
  CHECK(refused([](ThingResource& t) { t.attributes["a b"] = "x"; }));
  CHECK(refused([](ThingResource& t) { t.attributes = {{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}}; }));
  CHECK_FALSE(refused([](ThingResource& t) {
    t.attributes = {{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}};
    t.type = "big";
  }));
  CHECK(refused([](ThingResource& t) { t.type = "a b"; }));
  CHECK(refused([](ThingResource& t) { t.type = ""; }));
  CHECK(refused([](ThingResource& t) { t.groups = {"a", "b/c"}; }));
  CHECK(refused([](ThingResource& t) { t.groups = {std::string(129, 'a')}; }));
  CHECK_FALSE(refused([](ThingResource& t) { t.groups = std::vector<std::string>(10, "a"); }));
  CHECK(refused([](ThingResource& t) { t.groups = std::vector<std::string>(11, "a"); }));
  CHECK(refused([](ThingResource& t) { t.billing_group = "a.b"; }));
  CHECK_FALSE(refused([](ThingResource& t) { t.billing_group = std::string(128, 'a'); }));
  CHECK(refused([](ThingResource& t) { t.package_versions = std::map<std::string, std::string>{{"a", ""}}; }));
  CHECK(refused([](ThingResource& t) { t.package_versions = std::map<std::string, std::string>{{"a b", "1"}}; }));
  CHECK_FALSE(refused([](ThingResource& t) { t.package_versions = std::map<std::string, std::string>{{"a", "1.0"}}; }));
  // The last accepted and the first rejected value of each length.
  CHECK_FALSE(refused([](ThingResource& t) { t.name = "t"; }));
  CHECK_FALSE(refused([](ThingResource& t) { t.name = std::string(128, 'a'); }));
  CHECK_FALSE(refused([](ThingResource& t) { t.attributes[std::string(128, 'a')] = "x"; }));
  CHECK(refused([](ThingResource& t) { t.attributes[std::string(129, 'a')] = "x"; }));
  CHECK(refused([](ThingResource& t) { t.attributes[""] = "x"; }));
  CHECK_FALSE(refused([](ThingResource& t) { t.attributes["a"] = std::string(800, 'x'); }));
  CHECK(refused([](ThingResource& t) { t.attributes["a"] = std::string(801, 'x'); }));
  CHECK_FALSE(refused([](ThingResource& t) { t.attributes = {{"a", ""}, {"b", ""}, {"c", ""}}; }));
}

TEST_CASE("each character of a thing's name and attributes is decided by itself") {
  const auto taken = [](const std::function<void(ThingResource&)>& change) {
    RegistryFixture fixture;
    ThingResource spec = thing({});
    change(spec);
    return fixture.apply(spec, fixture.certificate()).has_value();
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
    CHECK(taken([&](ThingResource& t) { t.name = text; }) == stands_in(in_thing_names));
    CHECK(taken([&](ThingResource& t) { t.attributes[text] = "x"; }) == stands_in(in_names));
    CHECK(taken([&](ThingResource& t) { t.attributes["a"] = text; }) == stands_in(in_values));
  }
}

TEST_CASE("OverrideSettings decide over the type and the groups of a thing that exists") {
  struct Row {
    std::optional<OverrideSetting> setting;
    /// The type afterwards; empty means rejected.
    std::string type;
    std::vector<std::string> groups;
  };
  using O = OverrideSetting;
  const std::vector<Row> rows{
      {std::nullopt, "", {}},
      {O::kDoNothing, "old", {"a", "b"}},
      {O::kReplace, "new", {"b", "c"}},
      {O::kMerge, "new", {"a", "b", "c"}},
      {O::kFail, "", {}},
  };
  for (const auto& row : rows) {
    INFO(static_cast<int>(row.setting.value_or(O::kDoNothing)) << row.type);
    RegistryFixture fixture;
    ThingResource first = thing({});
    first.type = "old";
    first.groups = {"a", "b"};
    REQUIRE(fixture.apply(first, fixture.certificate()));
    ThingResource by_type = first;
    by_type.type = "new";
    by_type.override_type = row.setting;
    ThingResource by_groups = first;
    by_groups.groups = {"b", "c"};
    by_groups.override_groups = row.setting;
    CHECK(fixture.apply(by_type, fixture.certificate()).has_value() == !row.type.empty());
    CHECK(fixture.store.things.at("t").type == (row.type.empty() ? "old" : row.type));
    CHECK(fixture
              .apply(
                  [&] {
                    auto spec = by_groups;
                    spec.type = fixture.store.things.at("t").type;
                    return spec;
                  }(),
                  fixture.certificate())
              .has_value() == !row.groups.empty());
    CHECK(fixture.store.things.at("t").groups == (row.groups.empty() ? first.groups : row.groups));
  }
}

TEST_CASE("the status of a certificate follows its template, once it is active only by REPLACE") {
  for (const auto setting : {std::optional<OverrideSetting>{}, std::optional{OverrideSetting::kReplace},
                             std::optional{OverrideSetting::kDoNothing}}) {
    RegistryFixture fixture;
    const std::string id = fixture.certificate();
    const auto apply = [&](CertificateStatus status) {
      RenderedTemplate rendered;
      rendered.certificate = CertificateResource{id, status, setting, false};
      return fixture.registry.apply(rendered, id, "gateway");
    };
    REQUIRE(apply(CertificateStatus::kActive));
    CHECK(fixture.registry.find_certificate(id)->status == CertificateStatus::kActive);
    REQUIRE(apply(CertificateStatus::kInactive));
    CHECK(fixture.registry.find_certificate(id)->status ==
          (setting == OverrideSetting::kDoNothing ? CertificateStatus::kActive : CertificateStatus::kInactive));
    CHECK(fixture.store.certificates.at(id).token_used);
  }
}

TEST_CASE("a template that names another certificate changes nothing") {
  RegistryFixture fixture;
  const std::string id = fixture.certificate();
  RenderedTemplate rendered;
  rendered.thing = thing({});
  rendered.certificate = CertificateResource{fixture.certificate(), CertificateStatus::kActive, {}, false};
  const auto applied = fixture.registry.apply(rendered, id, "gateway");
  REQUIRE_FALSE(applied);
  CHECK(applied.error().error_code == "InvalidParameters");
  CHECK(fixture.store.things.empty());
  CHECK(fixture.registry.find_certificate(id)->status == CertificateStatus::kPendingActivation);
}

TEST_CASE("what a merge makes too large changes nothing") {
  RegistryFixture fixture;
  ThingResource first = thing({});
  first.attributes = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
  for (int i = 0; i < 10; ++i) first.groups.push_back("g" + std::to_string(i));
  REQUIRE(fixture.apply(first, fixture.certificate()));
  struct Row {
    std::map<std::string, std::string> attributes;
    std::vector<std::string> groups;
    const char* message;
  };
  for (const Row& row : {Row{{{"d", "4"}}, {}, "A thing without a thing type has at most 3 attributes"},
                         Row{{}, {"g10"}, "A thing can be in at most 10 groups"}}) {
    ThingResource second = thing(OverrideSetting::kMerge);
    second.override_type = std::nullopt;
    second.attributes = row.attributes;
    second.groups = row.groups;
    const std::string id = fixture.certificate();
    const auto applied = fixture.apply(second, id);
    REQUIRE_FALSE(applied);
    CHECK(applied.error().error_message == row.message);
    CHECK(fixture.store.things.at("t").attributes == first.attributes);
    CHECK(fixture.store.things.at("t").groups == first.groups);
    CHECK(fixture.registry.find_certificate(id)->status == CertificateStatus::kPendingActivation);
    CHECK_FALSE(fixture.registry.find_certificate(id)->token_used);
  }
}

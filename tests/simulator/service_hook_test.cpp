// The pre-provisioning hook and the model: what it decides, and what happens while it takes its time.
#include "service_fixture.hpp"

using namespace fleet_provision::simulator;
using std::chrono::seconds;

namespace {

struct FakeHook final : Hook {
  void ask(std::uint64_t question, const HookEvent& event) override { asked.emplace_back(question, event); }
  std::vector<HookResponse> responses() override { return std::exchange(ready, {}); }
  std::vector<std::pair<std::uint64_t, HookEvent>> asked;
  std::vector<HookResponse> ready;
};

}  // namespace

TEST_CASE("the hook decides, and may change the parameters") {
  const auto run = [](HookResponse hook_response, FakeHook& hook) {
    ServiceFixture fixture({}, {}, &hook);
    const auto created = fixture.create(&kOne);
    REQUIRE(fixture.ask(&kOne, kRegister, ServiceFixture::registration(created[0])) == Permission::kAllowed);
    CHECK(fixture.service->due().empty());
    CHECK(fixture.service->waiting());
    REQUIRE(hook.asked.size() == 1);
    hook_response.question = hook.asked[0].first;
    hook.ready.push_back(hook_response);
    const auto effects = fixture.service->due();
    REQUIRE(effects.size() == 1);
    const std::size_t begin = fixture.logged.find(R"("event":"hook")");
    REQUIRE(begin != std::string::npos);
    return effects[0].payload + "\n" + fixture.logged.substr(begin, fixture.logged.find('\n', begin) - begin);
  };
  FakeHook allowing;
  const std::string allowed = run({0, true, {{"SerialNumber", "9"}, {"a\nb", "secret"}}, ""}, allowing);
  CHECK(allowed.find("gateway-9") != std::string::npos);
  CHECK(allowing.asked[0].second.parameters.at("SerialNumber") == "7");
  CHECK(allowing.asked[0].second.claim_certificate_id == "claim");
  // The names of overrides are logged, their values are not.
  CHECK(
      allowed.ends_with(R"("connection":1,"clientId":"a","result":"allowed","overrides":["SerialNumber","a\\x0ab"]})"));
  FakeHook denying;
  const std::string denied = run({0, false, {{"SerialNumber", "9"}}, "no"}, denying);
  CHECK(denied.find(R"("statusCode":403,"errorCode":"AccessDenied")") != std::string::npos);
  CHECK(denied.ends_with(R"("connection":1,"clientId":"a","result":"denied","reason":"no"})"));
}

TEST_CASE("stderr names a hook that fails, and not one that denies") {
  const auto said = [](const std::string& reason) {
    FakeHook hook;
    ServiceFixture fixture({}, {}, &hook);
    const auto created = fixture.create(&kOne);
    REQUIRE(fixture.ask(&kOne, kRegister, ServiceFixture::registration(created[0])) == Permission::kAllowed);
    CHECK(fixture.service->due().empty());
    hook.ready.push_back({hook.asked[0].first, false, {}, reason});
    CHECK(fixture.service->due().size() == 1);
    return fixture.warned;
  };
  CHECK(said("it exited") ==
        std::vector<std::string>{"the hook failed, and the gateway was refused: it exited; its stderr is in "
                                 "run/mosquitto.log of the directory given by --state-dir"});
  CHECK(said(std::string(kHookDenies)).empty());
}

TEST_CASE("a token that ends while the hook takes its time is refused") {
  Configuration configuration;
  configuration.token_lifetime = seconds(10);
  FakeHook hook;
  ServiceFixture fixture({}, configuration, &hook);
  REQUIRE(fixture.connect(&kOne, "a") == Admission::kAccepted);
  fixture.subscribe_all(&kOne);
  const auto last_answer = [&] {
    const auto effects = fixture.service->due();
    REQUIRE(effects.size() == 1);
    return effects[0].payload;
  };
  const auto create = [&] {
    REQUIRE(fixture.ask(&kOne, kCreate, kCsr) == Permission::kAllowed);
    return fixture.service->due();
  };
  const auto begin = [&](const std::vector<Effect>& created) {
    REQUIRE(fixture.ask(&kOne, kRegister, ServiceFixture::registration(created[0])) == Permission::kAllowed);
    return hook.asked.back().first;
  };
  const auto allow = [&](std::uint64_t question) { hook.ready.push_back({question, true, {}, ""}); };

  // Two requests are sent before the hook responds to the first.
  const auto created = create();
  const std::uint64_t first = begin(created);
  const std::uint64_t second = begin(created);
  allow(first);
  CHECK(last_answer().find("gateway-7") != std::string::npos);
  allow(second);
  CHECK(last_answer().find("InvalidCertificateOwnershipToken") != std::string::npos);

  // The next connect has deleted its expired certificate before the response.
  const std::uint64_t late = begin(create());
  fixture.clock.advance(seconds(10));
  REQUIRE(fixture.connect(&kTwo, "b") == Admission::kAccepted);
  allow(late);
  CHECK(last_answer().find("has expired") != std::string::npos);
}

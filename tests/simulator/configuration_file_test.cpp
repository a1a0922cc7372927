// What the simulator's program hands to the broker's plugin: each setting arrives, and a document that lacks one is
// refused.
#include "service/configuration_file.hpp"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "service/builtin_template.hpp"
#include "service/documents.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::simulator;
using nlohmann::json;

namespace {

/// Every setting has a value that is neither the default nor that of another one.
Configuration all_settings() {
  Configuration settings;
  settings.templates = {{"gateway", "{}", true}, {"old", "{ }", false}};
  settings.policies = {{"fleet", "a policy"}};
  settings.claim_policy = "the claim's policy";
  settings.claim_certificate_id = "c0ffee";
  settings.claim_expires = std::chrono::system_clock::time_point(std::chrono::seconds(1'800'000'000));
  settings.token_lifetime = std::chrono::seconds(77);
  settings.rate = 5;
  settings.hook = {HookSetting::Kind::kProgram, "/bin/hook"};
  settings.faults = {"one", "two"};
  settings.state_dir = "state";
  settings.log_file = "log";
  settings.report_events_file = "events";
  settings.device_issuer_certificate = "issuer.pem";
  settings.device_issuer_key = "issuer.key";
  settings.ready_descriptor = 11;
  settings.warning_descriptor = 12;
  settings.parent = 13;
  settings.openssl_configuration = "openssl.cnf";
  return settings;
}

json document() {
  return json::parse(to_json(all_settings()));
}

std::string refusal(const json& changed) {
  const auto read = configuration_from_json(changed.dump());
  if (read) return "read";
  CHECK(read.error().kind == ErrorKind::kInternal);
  return read.error().message;
}

}  // namespace

TEST_CASE("each setting of the simulator has a member of its own in the broker's configuration") {
  json written = document();
  written.erase("behaviours");
  CHECK(written == json{{"templates",
                         {{{"name", "gateway"}, {"body", "{}"}, {"enabled", true}},
                          {{"name", "old"}, {"body", "{ }"}, {"enabled", false}}}},
                        {"policies", {{{"name", "fleet"}, {"document", "a policy"}}}},
                        {"claimPolicy", "the claim's policy"},
                        {"claimCertificateId", "c0ffee"},
                        {"claimExpires", 1'800'000'000},
                        {"tokenLifetime", 77},
                        {"rate", 5},
                        {"hook", "program"},
                        {"hookProgram", "/bin/hook"},
                        {"faults", {"one", "two"}},
                        {"stateDir", "state"},
                        {"logFile", "log"},
                        {"reportEventsFile", "events"},
                        {"deviceIssuerCertificate", "issuer.pem"},
                        {"deviceIssuerKey", "issuer.key"},
                        {"readyDescriptor", 11},
                        {"warningDescriptor", 12},
                        {"parent", 13},
                        {"opensslConfiguration", "openssl.cnf"}});
}

TEST_CASE("the broker reads each setting as it was written") {
  const auto read = configuration_from_json(document().dump());
  REQUIRE(read);
  CHECK(json::parse(to_json(*read)) == document());
  const auto defaults = configuration_from_json(to_json({}));
  REQUIRE(defaults);
  CHECK_FALSE(defaults->claim_expires);
  CHECK_FALSE(defaults->rate);
  CHECK_FALSE(defaults->openssl_configuration);
  CHECK(to_json(*defaults) == to_json({}));
  for (const auto kind : {HookSetting::Kind::kAllow, HookSetting::Kind::kDeny, HookSetting::Kind::kProgram}) {
    Configuration settings;
    settings.hook.kind = kind;
    const auto again = configuration_from_json(to_json(settings));
    REQUIRE(again);
    CHECK(again->hook.kind == kind);
  }
}

TEST_CASE("a member that is missing or has another type is named") {
  const std::set<std::string> optional{"claimExpires", "rate", "opensslConfiguration"};
  const json whole = document();
  for (const auto& [name, value] : whole.items()) {
    INFO(name);
    const std::string named = "the broker's configuration: " + name + " is missing or has the wrong type";
    json changed = document();
    changed[name] = true;
    CHECK(refusal(changed) == named);
    changed.erase(name);
    CHECK(refusal(changed) == (optional.count(name) != 0 ? "read" : named));
  }
  for (const char* list : {"templates", "policies"}) {
    for (const auto& [name, value] : whole.at(list).at(0).items()) {
      INFO(list << " " << name);
      const std::string named = "the broker's configuration: " + name + " is missing or has the wrong type";
      json changed = document();
      changed[list][0][name] = 1;
      CHECK(refusal(changed) == named);
      changed[list][0].erase(name);
      CHECK(refusal(changed) == named);
    }
  }
  for (const char* name : {"faults", "behaviours"}) {
    INFO(name);
    json changed = document();
    (name == std::string("faults") ? changed[name][0] : changed[name]["subscribe-denied"]) = 1;
    CHECK(refusal(changed).find(name) != std::string::npos);
  }
}

TEST_CASE("a time is from 1970 to the end of the program's clock") {
  const struct {
    std::int64_t seconds;
    bool is_read;
  } rows[] = {{-1, false}, {0, true}, {1, true}, {9'223'372'036, true}, {9'223'372'037, false}};
  for (const auto& row : rows) {
    INFO(row.seconds);
    json changed = document();
    changed["claimExpires"] = row.seconds;
    CHECK((refusal(changed) == "read") == row.is_read);
  }
}

TEST_CASE("templates, faults and policies are read with their warnings, and a mistake in one of them is reported") {
  const std::string allow_all =
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}})";
  Configuration settings;
  settings.templates = {{"gateway", std::string(kBuiltinTemplateBody), true},
                        {"old", std::string(kBuiltinTemplateBody), false}};
  settings.faults = {"create:1:reject=503", "register:2:delay=5"};
  settings.claim_policy = allow_all;
  settings.policies = {{"fleet", allow_all}};
  const auto documents = read_documents(settings);
  REQUIRE(documents);
  REQUIRE(documents->templates.size() == 2);
  CHECK(documents->templates[0].name() == "gateway");
  CHECK(documents->templates[0].enabled());
  CHECK_FALSE(documents->templates[1].enabled());
  REQUIRE(documents->faults.size() == 2);
  CHECK(documents->policies.named.count("fleet") == 1);
  CHECK(std::any_of(documents->warnings.begin(), documents->warnings.end(),
                    [](const std::string& each) { return each.find("fleet") != std::string::npos; }));

  settings.policies[0].document = R"({"Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}})";
  const auto without_version = read_documents(settings);
  REQUIRE(without_version);
  CHECK(without_version->warnings.size() == documents->warnings.size() + 1);

  const auto kind_with = [&settings](auto change) {
    Configuration changed = settings;
    change(changed);
    const auto read = read_documents(changed);
    REQUIRE_FALSE(read);
    return read.error().kind;
  };
  CHECK(kind_with([](Configuration& each) { each.templates[1].body = "{"; }) == ErrorKind::kConfiguration);
  CHECK(kind_with([](Configuration& each) { each.claim_policy = "{"; }) == ErrorKind::kConfiguration);
  CHECK(kind_with([](Configuration& each) { each.policies[0].document = "{"; }) == ErrorKind::kConfiguration);
  CHECK(kind_with([](Configuration& each) { each.faults[1] = "create"; }) == ErrorKind::kUsage);
}

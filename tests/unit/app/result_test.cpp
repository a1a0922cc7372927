#include "output/result.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/plan.hpp"
#include "tests/unit/app/options_of.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;
using Json = nlohmann::json;

namespace {

Outcome success() {
  Outcome outcome;
  outcome.kind = OutcomeKind::kProvisioned;
  Identity identity;
  identity.thing_name = "gateway-4711";
  identity.certificate_id = std::string(64, 'a');
  identity.key = PemFile{kPrivateKeyFile};
  outcome.identity = std::move(identity);
  outcome.connection = ConnectionFacts{MqttVersion::k311, "TLSv1.3"};
  outcome.attempts = 2;
  outcome.certificates_requested = 1;
  return outcome;
}

std::vector<std::string> keys_of(const Json& json) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  return keys;
}

}  // namespace

TEST_CASE("the keys of the result are the same whatever happened") {
  Outcome refused;
  refused.error = Error{};
  const Plan the_plan = gateway_plan();
  const Json good = Json::parse(result_json(&the_plan, success(), {}));
  const Json bad = Json::parse(result_json(nullptr, refused, {}));
  CHECK(keys_of(good) == keys_of(bad));
  CHECK(keys_of(good["files"]) == keys_of(bad["files"]));
  CHECK(keys_of(bad) == std::vector<std::string>{"attempts", "certificateId", "certificatesRequested",
                                                 "deviceConfiguration", "endpoint", "error", "files", "method",
                                                 "mqttVersion", "outcome", "payloadFormat", "port", "resumed", "schema",
                                                 "templateName", "thingName", "timeline", "tlsVersion", "warnings"});
  CHECK(keys_of(bad["error"]) == std::vector<std::string>{"errorCode", "errorMessage", "exitCode", "hint", "kind",
                                                          "message", "phase", "retryable", "statusCode"});
  CHECK(good["error"].is_null());
  CHECK(good["outcome"] == "provisioned");
  CHECK(good["mqttVersion"] == "3.1.1");
  CHECK(bad["outcome"] == "failed");
  CHECK(bad["thingName"].is_null());
  CHECK(bad["error"]["exitCode"] == 70);
}

TEST_CASE("the service's own words are whole, and no byte of them can speak to a terminal") {
  Outcome outcome;
  Error error;
  error.kind = ErrorKind::kRejected;
  error.phase = Phase::kRegister;
  error.service = ServiceError{400, "InvalidParameters", "evil \x1b[31m \x7f \xc2\x9b \xff"};
  outcome.error = error;
  const std::string text = result_json(nullptr, outcome, {});
  for (const char each : text) CHECK(((each >= ' ' && each <= '~') || each == '\n'));
  const Json json = Json::parse(text);
  CHECK(json["error"]["statusCode"] == 400);
  CHECK(json["error"]["errorCode"] == "InvalidParameters");
  CHECK(json["error"]["errorMessage"] == "evil \x1b[31m \x7f \xc2\x9b \xef\xbf\xbd");
  CHECK(json["error"]["phase"] == "register");
  CHECK(json["error"]["retryable"] == false);
}

TEST_CASE("times have one decimal") {
  RunRecord record;
  record.timeline.push_back({Phase::kTls, 2, 0.1234, 12.3456});
  const Json json = Json::parse(result_json(nullptr, Outcome{}, record));
  CHECK(json["timeline"].dump() == R"([{"attempt":2,"durationMs":12.3,"phase":"tls","startMs":0.1}])");
}

TEST_CASE("the private key of the result is a path, or the URI of a key in hardware") {
  struct Row {
    KeyLocation key;
    Json shown;
  };
  const Row rows[] = {
      {PemFile{kPrivateKeyFile}, "/state/identity/private-key.pem"},
      {TpmWrappedPem{kPrivateKeyFile}, "/state/identity/private-key.pem"},
      {TpmHandle{0x81000001}, "handle:0x81000001"},
      {Pkcs11Uri{"pkcs11:token=a;object=b"}, "pkcs11:token=a;object=b"},
      {ExternalKey{}, nullptr},
  };
  const Plan the_plan = gateway_plan();
  for (const Row& each : rows) {
    CAPTURE(each.shown.dump());
    Outcome outcome = success();
    outcome.identity->key = each.key;
    CHECK(Json::parse(result_json(&the_plan, outcome, {}))["files"]["privateKey"] == each.shown);
    const std::string line = "privateKey: " + (each.shown.is_null() ? "" : each.shown.get<std::string>()) + "\n";
    CHECK(contains(result_lines(the_plan, outcome), line) == !each.shown.is_null());
  }
}

TEST_CASE("files are named that exist") {
  Outcome outcome = success();
  CHECK(contains(result_lines(gateway_plan(), outcome), "privateKey: /state/identity/private-key.pem\n"));
  outcome.identity->key = TpmHandle{0x81000001};
  outcome.identity->thing_name.reset();
  const IdentityFiles files = files_of(gateway_plan().state_dir, *outcome.identity);
  CHECK_FALSE(files.thing_name);
  CHECK(files.certificate == "/state/identity/certificate.pem");
  CHECK(result_lines(gateway_plan(), outcome) == "certificateId: " + std::string(64, 'a') +
                                                     "\ncertificate: /state/identity/certificate.pem\n"
                                                     "privateKey: handle:0x81000001\n"
                                                     "identity: /state/identity/identity.json\n");
}

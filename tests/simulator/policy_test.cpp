#include "service/policy.hpp"

#include "service/claim_policy.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::simulator;

namespace {

Policy policy_of(const std::string& statements) {
  auto policy = Policy::parse("policy.json", R"({"Version":"2012-10-17","Statement":[)" + statements + "]}");
  if (!policy) FAIL(policy.error().message);
  return std::move(*policy);
}

std::string statement(const char* effect, const char* action, const std::string& resource, const char* more = "") {
  return std::string(R"({"Effect":")") + effect + R"(","Action":")" + action + R"(","Resource":")" + resource + "\"" +
         more + "}";
}

const std::string kArn = "arn:aws:iot:eu-central-1:123456789012:";

}  // namespace

TEST_CASE("resources are matched with wildcards and variables") {
  const PolicyVariables variables{{"iot:ClientId", "gw-*"}, {"iot:Certificate.Subject.CommonName", "claim"}};
  struct Row {
    const char* pattern;
    const char* resource;
    bool allowed;
  };
  const std::vector<Row> rows{
      {"topic/a", "topic/a", true},
      {"topic/a", "topic/ab", false},
      {"topic/a*", "topic/abc/d", true},
      {"topic/*/d", "topic/abc/d", true},
      {"topic/?b", "topic/ab", true},
      {"topic/?b", "topic/b", false},
      {"*", "topic/a", true},
      {"topic/+", "topic/x", false},
      {"topic/+", "topic/+", true},
      {"topic/${iot:ClientId}", "topic/gw-*", true},
      {"topic/${iot:ClientId}", "topic/gw-1", false},
      {"topic/${iot:Certificate.Subject.CommonName}/x", "topic/claim/x", true},
      {"topic/${iot:Connection.Thing.ThingName}", "topic/", false},
      {"topic/${*}", "topic/*", true},
      {"topic/${*}", "topic/a", false},
      {"topic/**a*b*", "topic/xxaxxbxx", true},
      {"topicfilter/a", "topic/a", false},
  };
  for (const auto& row : rows) {
    INFO(row.pattern << " " << row.resource);
    const Policy policy = policy_of(statement("Allow", "iot:Publish", kArn + row.pattern));
    CHECK(policy.allows("iot:Publish", row.resource, variables) == row.allowed);
    CHECK_FALSE(policy.allows("iot:Receive", row.resource, variables));
  }
}

TEST_CASE("deny beats allow, and nothing is a no") {
  const Policy policy =
      policy_of(statement("Allow", "iot:*", "*") + "," + statement("Deny", "iot:Publish", kArn + "topic/secret/*"));
  CHECK(policy.allows("iot:Publish", "topic/a", {}));
  CHECK_FALSE(policy.allows("iot:Publish", "topic/secret/a", {}));
  CHECK(policy.allows("iot:Receive", "topic/secret/a", {}));
  CHECK_FALSE(policy_of(statement("Deny", "iot:Publish", "*")).allows("iot:Receive", "topic/a", {}));
}

TEST_CASE("conditions bind a statement") {
  const auto with = [](const char* condition) {
    return policy_of(statement("Allow", "iot:Connect", "*", (std::string(",\"Condition\":") + condition).c_str()));
  };
  const PolicyVariables attached{{"iot:Connection.Thing.IsAttached", "true"}, {"iot:ClientId", "gw-7"}};
  const PolicyVariables alone{{"iot:Connection.Thing.IsAttached", "false"}, {"iot:ClientId", "other"}};
  const Policy is_attached = with(R"({"Bool":{"iot:Connection.Thing.IsAttached":["true"]}})");
  CHECK(is_attached.allows("iot:Connect", "client/x", attached));
  CHECK_FALSE(is_attached.allows("iot:Connect", "client/x", alone));
  const Policy like = with(R"({"StringLike":{"iot:ClientId":"gw-*"}})");
  CHECK(like.allows("iot:Connect", "client/x", attached));
  CHECK_FALSE(like.allows("iot:Connect", "client/x", alone));
  const Policy equals = with(R"({"StringEquals":{"iot:ClientId":"gw-*"}})");
  CHECK_FALSE(equals.allows("iot:Connect", "client/x", attached));
  const Policy not_like = with(R"({"StringNotLike":{"iot:ClientId":["gw-*","x"]}})");
  CHECK_FALSE(not_like.allows("iot:Connect", "client/x", attached));
  CHECK(not_like.allows("iot:Connect", "client/x", alone));
}

TEST_CASE("what a policy does not understand is an error that names it") {
  struct Row {
    std::string document;
    const char* said;
  };
  const std::vector<Row> rows{
      {"{", "line 1, column 2: not JSON: the text ends early"},
      {"Version: 2012-10-17\n", "line 1, column 1: not JSON: it looks like YAML"},
      {"{\n  # all\n}", "line 2, column 3: not JSON: a comment"},
      {R"({"Statement": [],})", "line 1, column 17: not JSON: a comma before }"},
      {R"({"Statement":)" + std::string(4000, '['), "nested too deeply (more than 64 levels)"},
      {"[]", "not a policy document"},
      {R"({"Statements":[]})", "not a policy document"},
      {R"({"Statement":[],"Verion":"x"})", "did you mean Version?"},
      {R"({"Statement":{"Effect":"allow","Action":"iot:Connect","Resource":"*"}})", "Effect must be Allow or Deny"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:Conect","Resource":"*"}})", "did you mean iot:Connect?"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:${*","Resource":"*"}})", "unknown action"},
      {R"({"Statement":{"Effect":"Allow","NotAction":"iot:Connect","Resource":"*"}})", "unknown name NotAction"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:Connect"}})", "Resource"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"client/x"}})", "not an ARN"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:s3:::bucket/x"}})",
       "not an ARN of AWS IoT"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:r:a:client/${iot:Cliend}"}})",
       "unknown policy variable"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"*","Condition":{"IpAddress":{}}}})",
       "unknown condition IpAddress"},
  };
  for (const auto& row : rows) {
    INFO(row.document);
    const auto policy = Policy::parse("policy.json", row.document);
    REQUIRE_FALSE(policy);
    CHECK(policy.error().message.find("policy.json") == 0);
    CHECK((policy.error().message + " " + policy.error().hint).find(row.said) != std::string::npos);
  }
}

TEST_CASE("the default claim policy is what a claim needs and no more") {
  const auto policy = Policy::parse("default", least_privilege_claim_policy({"gateway"}), Policy::Size::kUnlimited);
  REQUIRE(policy);
  const std::string create = "$aws/certificates/create-from-csr/cbor";
  const std::string provision = "$aws/provisioning-templates/gateway/provision/json";
  for (const std::string& request : {create, provision, std::string("$aws/certificates/create/json")}) {
    CHECK(policy->allows("iot:Publish", "topic/" + request, {}));
    CHECK(policy->allows("iot:Subscribe", "topicfilter/" + request + "/accepted", {}));
    CHECK(policy->allows("iot:Receive", "topic/" + request + "/rejected", {}));
    CHECK_FALSE(policy->allows("iot:Subscribe", "topicfilter/" + request, {}));
    CHECK_FALSE(policy->allows("iot:Subscribe", "topicfilter/" + request + "/+", {}));
    CHECK_FALSE(policy->allows("iot:Publish", "topic/" + request + "/accepted", {}));
  }
  CHECK(policy->allows("iot:Connect", "client/anything", {}));
  CHECK_FALSE(policy->allows("iot:Publish", "topic/$aws/provisioning-templates/other/provision/json", {}));
  CHECK_FALSE(policy->allows("iot:Subscribe", "topicfilter/#", {}));
}

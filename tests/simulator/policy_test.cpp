#include "service/policy.hpp"

#include <algorithm>

#include "service/claim_policy.hpp"
#include "service/policy_pattern.hpp"
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
      {R"({"Statement":{"Effect":"Allow","NotAction":"iot:Connect","Resource":"*"}})",
       "unknown name NotAction name in Action what"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:Connect"}})", "Statement 1.Resource is missing"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:r:a:client/${thing}"}})",
       "iot:Certificate.Subject.NAME, iot:Certificate.Issuer.NAME"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:r:a:client/${iot:Connection.Thing.Attributes[x}"}})",
       "unknown policy variable iot:Connection.Thing.Attributes[x"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:r:a:client/${thing]}"}})",
       "unknown policy variable thing]"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"client/x"}})", "not an ARN"},
      {R"({"Statement":{"Effect":"Deny","Action":"iot:Publish","Resource":"*","Condition":{"Null":{}}}})",
       "Statement 1.Condition: unknown condition Null"},
      {R"({"Statement":{"Effect":"Deny","Action":["s3:*","iot:P*"],"Resource":"*","Condition":{"Bool":{"a":"b"}}}})",
       "unknown policy variable a"},
      {R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:iot:r:a:c*","Condition":{"x":{}}}})",
       "unknown condition x"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:connect","Resource":"*"}})", "did you mean iot:Connect?"},
      {R"({"Statement":{"Effect":"Allow","Action":"Connect","Resource":"*"}})", "unknown action Connect"},
      {R"({"Statement":{"Effect":"Allow","Action":"iot:Connect","NotResource":"*"}})",
       "unknown name NotResource name in Resource what"},
      {R"({"Version":"2008-10-17","Statement":[]})", "Version must be 2012-10-17"},
      {R"({"Version":7,"Statement":[]})", "Version must be 2012-10-17"},
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

TEST_CASE("what cannot match anything here is a warning") {
  struct Row {
    std::string statement;
    std::string warning;
    bool publishes;
  };
  const auto allow = [](const char* actions, const std::string& resource, const char* more = "") {
    return std::string(R"({"Effect":"Allow","Action":)") + actions + R"(,"Resource":")" + resource + "\"" + more + "}";
  };
  const std::string topic = kArn + "topic/a";
  const char* condition = R"(,"Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":"1"}})";
  const std::string unknown = "Statement 1.Condition: unknown condition NumericLessThan, in a statement that ";
  const std::vector<Row> rows{
      {allow(R"(["iot:Publish","iot:RetainPublish","iot:GetThingShadow"])", topic), "", true},
      {allow(R"(["iot:Publish","iot:DeleteConnection"])", topic),
       "Statement 1.Action: iot:DeleteConnection matches nothing here", true},
      {allow(R"(["iotjobsdata:*","greengrass:*","iot:CreateCertificateFromCsr","iot:Unsubscribe","iot:Pub*"])", topic),
       "Statement 1.Action: iotjobsdata:*, greengrass:*, iot:CreateCertificateFromCsr, iot:Unsubscribe match nothing "
       "here",
       true},
      {allow(R"("s3:GetObject")", "arn:aws:s3:::bucket/${aws:username}", condition), unknown + "matches nothing here",
       false},
      {allow(R"("iot:Publish")", kArn + "topicfilter/a", condition), unknown + "matches nothing here", false},
      {allow(R"("iot:Publish")", kArn + "topicfilter/a"),
       "Statement 1: no Resource fits iot:Publish, which needs topic/", false},
      {allow(R"("iot:Publish")", "arn:aws:s3:::bucket/a"),
       "Statement 1.Resource: arn:aws:s3:::bucket/a is not an ARN of AWS IoT and matches nothing here", false},
      {allow(R"("iot:Publish")", kArn + "thing/${iot:Unknown}"), "Statement 1: no Resource fits iot:Publish", false},
  };
  for (const auto& row : rows) {
    INFO(row.statement);
    const Policy policy = policy_of(row.statement);
    CHECK(policy.allows("iot:Publish", "topic/a", {}) == row.publishes);
    if (row.warning.empty()) {
      CHECK(policy.warnings().empty());
    } else {
      const auto& warnings = policy.warnings();
      CHECK(std::any_of(warnings.begin(), warnings.end(),
                        [&](const std::string& warning) { return warning.find("policy.json: " + row.warning) == 0; }));
    }
  }
  const auto without_version = Policy::parse("p", R"({"Statement":[]})");
  REQUIRE(without_version);
  CHECK(without_version->warnings() == std::vector<std::string>{R"(p: no Version: add "Version": "2012-10-17")"});
}

TEST_CASE("a policy has at most 2048 characters without white space") {
  const auto document = [](std::size_t size, const std::string& filling, const std::string& space) {
    const std::string begin = R"({"Version":"2012-10-17",)" + space + R"("Id":")";
    const std::string end = R"(","Statement":[]})";
    std::string text = begin;
    for (std::size_t i = begin.size() - space.size() + end.size(); i < size; ++i) text += filling;
    return text + end;
  };
  for (const char* filling : {"x", "ä"}) {
    CHECK(Policy::parse("p", document(2048, filling, " \t\r\n")));
    const auto longer = Policy::parse("p", document(2049, filling, " \t\r\n"));
    REQUIRE_FALSE(longer);
    CHECK(longer.error().message == "p: 2049 characters without white space");
    CHECK(Policy::parse("p", document(2049, filling, ""), Policy::Size::kUnlimited));
  }
}

TEST_CASE("the variables of things and certificates") {
  const PolicyVariables variables{{"iot:Connection.Thing.ThingTypeName", "pump"},
                                  {"iot:Connection.Thing.Attributes[site/1]", "north"},
                                  {"iot:Certificate.Subject.Country.1", "DE"}};
  struct Row {
    const char* pattern;
    bool allowed;
  };
  for (const Row& row : std::vector<Row>{{"${iot:Connection.Thing.ThingTypeName}", false},
                                         {"${iot:Connection.Thing.Attributes[site/1]}", true},
                                         {"${iot:Connection.Thing.Attributes[other]}", false},
                                         {"nor${iot:Certificate.Issuer.SerialNumber}", false},
                                         {"${iot:Certificate.Subject.AlternativeName.DNSName}", false}}) {
    INFO(row.pattern);
    const Policy policy = policy_of(statement("Allow", "iot:Publish", kArn + "topic/" + row.pattern));
    CHECK(policy.warnings().empty());
    CHECK(policy.allows("iot:Publish", "topic/north", variables) == row.allowed);
  }
  const Policy second = policy_of(statement(
      "Allow", "iot:Publish", "*", R"(,"Condition":{"StringEquals":{"iot:Certificate.Subject.Country.1":"DE"}})"));
  CHECK(second.allows("iot:Publish", "topic/a", variables));
  CHECK_FALSE(second.allows("iot:Publish", "topic/a", {}));
}

TEST_CASE("patterns match whole texts, with wildcards and the values of variables") {
  struct Row {
    const char* pattern;
    const char* text;
    bool matches;
  };
  const PolicyVariables variables{{"v", "a*"}, {"empty", ""}};
  for (const Row& row : std::vector<Row>{{"", "", true},
                                         {"", "a", false},
                                         {"a", "", false},
                                         {"*", "", true},
                                         {"**", "", true},
                                         {"?", "", false},
                                         {"?", "a", true},
                                         {"??", "a", false},
                                         {"a*", "a", true},
                                         {"a*b", "ab", true},
                                         {"a*b", "aXbYb", true},
                                         {"a*b", "aXbY", false},
                                         {"*a*b*", "xaybz", true},
                                         {"*ab", "aab", true},
                                         {"a*?", "a", false},
                                         {"a*?", "ab", true},
                                         {"*?*", "a", true},
                                         {"abc", "abd", false},
                                         {"ab", "abc", false},
                                         {"abc", "ab", false},
                                         {"${v}", "a*", true},
                                         {"${v}", "ab", false},
                                         {"${v}*", "a*b", true},
                                         {"x${v}y", "xa*y", true},
                                         {"${*}", "*", true},
                                         {"${*}", "a", false},
                                         {"${?}", "?", true},
                                         {"${?}", "a", false},
                                         {"${$}{v}", "${v}", true},
                                         {"${empty}", "", true},
                                         {"a${empty}b", "ab", true},
                                         {"${none}", "", false},
                                         {"$", "$", true},
                                         {"a$", "a$", true},
                                         {"$a", "$a", true},
                                         {"${v", "${v", false},
                                         {"$$", "$$", true},
                                         {"${v}?", "a*", false},
                                         {"?${v}", "xa*", true}}) {
    INFO(row.pattern << " " << row.text);
    CHECK(matches_pattern(row.pattern, row.text, variables) == row.matches);
  }
  CHECK(variable_without_value("${v}${*}${x}${y}", variables) == "x");
  CHECK(variable_without_value("${v}${$}", variables).empty());
  CHECK(variable_without_value("${x", variables).empty());
  CHECK(with_wildcards_for_missing("a${x}b${v}c${y}", variables) == "a*b${v}c*");
  CHECK(with_wildcards_for_missing("${x}", variables) == "*");
}

TEST_CASE("a verdict names the statement that denies, or the one that nearly allows") {
  const std::string thing = "${iot:Connection.Thing.ThingName}";
  const Policy policy = policy_of(
      statement("Allow", "iot:Connect", kArn + "client/" + thing,
                R"(,"Condition":{"Bool":{"iot:Connection.Thing.IsAttached":"true"}})") +
      "," + statement("Allow", "iot:Subscribe", kArn + "topic/a") + "," +
      statement("Allow", "iot:Publish", kArn + "topic/*", R"(,"Condition":{"StringLike":{"iot:ClientId":"gw-*"}})") +
      "," + statement("Deny", "iot:*", kArn + "topic/secret") + "," +
      statement("Allow", "iot:Receive", kArn + "topic/" + thing + "/${iot:ClientId}/?"));
  using Kind = PolicyVerdict::Kind;
  struct Row {
    const char* action;
    const char* resource;
    PolicyVariables variables;
    Kind kind;
    std::size_t statement;
    const char* obstacle;
  };
  const PolicyVariables unattached{{"iot:ClientId", "x"}, {"iot:Connection.Thing.IsAttached", "false"}};
  const PolicyVariables named{{"iot:Connection.Thing.ThingName", "x"}, {"iot:Connection.Thing.IsAttached", "false"}};
  const std::vector<Row> rows{
      {"iot:Connect", "client/x", unattached, Kind::kNotAllowed, 1, "iot:Connection.Thing.ThingName has no value"},
      {"iot:Connect", "client/x", named, Kind::kNotAllowed, 1,
       "Condition Bool iot:Connection.Thing.IsAttached is false"},
      {"iot:Subscribe",
       "topicfilter/a",
       {},
       Kind::kNotAllowed,
       2,
       "iot:Subscribe needs a Resource topicfilter/, not topic/"},
      {"iot:Subscribe", "topicfilter/b", {}, Kind::kNotAllowed, 0, ""},
      {"iot:Publish", "topic/a", unattached, Kind::kNotAllowed, 3, "Condition StringLike iot:ClientId is \"x\""},
      {"iot:Publish", "topic/a", {}, Kind::kNotAllowed, 3, "Condition StringLike iot:ClientId has no value"},
      {"iot:Publish", "topic/a", {{"iot:ClientId", "gw-1"}}, Kind::kAllowed, 0, ""},
      {"iot:Publish", "topic/secret", {{"iot:ClientId", "gw-1"}}, Kind::kDenied, 4, ""},
      {"iot:Receive", "topic/t/x/y", unattached, Kind::kNotAllowed, 5, "iot:Connection.Thing.ThingName has no value"},
      {"iot:Receive", "topic/t/z/y", unattached, Kind::kNotAllowed, 0, ""},
  };
  for (const auto& row : rows) {
    INFO(row.action << " " << row.resource << " " << row.obstacle);
    const PolicyVerdict verdict = policy.judge(row.action, row.resource, row.variables);
    CHECK(verdict.kind == row.kind);
    CHECK(verdict.statement == row.statement);
    CHECK(verdict.obstacle == row.obstacle);
  }
}

TEST_CASE("a literal pattern matches its text alone") {
  for (const char* text : {"topic/a", "topicfilter/+/#", "topic/*", "topic/a?b", "topic/${iot:ClientId}",
                           "topic/$aws/$", "topic/${", "topic/$${*}"}) {
    INFO(text);
    const std::string pattern = literal_pattern(text);
    CHECK(matches_pattern(pattern, text, {}));
    CHECK_FALSE(matches_pattern(pattern, std::string(text) + "x", {}));
    CHECK_FALSE(matches_pattern(pattern, "topic/xyz", {}));
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

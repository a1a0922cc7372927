// PolicyDocument of a template: functions in it are rendered, and what is no policy document is an error when the
// template is loaded, or InvalidParameters when a device makes it so.
#include <nlohmann/json.hpp>

#include "service/policy.hpp"
#include "service/template.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision::simulator;
using nlohmann::json;

namespace {

std::string body_with_policy(const std::string& document) {
  return R"({"Parameters":{"Serial":{"Type":"String"},"Effect":{"Type":"String","Default":"Allow"}},
    "Mappings":{"Areas":{"a":{"Topics":["x","y"],"Topic":"z"}}},
    "Resources":{"policy":{"Type":"AWS::IoT::Policy","Properties":{"PolicyDocument":)" +
         document + "}}}}";
}

std::string statement(const std::string& resource, const std::string& more = "") {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":)" + resource +
         more + "}]}";
}

std::string quoted(const std::string& text) {
  return json(text).dump();
}

struct Rendering {
  std::string document;
  std::string message;
};

Rendering render(const std::string& document, const std::string& serial) {
  const auto parsed = ProvisioningTemplate::parse("t", body_with_policy(document));
  if (!parsed) FAIL(document << "\n" << parsed.error().message << " | " << parsed.error().hint);
  const auto result = parsed->render({{"Serial", serial}}, "certificate-1");
  if (!result) return {{}, result.error().error_code + ": " + result.error().error_message};
  return {result->policies.at(0).document, {}};
}

}  // namespace

TEST_CASE("functions in a policy document are rendered at any depth") {
  const std::string arn = "arn:aws:iot:us-east-1:123456789012:";
  struct Row {
    std::string document;
    json rendered;
  };
  const std::vector<Row> rows{
      {statement(R"({"Fn::Join":["",[")" + arn + R"(client/",{"Ref":"Serial"}]]})"),
       json::parse(statement(quoted(arn + "client/4711")))},
      {statement(R"([{"Fn::Sub":")" + arn + R"(client/${Serial}-${!iot:ClientId}"},"*"])"),
       json::parse(statement("[" + quoted(arn + "client/4711-${iot:ClientId}") + R"(,"*"])"))},
      {statement(R"("*")", R"(,"Condition":{"StringEquals":{"iot:ClientId":[{"Ref":"Serial"},"b"]}})"),
       json::parse(statement(R"("*")", R"(,"Condition":{"StringEquals":{"iot:ClientId":["4711","b"]}})"))},
      {statement(R"({"Fn::Split":[",","arn:aws:iot:a:1:client/a,*"]})"),
       json::parse(statement(R"(["arn:aws:iot:a:1:client/a","*"])"))},
      {R"({"Version":"2012-10-17","Statement":{"Effect":{"Ref":"Effect"},"Action":{"Fn::Sub":"iot:Connect"},"Resource":"*"}})",
       json::parse(R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}})")},
      // A variable of the policy needs no escape outside Fn::Sub.
      {statement(quoted(arn + "client/${iot:ClientId}")),
       json::parse(statement(quoted(arn + "client/${iot:ClientId}")))},
      // The document as text, also as a function's.
      {quoted(statement(quoted(arn + "client/${iot:ClientId}"))),
       json::parse(statement(quoted(arn + "client/${iot:ClientId}")))},
      {R"({"Fn::Sub":)" + quoted(statement(quoted(arn + "client/${Serial}"))) + "}",
       json::parse(statement(quoted(arn + "client/4711")))},
      {R"({"Fn::Join":["",[)" + quoted(statement(R"("*")")) + R"(,""]]})", json::parse(statement(R"("*")"))},
  };
  for (const auto& row : rows) {
    INFO(row.document);
    const Rendering result = render(row.document, "4711");
    CHECK(result.message.empty());
    CHECK(json::parse(result.document, nullptr, false) == row.rendered);
    CHECK(Policy::parse("rendered", result.document));
  }
}

TEST_CASE("each member of a statement may come from the device") {
  struct Row {
    const char* document;
    const char* serial;
  };
  const Row rows[] = {
      {R"({"Version":{"Ref":"Serial"},"Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}})",
       "2012-10-17"},
      {R"({"Version":"2012-10-17","Statement":{"Effect":{"Ref":"Serial"},"Action":"iot:Connect","Resource":"*"}})",
       "Deny"},
      {R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":{"Ref":"Serial"},"Resource":"*"}})",
       "iot:Publish"},
      {R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":{"Ref":"Serial"}}})",
       "arn:aws:iot:a:1:client/b"},
      {R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":{"Fn::Split":[",",{"Ref":"Serial"}]},"Resource":"*"}})",
       "iot:Publish,iot:Receive"},
  };
  for (const Row& row : rows) {
    INFO(row.document);
    const Rendering result = render(row.document, row.serial);
    CHECK(result.message.empty());
    CHECK(Policy::parse("rendered", result.document));
    CHECK_FALSE(render(row.document, "no action").message.empty());
  }
}

TEST_CASE("a policy document that no device could get is an error at the start") {
  struct Row {
    std::string document;
    const char* message;
    const char* hint = "";
  };
  const std::vector<Row> rows{
      {R"("")", "PolicyDocument: line 1, column 1: not JSON: the text is empty"},
      {R"("  ")", "not JSON: the text is empty"},
      {R"("Version: 1")", "not JSON: it looks like YAML"},
      {R"("{\n\"Statement\": [],}")", "PolicyDocument: line 2, column 16: not JSON: a comma before }"},
      {"{}", "PolicyDocument: not a policy document", "use the form"},
      {"[]", "a list where text is needed"},
      {"null", "neither text nor a function"},
      {R"({"Version":"2012-10-17"})", "PolicyDocument: not a policy document"},
      {R"("{\"Version\":\"2012-10-17\"}")", "PolicyDocument: not a policy document"},
      {R"({"Statement":[{"Effect":"Alow","Action":"iot:Connect","Resource":"*"}]})", "Effect must be Allow or Deny"},
      {R"({"Statement":[{"Effect":"Allow","Action":"iot:Connect"}]})", "Resource"},
      {R"({"Statement":[{"Effect":"Allow","Action":"iot:Conect","Resource":{"Ref":"Serial"}}]})", "iot:Conect",
       "did you mean iot:Connect?"},
      {statement(R"({"Fn::Joyn":["",[]]})"), "Statement[0].Resource: unknown function Fn::Joyn",
       "did you mean Fn::Join?"},
      {statement(R"([{"Ref":"Seriel"}])"), R"(Statement[0].Resource[0]: Parameters does not declare "Seriel")"},
      {statement(R"({"Fn::Sub":"arn:aws:iot:a:1:client/${iot:Connection.Thing.ThingName}"})"),
       R"(the policy variable "iot:Connection.Thing.ThingName" is not a parameter)",
       "in Fn::Sub write ${!iot:Connection.Thing.ThingName}"},
      {statement(R"({"Fn::Sub":"client/a"})"), "client/a is not an ARN"},
      {statement(R"({"Fn::FindInMap":["Areas","b","Topic"]})"), "Mappings has no Areas/b"},
      {R"({"Fn::Sub":"{}"})", "PolicyDocument: not a policy document"},
      {R"({"Fn::Split":[",","a"]})", "Fn::Split gives a list where text is needed"},
      {quoted(std::string(4000, '[')), "nested too deeply"},
      {quoted([] {
         std::string text;
         for (int i = 0; i < 1000; ++i) text += R"({"a":)";
         return text;
       }()),
       "nested too deeply"},
  };
  for (const auto& row : rows) {
    INFO(row.document.substr(0, 200));
    const auto parsed = ProvisioningTemplate::parse("t", body_with_policy(row.document));
    REQUIRE_FALSE(parsed);
    INFO(parsed.error().message << " | " << parsed.error().hint);
    CHECK(parsed.error().message.starts_with("template t: Resources.policy.Properties.PolicyDocument"));
    CHECK(parsed.error().message.find(row.message) != std::string::npos);
    CHECK(parsed.error().hint.find(row.hint) != std::string::npos);
  }
}

TEST_CASE("what has no effect in a policy document is a warning, unless the device decides it") {
  struct Row {
    std::string document;
    const char* warning;
  };
  const std::string filter = R"(arn:aws:iot:a:1:topicfilter/x)";
  const std::vector<Row> rows{
      {statement(quoted(filter)), "Statement 1: no Resource fits iot:Connect, which needs client/"},
      {quoted(statement(quoted(filter))), "no Resource fits iot:Connect"},
      {R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"greengrass:*","Resource":"*"}]})",
       "greengrass:* matches nothing here"},
      {statement(R"({"Ref":"Serial"})"), ""},
      {R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":{"Ref":"Serial"},"Resource":")" + filter +
           "\"}]}",
       ""},
  };
  for (const auto& row : rows) {
    INFO(row.document);
    const auto parsed = ProvisioningTemplate::parse("t", body_with_policy(row.document));
    REQUIRE(parsed);
    REQUIRE(parsed->warnings().size() == (*row.warning == '\0' ? 0 : 1));
    if (*row.warning == '\0') continue;
    INFO(parsed->warnings()[0]);
    CHECK(parsed->warnings()[0].starts_with("template t: Resources.policy.Properties.PolicyDocument"));
    CHECK(parsed->warnings()[0].find(row.warning) != std::string::npos);
  }
  const auto disabled = ProvisioningTemplate::parse("t", body_with_policy(statement(R"("*")")), false);
  REQUIRE(disabled);
  CHECK(disabled->warnings() == std::vector<std::string>{"template t is not enabled: it registers no device"});
}

TEST_CASE("a policy that no template names is a warning") {
  const auto unused = [](const std::string& property, const std::string& name) {
    const std::string body = R"({"Parameters":{"Serial":{"Type":"String"}},"Resources":{"policy":)"
                             R"({"Type":"AWS::IoT::Policy","Properties":{)" +
                             property + "}}}}";
    std::vector<ProvisioningTemplate> templates;
    templates.push_back(std::move(*ProvisioningTemplate::parse("t", body)));
    return unused_policies(templates, {{name, "{}"}});
  };
  CHECK(unused(R"("PolicyName":"gateway")", "gateway").empty());
  CHECK(unused(R"("PolicyName":{"Ref":"Serial"})", "gatway").empty());
  const std::vector<std::string> warning{"policy gatway: no template has this PolicyName"};
  CHECK(unused(R"("PolicyName":"gateway")", "gatway") == warning);
  CHECK(unused(R"("PolicyDocument":)" + statement(R"("*")"), "gatway") == warning);
}

TEST_CASE("a policy document that a device breaks is InvalidParameters") {
  struct Row {
    std::string document;
    const char* serial;
    const char* message;
  };
  const std::string unresolved = statement(R"([{"Fn::Select":[1,{"Fn::Split":["-",{"Ref":"Serial"}]}]}])");
  const std::vector<Row> rows{
      {statement(R"({"Ref":"Serial"})"), "client/4711",
       "The policy document is malformed: PolicyDocument: Statement 1"},
      {R"({"Ref":"Serial"})", "", "The policy document is malformed: PolicyDocument: line 1, column 1: not JSON"},
      {R"({"Fn::Sub":"{\"Statement\":[${Serial}]}"})", "4711", "The policy document is malformed"},
      {R"({"Statement":[{"Effect":{"Ref":"Serial"},"Action":"iot:Connect","Resource":"*"}]})", "Maybe",
       "Effect must be Allow or Deny"},
      {unresolved, "4711", "Fn::Select cannot select index 1 of 1"},
  };
  for (const auto& row : rows) {
    INFO(row.document);
    const Rendering result = render(row.document, row.serial);
    CHECK(result.message.starts_with("InvalidParameters: "));
    INFO(result.message);
    CHECK(result.message.find(row.message) != std::string::npos);
  }
  // A device that sends nothing.
  const auto parsed = ProvisioningTemplate::parse("t", body_with_policy(unresolved));
  REQUIRE(parsed);
  const auto result = parsed->render({}, "certificate-1");
  REQUIRE_FALSE(result);
  CHECK(result.error().error_message == "Cannot resolve reference value: Serial");
}

#include "service/template.hpp"

#include "service/builtin_template.hpp"

#include <nlohmann/json.hpp>
#include "tests/support/catch.hpp"

using namespace fleet_provision::simulator;
using Parameters = std::map<std::string, std::string>;

namespace {

// A template whose thing is named by an expression.
std::string body_with(const std::string& expression, const std::string& more = "") {
  return R"({"Parameters":{"Serial":{"Type":"String"},"Site":{"Type":"String","Default":"berlin"},
    "Index":{"Type":"String","Default":"1"},"AWS::IoT::Certificate::Id":{"Type":"String"}},
    "Mappings":{"Sites":{"berlin":{"Code":"BER","Zones":["b1","b2"]},"paris":{"Code":"PAR","Zones":"none"}}},
    "Resources":{"thing":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":)" +
         expression + R"(}},"certificate":{"Type":"AWS::IoT::Certificate",
    "Properties":{"CertificateId":{"Ref":"AWS::IoT::Certificate::Id"},"Status":"Active"}}})" +
         more + "}";
}

std::string nested_objects(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += R"({"a":)";
  return text;
}

Accepted<RenderedTemplate> rendered(const std::string& body, const Parameters& parameters) {
  auto parsed = ProvisioningTemplate::parse("test", body);
  if (!parsed) FAIL(parsed.error().message);
  return parsed->render(parameters, "certificate-1");
}

}  // namespace

TEST_CASE("every function of the template language") {
  struct Row {
    const char* expression;
    const char* result;
  };
  const std::vector<Row> rows{
      {R"("plain")", "plain"},
      {R"({"Ref":"Serial"})", "a-b-c"},
      {R"({"Ref":"Site"})", "berlin"},
      {R"({"Ref":"AWS::IoT::Certificate::Id"})", "certificate-1"},
      {R"({"Fn::Join":["_",["x",{"Ref":"Serial"},"y"]]})", "x_a-b-c_y"},
      {R"({"Fn::Join":["+",{"Fn::Split":["-",{"Ref":"Serial"}]}]})", "a+b+c"},
      {R"({"Fn::Select":[1,{"Fn::Split":["-",{"Ref":"Serial"}]}]})", "b"},
      {R"({"Fn::Select":["2",["x","y",{"Ref":"Site"}]]})", "berlin"},
      {R"({"Fn::Select":[{"Ref":"Index"},["x","y"]]})", "y"},
      {R"({"Fn::Sub":"gw-${Serial}-${Site}"})", "gw-a-b-c-berlin"},
      {R"({"Fn::Sub":["${x}-${Serial}",{"x":{"Ref":"Site"}}]})", "berlin-a-b-c"},
      {R"({"Fn::FindInMap":["Sites",{"Ref":"Site"},"Code"]})", "BER"},
      {R"({"Fn::Join":["-",{"Fn::FindInMap":["Sites",{"Ref":"Site"},"Zones"]}]})", "b1-b2"},
      {R"({"Fn::Join":["-",[{"Fn::FindInMap":["Sites","paris","Code"]},{"Fn::Select":["0",{"Fn::Split":["-",{"Ref":"Serial"}]}]}]]})",
       "PAR-a"},
  };
  for (const auto& row : rows) {
    INFO(row.expression);
    const auto result = rendered(body_with(row.expression), {{"Serial", "a-b-c"}});
    REQUIRE(result);
    CHECK(result->thing->name == row.result);
  }
}

TEST_CASE("what cannot be resolved is the service's InvalidParameters") {
  struct Row {
    const char* expression;
    const char* message;
    Parameters parameters;
  };
  const std::vector<Row> rows{
      {R"({"Ref":"Serial"})", "Cannot resolve reference value: Serial", {}},
      {R"({"Fn::Sub":"x-${Serial}"})", "Cannot resolve reference value: Serial", {}},
      {R"({"Fn::Select":["3",{"Fn::Split":["-",{"Ref":"Site"}]}]})", "Fn::Select cannot select index 3 of 1", {}},
      {R"({"Fn::FindInMap":["Sites",{"Ref":"Site"},"Code"]})",
       "Fn::FindInMap cannot find Sites/rome",
       {{"Site", "rome"}}},
      {R"({"Fn::FindInMap":["Sites",{"Ref":"Site"},"Zones"]})", "Fn::FindInMap finds a list where text is needed", {}},
      {R"({"Fn::Join":["",{"Fn::FindInMap":["Sites",{"Ref":"Site"},"Zones"]}]})",
       "text stands where a list is needed",
       {{"Site", "paris"}}},
      {R"({"Fn::Join":["",{"Fn::Split":[{"Ref":"Serial"},"a"]}]})", "Fn::Split needs a delimiter", {{"Serial", ""}}},
  };
  for (const auto& row : rows) {
    INFO(row.expression);
    const auto result = rendered(body_with(row.expression), row.parameters);
    REQUIRE_FALSE(result);
    CHECK(result.error().status_code == 400);
    CHECK(result.error().error_code == "InvalidParameters");
    CHECK(result.error().error_message == row.message);
  }
}

TEST_CASE("an index of Fn::Select is digits, and does not wrap") {
  const std::string body = body_with(R"({"Fn::Select":[{"Ref":"Index"},["a","b"]]})");
  for (const char* index : {"2", "4294967297", "18446744073709551617", "-1", "+1", "01", "1.0", "", " 1", "b"}) {
    INFO(index);
    const auto sent = rendered(body, {{"Index", index}});
    REQUIRE_FALSE(sent);
    CHECK(sent.error().error_message == "Fn::Select cannot select index " + std::string(index) + " of 2");
    const std::string literal = R"({"Fn::Select":[")" + std::string(index) + R"(",["a","b"]]})";
    CHECK_FALSE(ProvisioningTemplate::parse("test", body_with(literal)));
  }
  for (const char* number : {"4294967297", "-1", "1.0", "1e0", "true", "null", "[]"}) {
    INFO(number);
    CHECK_FALSE(
        ProvisioningTemplate::parse("test", body_with(R"({"Fn::Select":[)" + std::string(number) + R"(,["a","b"]]})")));
  }
}

TEST_CASE("a rendered text is bounded, however often a parameter stands in it") {
  std::string repeated;
  for (int i = 0; i < 200; ++i) repeated += "${x}";
  const std::string twice =
      R"({"Fn::Sub":[")" + repeated + R"(",{"x":{"Fn::Sub":[")" + repeated + R"(",{"x":{"Ref":"Serial"}}]}}]})";
  const auto result = rendered(body_with(twice), {{"Serial", "12345"}});
  REQUIRE_FALSE(result);
  CHECK(result.error().error_message == "A rendered text is longer than 131072 bytes");
}

TEST_CASE("parameters that are not declared are ignored, and defaults can be replaced") {
  const std::string body =
      body_with(R"({"Ref":"Site"})", R"(,"DeviceConfiguration":{"Url":{"Fn::Sub":"https://${Site}"},"N":5,
                    "Literal":{"Fn::Sub":"${!Serial}${"},"Empty":{"Fn::Join":["",[]]}})");
  const auto result = rendered(body, {{"Site", "paris"}, {"AWS::IoT::Certificate::Id", "mine"}, {"Other", "x"}});
  REQUIRE(result);
  CHECK(result->thing->name == "paris");
  CHECK(result->certificate->certificate_id == "certificate-1");
  CHECK(result->device_configuration ==
        Parameters{{"Url", "https://paris"}, {"N", "5"}, {"Literal", "${Serial}${"}, {"Empty", ""}});
  const auto undeclared = ProvisioningTemplate::parse("test", body_with(R"({"Ref":"Other"})"));
  REQUIRE_FALSE(undeclared);
  CHECK(undeclared.error().message ==
        R"(template test: Resources.thing.Properties.ThingName: Parameters does not declare "Other")");
  CHECK(undeclared.error().hint ==
        "declare it; whether the service resolves a name that is not declared is not documented");
}

TEST_CASE("mistakes in a template body are found when it is loaded") {
  struct Row {
    std::string body;
    const char* said;
  };
  const auto thing = [](const char* rest) {
    return R"({"Resources":{"t":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":"x")" + std::string(rest) + "}}";
  };
  const std::vector<Row> rows{
      {"{", "template test: line 1, column 2: not JSON: the text ends early"},
      {"Resources:\n  t:\n", "line 1, column 1: not JSON: it looks like YAML"},
      {"{\n  // a thing\n}", "line 2, column 3: not JSON: a comment"},
      {"{\"Resources\": {},\n}", "line 1, column 17: not JSON: a comma before }"},
      {R"({"Resources": {}, "Resources": {}})", "line 1, column 19: \"Resources\" is given twice"},
      {std::string(4000, '['), "line 1, column 65: nested too deeply (more than 64 levels)"},
      {R"({"Resources":)" + std::string(4000, '['), "nested too deeply"},
      {"{}", "Resources is missing"},
      {R"({"Resource":{}})", "did you mean Resources?"},
      {R"({"Resources":{"t":{"Type":"AWS::IoT::Thin","Properties":{}}}})", "did you mean AWS::IoT::Thing?"},
      {R"({"Resources":{"t":{"Type":"AWS::IoT::Thing","Properties":{}}}})", "ThingName is missing"},
      {R"({"Resources":{"c":{"Type":"AWS::IoT::Certificate","Properties":{"Status":"Active"}}}})",
       "CertificateId is missing"},
      {R"({"Resources":{"p":{"Type":"AWS::IoT::Policy","Properties":{}}}})",
       "neither PolicyName nor PolicyDocument use one of them"},
      {R"({"Resources":{"p":{"Type":"AWS::IoT::Policy","Properties":{"PolicyName":"a","PolicyDocument":{"Statement":[]}}}}})",
       "both PolicyName and PolicyDocument use one of them"},
      {R"({"Resources":{"p":{"Type":"AWS::IoT::Policy","Properties":{"PolicyDocument":{"Ref":5}}}}})",
       "Ref takes a name"},
      {thing(R"(,"ThingNam":"y"}})"), "did you mean ThingName?"},
      {thing(R"(},"OverrideSettings":{"ThingTypeName":"MERGE"}})"), "DO_NOTHING, REPLACE or FAIL"},
      {thing(R"(},"OverrideSettings":{"ThingName":"FAIL"}})"), "unknown name ThingName"},
      {body_with(R"({"Fn::Joyn":["",[]]})"), "did you mean Fn::Join?"},
      {body_with(R"({"Fn::Join":[""]})"), "takes two arguments"},
      {body_with(R"({"Fn::FindInMap":["a","b"]})"), "takes [map, key, key]"},
      {body_with(R"({"Ref":["a"]})"), "takes a name"},
      {R"({"Parameters":{"A":{"Type":"Number"}},"Resources":{}})", "only String is known"},
      {R"({"Parameters":{"AWS::IoT::Certificate::Country":{"Type":"String"}},"Resources":{}})",
       "AWS::IoT::Certificate::Country: not a parameter of fleet provisioning remove it: only just-in-time "
       "provisioning is "
       "documented to set it; what fleet provisioning does is not known"},
      {R"({"Resources":)" + nested_objects(2000), "nested too deeply"},
      {std::string(11000, ' '), "11000 characters"},
  };
  for (const auto& row : rows) {
    INFO(row.body.substr(0, 100));
    const auto parsed = ProvisioningTemplate::parse("test", row.body);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message.find("template test") == 0);
    CHECK((parsed.error().message + " " + parsed.error().hint).find(row.said) != std::string::npos);
  }
}

TEST_CASE("the built-in template makes gateway-SERIAL") {
  const auto result = rendered(std::string(kBuiltinTemplateBody), {{"SerialNumber", "4711"}});
  REQUIRE(result);
  CHECK(result->thing->name == "gateway-4711");
  CHECK(result->certificate->status == CertificateStatus::kActive);
  CHECK_FALSE(rendered(std::string(kBuiltinTemplateBody), {}));
}

TEST_CASE("a template is taken out of what the AWS CLI prints") {
  const std::string body(kBuiltinTemplateBody);
  const auto quoted = [](const std::string& text) { return nlohmann::json(text).dump(); };
  struct Row {
    std::string text;
    std::string said;
    bool enabled = true;
  };
  const Row taken[] = {
      {body, ""},
      {R"({"templateBody": )" + quoted(body) + R"(, "roleArn": "arn:aws:iam::123456789012:role/x"})", ""},
      {R"({"templateArn": "a", "templateName": "b", "enabled": true, "templateBody": )" + quoted(body) + "}", ""},
      {R"({"templateBody": )" + body + "}", ""},
      {R"({"templateName": "b", "enabled": false, "type": "FLEET_PROVISIONING", "preProvisioningHook": {"targetArn": "c"},
           "templateBody": )" +
           quoted(body) + "}",
       "", false},
  };
  for (const Row& each : taken) {
    INFO(each.text.substr(0, 60));
    const auto inner = read_template_file("test", each.text);
    REQUIRE(inner);
    CHECK(inner->enabled == each.enabled);
    const auto result = rendered(inner->body, {{"SerialNumber", "4711"}});
    REQUIRE(result);
    CHECK(result->thing->name == "gateway-4711");
  }
  const Row refused[] = {
      {"{", "template test: line 1, column 2: not JSON"},
      {R"({"templateBody": 5})", "template test: templateBody: neither text nor a JSON object"},
      {R"({"templateBody": "{\n,"})", "template test: templateBody: line 2, column 1: not JSON"},
      {R"({"templateBody": )" + quoted(std::string(4000, '[')) + "}",
       "templateBody: line 1, column 65: nested too deeply"},
      {R"({"templateBody": )" + nested_objects(4000), "nested too deeply"},
      {R"({"type": "JITP", "templateBody": )" + quoted(body) + "}", "type: not a fleet provisioning template"},
      {R"({"enabled": "false", "templateBody": )" + quoted(body) + "}", "enabled: neither true nor false"},
  };
  for (const Row& each : refused) {
    INFO(each.text.substr(0, 60));
    const auto inner = read_template_file("test", each.text);
    REQUIRE_FALSE(inner);
    CHECK(inner.error().kind == fleet_provision::ErrorKind::kConfiguration);
    CHECK(inner.error().message.find(each.said) != std::string::npos);
  }
}

TEST_CASE("each OverrideSetting reaches its property, and no other") {
  const std::vector<std::pair<std::string, OverrideSetting>> words{{"DO_NOTHING", OverrideSetting::kDoNothing},
                                                                   {"REPLACE", OverrideSetting::kReplace},
                                                                   {"FAIL", OverrideSetting::kFail},
                                                                   {"MERGE", OverrideSetting::kMerge}};
  for (const std::string property : {"AttributePayload", "ThingTypeName", "ThingGroups"}) {
    for (const auto& [word, setting] : words) {
      if (property == "ThingTypeName" && word == "MERGE") continue;
      INFO(property << " " << word);
      std::string body = body_with(R"("a")");
      const std::string type = R"("Type":"AWS::IoT::Thing",)";
      body.insert(body.find(type) + type.size(), R"("OverrideSettings":{")" + property + R"(":")" + word + R"("},)");
      const auto result = rendered(body, {});
      REQUIRE(result);
      const auto expected = [&property = property, &setting = setting](const char* each) {
        return property == each ? std::optional(setting) : std::nullopt;
      };
      CHECK(result->thing->override_attributes == expected("AttributePayload"));
      CHECK(result->thing->override_type == expected("ThingTypeName"));
      CHECK(result->thing->override_groups == expected("ThingGroups"));
    }
  }
}

TEST_CASE("a template without functions is taken as it stands") {
  const auto result = rendered(R"({"Resources":{
    "thing":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":"the-only-one","ThingTypeName":"gateway",
      "AttributePayload":{"site":"berlin","floor":3,"spare":true,"used":false},"ThingGroups":["a","b"]}},
    "certificate":{"Type":"AWS::IoT::Certificate","Properties":{"CertificateId":{"Ref":"AWS::IoT::Certificate::Id"}}},
    "policy":{"Type":"AWS::IoT::Policy","Properties":{"PolicyName":"gateway"}}},
    "DeviceConfiguration":{"interval":60,"ratio":1.5,"on":true,"text":"x"}})",
                               {{"Ignored", "x"}});
  REQUIRE(result);
  REQUIRE(result->thing);
  CHECK(result->thing->name == "the-only-one");
  CHECK(result->thing->type == "gateway");
  CHECK(result->thing->groups == std::vector<std::string>{"a", "b"});
  CHECK(result->thing->attributes ==
        std::map<std::string, std::string>{{"site", "berlin"}, {"floor", "3"}, {"spare", "true"}, {"used", "false"}});
  REQUIRE(result->certificate);
  CHECK(result->certificate->certificate_id == "certificate-1");
  CHECK(result->certificate->status == CertificateStatus::kActive);
  CHECK_FALSE(result->certificate->exclusive_thing);
  CHECK_FALSE(result->certificate->override_status);
  REQUIRE(result->policies.size() == 1);
  CHECK(result->policies[0].name == "gateway");
  CHECK(result->device_configuration ==
        std::map<std::string, std::string>{{"interval", "60"}, {"ratio", "1.5"}, {"on", "true"}, {"text", "x"}});

  // A template that creates nothing.
  const auto nothing = rendered(R"({"Resources":{}})", {});
  REQUIRE(nothing);
  CHECK_FALSE(nothing->thing);
  CHECK_FALSE(nothing->certificate);
  CHECK(nothing->policies.empty());
  CHECK(nothing->device_configuration.empty());
}

TEST_CASE("a template body has 10240 characters at most") {
  const auto body = [](std::size_t size) {
    const std::string text = R"({"Resources":{}})";
    return text + std::string(size - text.size(), ' ');
  };
  CHECK(ProvisioningTemplate::parse("t", body(10'240)));
  // Characters, not bytes.
  const std::string umlauts = R"({"Resources":{},"DeviceConfiguration":{"a":")";
  std::string wide = umlauts;
  while (wide.size() < 2 * 10'000) wide += "ü";
  CHECK(ProvisioningTemplate::parse("t", wide + R"("}})"));
  const auto longer = ProvisioningTemplate::parse("t", body(10'241));
  REQUIRE_FALSE(longer);
  CHECK(longer.error().message == "template t: 10241 characters");
  CHECK(longer.error().hint == "shorten it: the service takes at most 10240");
}

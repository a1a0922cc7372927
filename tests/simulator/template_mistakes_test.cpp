// Literal mistakes in a template: each would reject every device, so it is an error when the template is loaded, with
// its place in the document. The same value from a device is InvalidParameters.
#include "service/template.hpp"

#include <nlohmann/json.hpp>
#include "tests/support/catch.hpp"

using namespace fleet_provision::simulator;
using nlohmann::json;

namespace {

// A template with everything, in which a row replaces what a JSON pointer names.
json whole_template() {
  return json::parse(R"({
    "Parameters": {"Serial": {"Type": "String"}, "Site": {"Type": "String", "Default": "berlin"}},
    "Mappings": {"Sites": {"berlin": {"Code": "BER", "Groups": ["a", "b"]}, "lyon": {"Code": "LYS", "Groups": ["c"]}}},
    "Resources": {
      "thing": {"Type": "AWS::IoT::Thing", "Properties": {
        "ThingName": {"Ref": "Serial"}, "AttributePayload": {"site": {"Ref": "Site"}}, "ThingTypeName": "gateway",
        "ThingGroups": ["gateways", {"Ref": "Site"}], "BillingGroup": "europe", "PackageVersions": {"agent": "1.0"}},
        "OverrideSettings": {"AttributePayload": "MERGE", "ThingTypeName": "REPLACE", "ThingGroups": "DO_NOTHING"}},
      "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {
        "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active",
        "ThingPrincipalType": "EXCLUSIVE_THING"}, "OverrideSettings": {"Status": "REPLACE"}},
      "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "gateway"}}},
    "DeviceConfiguration": {"Site": {"Fn::FindInMap": ["Sites", {"Ref": "Site"}, "Code"]}}})");
}

constexpr const char* kThing = "/Resources/thing/Properties/";
constexpr const char* kCertificate = "/Resources/certificate/Properties/";
constexpr const char* kPolicy = "/Resources/policy/Properties/";

std::string changed(const std::string& pointer, const std::string& value) {
  json body = whole_template();
  body[json::json_pointer(pointer)] = json::parse(value);
  return body.dump();
}

std::string longer_by_one(std::size_t limit) {
  return "\"" + std::string(limit + 1, 'a') + "\"";
}

}  // namespace

TEST_CASE("a template with every property is taken, and rendered") {
  const auto parsed = ProvisioningTemplate::parse("t", whole_template().dump());
  REQUIRE(parsed);
  const auto result = parsed->render({{"Serial", "4711"}}, "certificate-1");
  REQUIRE(result);
  CHECK(result->thing->billing_group == "europe");
  CHECK(result->thing->package_versions == PackageVersions(std::map<std::string, std::string>{{"agent", "1.0"}}));
  CHECK(result->thing->groups == std::vector<std::string>{"gateways", "berlin"});
  CHECK(result->certificate->exclusive_thing);
  CHECK(result->device_configuration == std::map<std::string, std::string>{{"Site", "BER"}});
}

TEST_CASE("each property takes its forms") {
  struct Row {
    std::string pointer;
    const char* value;
  };
  const std::vector<Row> rows{
      {std::string(kThing) + "BillingGroup", R"({"Ref": "Site"})"},
      {std::string(kThing) + "BillingGroup", R"({"Fn::Sub": "${Site}-europe"})"},
      {std::string(kThing) + "PackageVersions", R"("agent:1.0")"},
      {std::string(kThing) + "PackageVersions", R"({"Ref": "Site"})"},
      {std::string(kThing) + "PackageVersions", R"({"agent": {"Ref": "Site"}, "base.os_x-1": "12"})"},
      {std::string(kThing) + "ThingGroups", R"({"Fn::Split": [",", "a,b"]})"},
      {std::string(kThing) + "ThingGroups", R"({"Fn::FindInMap": ["Sites", {"Ref": "Site"}, "Groups"]})"},
      {std::string(kThing) + "ThingGroups", "[]"},
      {std::string(kThing) + "ThingGroups", R"(["1","2","3","4","5","6","7","8","9","10"])"},
      {std::string(kThing) + "ThingName", R"({"Fn::Sub": "gateway:${Serial}_1-${AWS::IoT::Certificate::Id}"})"},
      {std::string(kCertificate) + "Status", R"("INACTIVE")"},
      {std::string(kCertificate) + "Status", R"({"Ref": "Site"})"},
      {std::string(kCertificate) + "ThingPrincipalType", R"("NON_EXCLUSIVE_THING")"},
      {std::string(kPolicy) + "PolicyName", R"("A_b+c=d,e.f@g-1")"},
      {std::string(kPolicy) + "PolicyName", R"({"Fn::Join": ["-", ["gateway", {"Ref": "Site"}]]})"},
      {"/DeviceConfiguration", R"({"a": "", "b": 5, "c": true, "d": {"Ref": "Serial"}})"},
      {"/Mappings", R"({"Sites": {"berlin": {"Code": 5, "Groups": []}}})"},
  };
  for (const auto& row : rows) {
    INFO(row.pointer << " " << row.value);
    const auto parsed = ProvisioningTemplate::parse("t", changed(row.pointer, row.value));
    INFO((parsed ? "" : parsed.error().message));
    CHECK(parsed.has_value());
  }
}

TEST_CASE("a literal that no device could use is an error with its place") {
  struct Row {
    std::string pointer;
    std::string value;
    const char* message;
    const char* hint = "";
  };
  const std::string thing = kThing;
  const std::string certificate = kCertificate;
  const std::string policy = kPolicy;
  const std::vector<Row> rows{
      // The wrong kind of value.
      {thing + "ThingGroups", R"("g1")", "thing.Properties.ThingGroups: text where a list is needed",
       R"(write ["g1"])"},
      {thing + "ThingGroups", R"({"Ref": "Site"})", "ThingGroups: Ref gives text where a list is needed"},
      {thing + "ThingGroups", R"({"g1": true, "g2": true})", "ThingGroups: neither a list nor a function"},
      {thing + "ThingGroups", R"(["g1", ["g2"]])", "ThingGroups[1]: a list where text is needed"},
      {thing + "ThingName", R"(["a"])", "ThingName: a list where text is needed"},
      {thing + "ThingName", "null", "ThingName: neither text nor a function"},
      {thing + "ThingName", R"({"Fn::Split": ["-", {"Ref": "Serial"}]})",
       "ThingName: Fn::Split gives a list where text is needed"},
      {thing + "AttributePayload", R"(["site"])", "AttributePayload: not a JSON object"},
      {thing + "AttributePayload", R"({"site": {"a": "b", "c": "d"}})",
       "AttributePayload.site: neither text nor a function"},
      {"/DeviceConfiguration/List", R"(["a"])", "DeviceConfiguration.List: a list where text is needed"},
      {"/DeviceConfiguration/Split", R"({"Fn::Split": [",", "a,b"]})",
       "DeviceConfiguration.Split: Fn::Split gives a list"},
      {"/DeviceConfiguration/Object", "{}", "DeviceConfiguration.Object: neither text nor a function"},
      {"/DeviceConfiguration", "[]", "DeviceConfiguration: not a JSON object"},
      {"/Mappings/Sites", R"("a")", "Mappings.Sites: not a JSON object"},
      {"/Mappings/Sites/berlin/Code", R"({"Ref": "Site"})",
       "Mappings.Sites.berlin.Code: neither text nor a list of text"},
      {"/Mappings/Sites/berlin", R"("a")", "Mappings.Sites.berlin: not a JSON object"},
      // Functions that cannot be evaluated.
      {thing + "ThingName", R"({"Fn::Join": ["", "text"]})", "ThingName.Fn::Join[1]: text where a list is needed"},
      {thing + "ThingName", R"({"Fn::Join": [["a"], ["b"]]})", "ThingName.Fn::Join[0]: a list where text is needed"},
      {thing + "ThingName", R"({"Fn::Join": ["", ["a", {"Ref": "Seriel"}]]})",
       R"(ThingName.Fn::Join[1][1]: Parameters does not declare "Seriel")", "did you mean Serial?"},
      {thing + "ThingName", R"({"Fn::Sub": "${Serial}-${Region}"})", R"(Parameters does not declare "Region")",
       "declare it; whether the service resolves a name that is not declared is not documented"},
      {thing + "ThingName", R"({"Ref": "AWS::Region"})", R"(Parameters does not declare "AWS::Region")"},
      {thing + "ThingName", R"({"Ref": "AWS::IoT::Certificate::Country"})", "Parameters does not declare",
       "remove it: only just-in-time provisioning"},
      {thing + "ThingName", R"({"Fn::Sub": "${iot:ClientId}"})",
       R"(the policy variable "iot:ClientId" is not a parameter)",
       "in Fn::Sub write ${!iot:ClientId}, which gives ${iot:ClientId}"},
      {thing + "ThingName", R"({"Fn::Sub": 7})", "text, or [text, {name: value}]"},
      {thing + "ThingName", R"({"Fn::Sub": {}})", "text, or [text, {name: value}]"},
      {thing + "ThingName", R"({"Fn::Sub": []})", "text, or [text, {name: value}]"},
      {thing + "ThingName", R"({"Fn::Sub": ["a"]})", "text, or [text, {name: value}]"},
      {thing + "ThingName", R"({"Fn::Sub": [7, {}]})", "text, or [text, {name: value}]"},
      {thing + "ThingName", R"({"Fn::Sub": ["a", 7]})", "text, or [text, {name: value}]"},
      {thing + "ThingName", R"({"Fn::Sub": ["a", {}, {}]})", "text, or [text, {name: value}]"},
      {thing + "ThingName", R"({"Fn::Sub": ["${x}", {"x": ["a"]}]})",
       "ThingName.Fn::Sub[1].x: a list where text is needed"},
      {thing + "ThingName", R"({"Fn::Select": [2, ["a", "b"]]})",
       "ThingName.Fn::Select: index 2 of a list with 2 items", "0 is the first item"},
      {thing + "ThingName", R"({"Fn::Select": ["4294967297", ["a", {"Ref": "Serial"}]]})",
       "index 4294967297 of a list with 2 items"},
      {thing + "ThingName", R"({"Fn::Select": [-1, ["a"]]})", R"(Fn::Select[0]: "-1" is not an index)"},
      {thing + "ThingName", R"({"Fn::Select": [1.0, ["a", "b"]]})", R"(Fn::Select[0]: "1.0" is not an index)"},
      {thing + "ThingName", R"({"Fn::Select": ["01", {"Fn::Split": ["-", {"Ref": "Serial"}]}]})",
       R"(Fn::Select[0]: "01" is not an index)"},
      {thing + "ThingName", R"({"Fn::Select": [3, {"Fn::Split": [",", "a,b"]}]})", "index 3 of a list with 2 items"},
      {thing + "ThingName", R"({"Fn::Join": ["", {"Fn::Split": ["", "a"]}]})", "Fn::Split: an empty delimiter"},
      {thing + "ThingName", R"({"Fn::FindInMap": ["Site", "berlin", "Code"]})",
       "ThingName.Fn::FindInMap: Mappings has no Site"},
      {thing + "ThingName", R"({"Fn::FindInMap": ["Sites", "rome", "Code"]})", "Mappings has no Sites/rome"},
      {thing + "ThingName", R"({"Fn::FindInMap": ["Sites", {"Ref": "Site"}, "Zip"]})", "Mappings has no Sites/…/Zip"},
      {thing + "ThingName", R"({"Fn::FindInMap": ["Sites", "berlin", "Groups"]})",
       "Fn::FindInMap gives a list where text is needed"},
      {thing + "ThingGroups", R"({"Fn::FindInMap": ["Sites", "berlin", "Code"]})",
       "Fn::FindInMap gives text where a list is needed"},
      // Values that the registry refuses.
      {thing + "ThingName", R"("a b")", R"(ThingName: invalid thing name "a b")", "use 1 to 128 of [a-zA-Z0-9:_-]"},
      {thing + "ThingName", R"("")", R"(invalid thing name "")"},
      {thing + "ThingName", longer_by_one(128), "invalid thing name"},
      {thing + "ThingName", R"({"Fn::Join": ["/", ["site", "door"]]})", R"(invalid thing name "site/door")"},
      {thing + "ThingName", R"({"Fn::FindInMap": ["Sites", "berlin", {"Fn::Sub": "Code"}]})", "", ""},
      {thing + "ThingName", R"({"Fn::Sub": "gate way-${Serial}"})", R"(invalid thing name with "gate way-")"},
      {thing + "ThingName", R"({"Fn::Join": ["/", ["site", {"Ref": "Serial"}]]})",
       R"(invalid thing name with "site/")"},
      {thing + "ThingTypeName", R"("big gateway")", R"(ThingTypeName: invalid thing type name "big gateway")"},
      {thing + "ThingGroups", R"(["ok", "a/b"])", R"(ThingGroups[1]: invalid thing group name "a/b")"},
      {thing + "ThingGroups", R"(["1","2","3","4","5","6","7","8","9","10","11"])", "ThingGroups: 11 groups",
       "a thing can be in at most 10"},
      {thing + "BillingGroup", R"("Europe West")", R"(BillingGroup: invalid billing group name "Europe West")"},
      {thing + "BillingGroup", R"(["europe"])", "BillingGroup: a list where text is needed"},
      {thing + "PackageVersions", R"({"agent": "1 0"})", R"(PackageVersions.agent: invalid version name "1 0")"},
      {thing + "PackageVersions", R"({"the agent": "1"})", R"(PackageVersions: invalid package name "the agent")"},
      {thing + "PackageVersions", R"(["agent"])", "PackageVersions: a list where text is needed"},
      {thing + "AttributePayload", R"({"the site": "x"})", R"(AttributePayload: invalid attribute name "the site")"},
      {thing + "AttributePayload", R"({"site": "New York"})",
       R"(AttributePayload.site: invalid attribute value "New York")", "use 0 to 800 of [a-zA-Z0-9_.,@/:#=[]-]"},
      {certificate + "Status", R"("BANANA")", R"(Status: invalid certificate status "BANANA")",
       "use ACTIVE or INACTIVE"},
      {certificate + "Status", R"("PENDING_ACTIVATION")", "invalid certificate status"},
      {certificate + "ThingPrincipalType", R"("EXCLUSIVE")", R"(invalid ThingPrincipalType "EXCLUSIVE")",
       "use EXCLUSIVE_THING or NON_EXCLUSIVE_THING"},
      {certificate + "CertificateId", R"("0123")", "CertificateId: the same certificate for every device",
       R"(use {"Ref": "AWS::IoT::Certificate::Id"})"},
      {policy + "PolicyName", R"("")", R"(PolicyName: invalid policy name "")", "use 1 to 128 of [a-zA-Z0-9_+=,.@-]"},
      {policy + "PolicyName", R"("a/b")", R"(invalid policy name "a/b")"},
      {policy + "PolicyName", longer_by_one(128), "invalid policy name"},
      {policy + "PolicyName", R"({"Fn::Sub": "a policy of ${Site}"})", "invalid policy name with"},
      {"/Resources/thing/OverrideSettings/BillingGroup", R"("REPLACE")", "unknown name BillingGroup"},
      // Names, types and sections that there are not.
      {"/Metadata", "{}", "template t: unknown name Metadata"},
      {"/Resources/thing/Tags", "[]", "Resources.thing: unknown name Tags"},
      {"/Resources/thing/Type", R"("AWS::IoT::Ding")", "Resources.thing.Type: unknown name AWS::IoT::Ding"},
      {"/Resources/thing/Type", "5", "Resources.thing.Type: unknown name"},
      {"/Resources/thing/Properties", "[]", "Resources.thing.Properties: not a JSON object"},
      {"/Resources/thing/Properties", "{}", "Resources.thing.Properties: ThingName is missing"},
      {"/Resources/thing/OverrideSettings", "[]", "OverrideSettings: not a JSON object"},
      {"/Resources/thing/OverrideSettings/ThingTypeName", R"("MERGE")", "ThingTypeName: not an override setting",
       "use DO_NOTHING, REPLACE or FAIL"},
      {"/Resources/thing/OverrideSettings/ThingGroups", R"("KEEP")", "ThingGroups: not an override setting",
       "use DO_NOTHING, REPLACE, FAIL or MERGE"},
      {"/Resources/thing/OverrideSettings/ThingGroups", R"("MERGE")", ""},
      {"/Resources/thing/OverrideSettings/ThingGroups", R"("FAIL")", ""},
      {"/Resources/thing/OverrideSettings/ThingGroups", "5", "ThingGroups: not an override setting"},
      {"/Resources/second", R"({"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "Serial"}}})",
       "a second AWS::IoT::Thing"},
      {"/Resources/second", R"({"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "b"}})", ""},
      {"/Resources/second", R"({"Type": "AWS::IoT::Policy"})", "neither PolicyName nor PolicyDocument"},
      {"/Resources", "[]", "Resources: not a JSON object"},
      {"/Parameters", "[]", "Parameters: not a JSON object"},
      {"/Parameters/Serial", "[]", "Parameters.Serial: not a JSON object"},
      {"/Parameters/Serial/Description", R"("x")", "Parameters.Serial: unknown name Description"},
      {"/Parameters/Serial/Type", R"("Number")", "Parameters.Serial.Type: only String is known"},
      {"/Parameters/Serial/Default", "5", "Parameters.Serial.Default: not text"},
      {"/Parameters/AWS::Region", R"({"Type": "String"})",
       "Parameters.AWS::Region: not a parameter of fleet provisioning"},
      {"/Parameters/AWS::IoT::Certificate::Id", R"({"Type": "String"})", ""},
      {"/Mappings/Sites/berlin/Groups", R"(["a", {"Ref": "Site"}])",
       "Mappings.Sites.berlin.Groups: neither text nor a list of text"},
      {"/Mappings", "[]", "Mappings: not a JSON object"},
  };
  for (const auto& row : rows) {
    INFO(row.pointer << " " << row.value);
    const auto parsed = ProvisioningTemplate::parse("t", changed(row.pointer, row.value));
    CHECK(parsed.has_value() == (std::string(row.message).empty()));
    if (parsed) continue;
    INFO(parsed.error().message << " | " << parsed.error().hint);
    CHECK(parsed.error().message.starts_with("template t: "));
    CHECK(parsed.error().message.find(row.message) != std::string::npos);
    CHECK(parsed.error().hint.find(row.hint) != std::string::npos);
  }
}

TEST_CASE("more attributes than a thing may have are an error at the start") {
  const auto with = [](int attributes, bool typed) {
    json body = whole_template();
    json& properties = body["Resources"]["thing"]["Properties"];
    if (!typed) properties.erase("ThingTypeName");
    properties["AttributePayload"] = json::object();
    for (int i = 0; i < attributes; ++i) properties["AttributePayload"]["a" + std::to_string(i)] = "x";
    const auto parsed = ProvisioningTemplate::parse("t", body.dump());
    return parsed ? std::string() : parsed.error().message + ": " + parsed.error().hint;
  };
  CHECK(with(3, false).empty());
  CHECK(with(4, false) ==
        "template t: Resources.thing.Properties.AttributePayload: 4 attributes: a thing without a thing type has at "
        "most 3");
  CHECK(with(50, true).empty());
  CHECK(with(51, true).find("a thing with a thing type has at most 50") != std::string::npos);
}

TEST_CASE("what a device makes wrong is InvalidParameters") {
  struct Row {
    std::string pointer;
    const char* value;
    const char* message;
  };
  const std::vector<Row> rows{
      {std::string(kCertificate) + "Status", R"({"Ref": "Serial"})", "Invalid certificate status: a b"},
      {std::string(kCertificate) + "ThingPrincipalType", R"({"Ref": "Serial"})", "Invalid ThingPrincipalType: a b"},
      {std::string(kPolicy) + "PolicyName", R"({"Ref": "Serial"})",
       "Invalid policy name: 1 to 128 of [a-zA-Z0-9_+=,.@-]"},
  };
  for (const auto& row : rows) {
    INFO(row.pointer);
    const auto parsed = ProvisioningTemplate::parse("t", changed(row.pointer, row.value));
    REQUIRE(parsed);
    const auto result = parsed->render({{"Serial", "a b"}}, "certificate-1");
    REQUIRE_FALSE(result);
    CHECK(result.error().error_code == "InvalidParameters");
    CHECK(result.error().error_message == row.message);
  }
}

#include "service/template.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/text.hpp"
#include "service/expression.hpp"
#include "service/json_file.hpp"

namespace fleet_provision::simulator {

namespace {

using nlohmann::json;

constexpr std::size_t kBodyCharactersMax = 10240;  // API_CreateProvisioningTemplate
constexpr std::string_view kCertificateIdParameter = "AWS::IoT::Certificate::Id";

constexpr std::string_view kBuiltinBody = R"({
  "Parameters": {
    "SerialNumber": { "Type": "String" },
    "AWS::IoT::Certificate::Id": { "Type": "String" }
  },
  "Resources": {
    "thing": {
      "Type": "AWS::IoT::Thing",
      "Properties": {
        "ThingName": { "Fn::Join": ["-", ["gateway", { "Ref": "SerialNumber" }]] },
        "AttributePayload": { "serialNumber": { "Ref": "SerialNumber" } }
      },
      "OverrideSettings": { "AttributePayload": "MERGE", "ThingTypeName": "REPLACE", "ThingGroups": "DO_NOTHING" }
    },
    "certificate": {
      "Type": "AWS::IoT::Certificate",
      "Properties": { "CertificateId": { "Ref": "AWS::IoT::Certificate::Id" }, "Status": "Active" }
    },
    "policy": {
      "Type": "AWS::IoT::Policy",
      "Properties": { "PolicyName": "gateway" }
    }
  },
  "DeviceConfiguration": {}
})";

// One kind of resource: its properties, and those that OverrideSettings may name.
struct ResourceType {
  std::string_view name;
  std::vector<std::string_view> properties;
  std::vector<std::string_view> overrides;
};

const std::array<ResourceType, 3>& resource_types() {
  static const std::array<ResourceType, 3> kTypes{
      ResourceType{"AWS::IoT::Thing",
                   {"ThingName", "AttributePayload", "ThingTypeName", "ThingGroups"},
                   {"AttributePayload", "ThingTypeName", "ThingGroups"}},
      ResourceType{"AWS::IoT::Certificate", {"CertificateId", "Status", "ThingPrincipalType"}, {"Status"}},
      ResourceType{"AWS::IoT::Policy", {"PolicyName", "PolicyDocument"}, {}}};
  return kTypes;
}

std::optional<Override> parse_override(std::string_view text) {
  if (text == "DO_NOTHING") return Override::kDoNothing;
  if (text == "REPLACE") return Override::kReplace;
  if (text == "FAIL") return Override::kFail;
  if (text == "MERGE") return Override::kMerge;
  return std::nullopt;
}

template <class Range>
Result<void> check_known(const std::string& name, const Range& known, const std::string& place) {
  for (const std::string_view each : known) {
    if (each == name) return {};
  }
  std::string all;
  for (const std::string_view each : known) all += (all.empty() ? "" : ", ") + std::string(each);
  const std::string_view near = nearest(name, known);
  return fail(
      ErrorKind::kConfiguration, place + ": unknown name " + printable(name),
      near.empty() ? "known: " + (all.empty() ? std::string("none") : all) : "did you mean " + std::string(near) + "?");
}

Result<void> require_object(const json& value, const std::string& place) {
  if (value.is_object()) return {};
  return fail(ErrorKind::kConfiguration, place + ": not a JSON object");
}

Result<void> check_properties(const json& properties, const ResourceType& type, const std::string& place) {
  FP_TRY(require_object(properties, place));
  for (const auto& [name, value] : properties.items()) {
    const std::string here = place + "." + name;
    FP_TRY(check_known(name, type.properties, place));
    if (name == "AttributePayload") {
      FP_TRY(require_object(value, here));
      for (const auto& [attribute, expression] : value.items()) {
        FP_TRY(check_expression(expression, here + "." + attribute));
      }
    } else if (name == "PolicyDocument") {
      if (!value.is_object()) FP_TRY(check_expression(value, here));
    } else {
      FP_TRY(check_expression(value, here));
    }
  }
  return {};
}

Result<void> check_overrides(const json& settings, const ResourceType& type, const std::string& place) {
  FP_TRY(require_object(settings, place));
  for (const auto& [name, value] : settings.items()) {
    FP_TRY(check_known(name, type.overrides, place));
    const auto action = value.is_string() ? parse_override(value.get<std::string>()) : std::nullopt;
    const bool mergeable = name == "AttributePayload" || name == "ThingGroups";
    if (!action || (*action == Override::kMerge && !mergeable)) {
      return fail(ErrorKind::kConfiguration, place + "." + name + ": not an override setting",
                  mergeable ? "DO_NOTHING, REPLACE, FAIL or MERGE" : "DO_NOTHING, REPLACE or FAIL");
    }
  }
  return {};
}

Result<void> check_resource(const json& resource, const std::string& place) {
  FP_TRY(require_object(resource, place));
  constexpr std::array<std::string_view, 3> kSections{"Type", "Properties", "OverrideSettings"};
  for (const auto& [name, value] : resource.items()) FP_TRY(check_known(name, kSections, place));
  const std::string type_name = resource.contains("Type") && resource["Type"].is_string() ? resource["Type"] : "";
  std::vector<std::string_view> known;
  for (const auto& type : resource_types()) {
    known.push_back(type.name);
    if (type.name != type_name) continue;
    const json properties = resource.value("Properties", json::object());
    FP_TRY(check_properties(properties, type, place + ".Properties"));
    if (resource.contains("OverrideSettings")) {
      FP_TRY(check_overrides(resource["OverrideSettings"], type, place + ".OverrideSettings"));
    }
    const char* required = type_name == "AWS::IoT::Thing"         ? "ThingName"
                           : type_name == "AWS::IoT::Certificate" ? "CertificateId"
                                                                  : nullptr;
    if (required != nullptr && !properties.contains(required)) {
      return fail(ErrorKind::kConfiguration, place + ".Properties: " + required + " is missing");
    }
    if (type_name == "AWS::IoT::Policy" && properties.contains("PolicyName") == properties.contains("PolicyDocument")) {
      return fail(ErrorKind::kConfiguration, place + ".Properties: either PolicyName or PolicyDocument");
    }
    return {};
  }
  return check_known(type_name, known, place + ".Type");
}

Result<void> check_parameters(const json& parameters, const std::string& place) {
  FP_TRY(require_object(parameters, place));
  constexpr std::array<std::string_view, 2> kKeys{"Type", "Default"};
  for (const auto& [name, declaration] : parameters.items()) {
    const std::string here = place + "." + name;
    FP_TRY(require_object(declaration, here));
    for (const auto& [key, value] : declaration.items()) FP_TRY(check_known(key, kKeys, here));
    if (declaration.value("Type", json()) != "String") {
      return fail(ErrorKind::kConfiguration, here + ".Type: only String is known");
    }
    if (declaration.contains("Default") && !declaration["Default"].is_string()) {
      return fail(ErrorKind::kConfiguration, here + ".Default: not text");
    }
    if (name.starts_with("AWS::") && name != kCertificateIdParameter) {
      return fail(ErrorKind::kConfiguration, here + ": not a parameter of fleet provisioning",
                  "a template written for just-in-time or bulk registration does not work here");
    }
  }
  return {};
}

Result<void> check_body(const json& body, const std::string& place) {
  FP_TRY(require_object(body, place));
  constexpr std::array<std::string_view, 4> kSections{"Parameters", "Mappings", "Resources", "DeviceConfiguration"};
  for (const auto& [name, value] : body.items()) FP_TRY(check_known(name, kSections, place));
  if (body.contains("Parameters")) FP_TRY(check_parameters(body["Parameters"], place + ": Parameters"));
  if (body.contains("Mappings")) FP_TRY(require_object(body["Mappings"], place + ": Mappings"));
  if (!body.contains("Resources")) return fail(ErrorKind::kConfiguration, place + ": Resources is missing");
  FP_TRY(require_object(body["Resources"], place + ": Resources"));
  std::map<std::string, int> count;
  for (const auto& [name, resource] : body["Resources"].items()) {
    FP_TRY(check_resource(resource, place + ": Resources." + name));
    const std::string type = resource["Type"];
    if (type != "AWS::IoT::Policy" && ++count[type] > 1) {
      return fail(ErrorKind::kConfiguration, place + ": Resources." + name + ": a second " + type);
    }
  }
  if (body.contains("DeviceConfiguration")) {
    const std::string here = place + ": DeviceConfiguration";
    FP_TRY(require_object(body["DeviceConfiguration"], here));
    for (const auto& [name, value] : body["DeviceConfiguration"].items()) {
      FP_TRY(check_expression(value, here + "." + name));
    }
  }
  return {};
}

std::optional<Override> override_of(const json& resource, const char* property) {
  if (!resource.contains("OverrideSettings") || !resource["OverrideSettings"].contains(property)) return std::nullopt;
  return parse_override(resource["OverrideSettings"][property].get<std::string>());
}

// Returns the refusal of a Granted expression from the enclosing function, else declares its value.
#define FP_GRANT_ASSIGN(declaration, ...)                                           \
  auto FP_JOIN(granted_, __LINE__) = (__VA_ARGS__);                                 \
  if (!FP_JOIN(granted_, __LINE__)) {                                               \
    return tl::unexpected<Refusal>(std::move(FP_JOIN(granted_, __LINE__)).error()); \
  }                                                                                 \
  declaration = std::move(*FP_JOIN(granted_, __LINE__))

Granted<ThingSpec> render_thing(const json& resource, const Scope& scope) {
  const json& properties = resource["Properties"];
  ThingSpec thing;
  FP_GRANT_ASSIGN(thing.name, evaluate_text(properties["ThingName"], scope));
  if (properties.contains("AttributePayload")) {
    for (const auto& [name, expression] : properties["AttributePayload"].items()) {
      FP_GRANT_ASSIGN(thing.attributes[name], evaluate_text(expression, scope));
    }
  }
  if (properties.contains("ThingTypeName")) {
    FP_GRANT_ASSIGN(thing.type, evaluate_text(properties["ThingTypeName"], scope));
  }
  if (properties.contains("ThingGroups")) {
    FP_GRANT_ASSIGN(thing.groups, evaluate_list(properties["ThingGroups"], scope));
  }
  thing.override_attributes = override_of(resource, "AttributePayload");
  thing.override_type = override_of(resource, "ThingTypeName");
  thing.override_groups = override_of(resource, "ThingGroups");
  return thing;
}

Granted<CertificateSpec> render_certificate(const json& resource, const Scope& scope) {
  const json& properties = resource["Properties"];
  CertificateSpec certificate;
  FP_GRANT_ASSIGN(certificate.certificate_id, evaluate_text(properties["CertificateId"], scope));
  if (properties.contains("Status")) {
    FP_GRANT_ASSIGN(const std::string status, evaluate_text(properties["Status"], scope));
    // `Active` is as good: the service takes both.
    certificate.status = in_capitals(status);
    if (certificate.status != "ACTIVE" && certificate.status != "INACTIVE") {
      return refuse(400, "InvalidParameters", "Invalid certificate status: " + status);
    }
  }
  if (properties.contains("ThingPrincipalType")) {
    FP_GRANT_ASSIGN(const std::string type, evaluate_text(properties["ThingPrincipalType"], scope));
    certificate.exclusive_thing = type == "EXCLUSIVE_THING";
  }
  certificate.override_status = override_of(resource, "Status");
  return certificate;
}

Granted<PolicySpec> render_policy(const json& resource, const Scope& scope) {
  const json& properties = resource["Properties"];
  PolicySpec policy;
  if (properties.contains("PolicyName")) {
    FP_GRANT_ASSIGN(policy.name, evaluate_text(properties["PolicyName"], scope));
  } else if (const json& document = properties["PolicyDocument"];
             document.is_object() && document.contains("Statement")) {
    policy.document = document.dump(-1, ' ', false, json::error_handler_t::replace);
  } else {
    FP_GRANT_ASSIGN(policy.document, evaluate_text(document, scope));
  }
  return policy;
}

}  // namespace

struct ProvisioningTemplate::Body {
  explicit Body(json parsed) : document(std::move(parsed)) {}
  json document;
};

ProvisioningTemplate::ProvisioningTemplate(std::string name, std::unique_ptr<Body> body)
    : name_(std::move(name)), body_(std::move(body)) {}
ProvisioningTemplate::ProvisioningTemplate(ProvisioningTemplate&&) noexcept = default;
ProvisioningTemplate& ProvisioningTemplate::operator=(ProvisioningTemplate&&) noexcept = default;
ProvisioningTemplate::~ProvisioningTemplate() = default;

Result<ProvisioningTemplate> ProvisioningTemplate::parse(const std::string& name, std::string_view body) {
  const std::string place = "template " + name;
  if (body.size() > kBodyCharactersMax) {
    return fail(ErrorKind::kConfiguration, place + ": " + std::to_string(body.size()) + " characters",
                "the service takes " + std::to_string(kBodyCharactersMax) + " at most");
  }
  FP_TRY_ASSIGN(json document, parse_json(place, body));
  auto parsed = std::make_unique<Body>(std::move(document));
  if (auto checked = check_body(parsed->document, place); !checked) {
    // The places in it are named by the document's own keys, which may hold anything.
    checked.error().message = printable(checked.error().message);
    return fail(std::move(checked).error());
  }
  return ProvisioningTemplate(name, std::move(parsed));
}

Granted<Rendered> ProvisioningTemplate::render(const std::map<std::string, std::string>& parameters,
                                               const std::string& certificate_id) const {
  const json& document = body_->document;
  Scope scope;
  scope.values[std::string(kCertificateIdParameter)] = certificate_id;
  if (document.contains("Mappings")) scope.mappings = &document["Mappings"];
  if (document.contains("Parameters")) {
    for (const auto& [name, declaration] : document["Parameters"].items()) {
      if (const auto sent = parameters.find(name); name != kCertificateIdParameter && sent != parameters.end()) {
        scope.values[name] = sent->second;
      } else if (declaration.contains("Default") && scope.values.count(name) == 0) {
        scope.values[name] = declaration["Default"].get<std::string>();
      }
    }
  }
  Rendered rendered;
  for (const auto& resource : document["Resources"]) {
    const std::string type = resource["Type"];
    if (type == "AWS::IoT::Thing") {
      FP_GRANT_ASSIGN(rendered.thing, render_thing(resource, scope));
    } else if (type == "AWS::IoT::Certificate") {
      FP_GRANT_ASSIGN(rendered.certificate, render_certificate(resource, scope));
    } else {
      FP_GRANT_ASSIGN(auto policy, render_policy(resource, scope));
      rendered.policies.push_back(std::move(policy));
    }
  }
  if (document.contains("DeviceConfiguration")) {
    for (const auto& [name, expression] : document["DeviceConfiguration"].items()) {
      FP_GRANT_ASSIGN(rendered.device_configuration[name], evaluate_text(expression, scope));
    }
  }
  return rendered;
}

Result<std::string> template_body(const std::string& name, std::string text) {
  const std::string place = "template " + name;
  FP_TRY_ASSIGN(const json document, parse_json(place, text));
  if (!document.is_object() || !document.contains("templateBody")) return text;
  const json& body = document["templateBody"];
  if (body.is_object()) return body.dump();
  if (!body.is_string()) return fail(ErrorKind::kConfiguration, place + ": templateBody: neither text nor an object");
  FP_TRY(parse_json(place + ": templateBody", body.get<std::string>()));
  return body.get<std::string>();
}

std::string_view builtin_template_body() {
  return kBuiltinBody;
}

}  // namespace fleet_provision::simulator

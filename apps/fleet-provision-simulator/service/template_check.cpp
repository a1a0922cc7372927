#include "service/template_check.hpp"

#include <array>
#include <map>
#include <vector>

#include "service/document_check.hpp"
#include "service/expression.hpp"
#include "service/known_names.hpp"

namespace fleet_provision::simulator {

namespace {

// One type of resource: its properties, those that OverrideSettings may name, and the one that must be there.
struct ResourceType {
  std::string_view name;
  std::vector<std::string_view> properties;
  std::vector<std::string_view> overrides;
  std::string_view required_property;
};

const std::array<ResourceType, 3>& resource_types() {
  static const std::array<ResourceType, 3> kTypes{
      ResourceType{.name = kThingType,
                   .properties = {"ThingName", "AttributePayload", "ThingTypeName", "ThingGroups"},
                   .overrides = {"AttributePayload", "ThingTypeName", "ThingGroups"},
                   .required_property = "ThingName"},
      ResourceType{.name = kCertificateType,
                   .properties = {"CertificateId", "Status", "ThingPrincipalType"},
                   .overrides = {"Status"},
                   .required_property = "CertificateId"},
      ResourceType{.name = kPolicyType,
                   .properties = {"PolicyName", "PolicyDocument"},
                   .overrides = {},
                   .required_property = {}}};
  return kTypes;
}

template <class Range>
Result<void> check_name(const std::string& name, const Range& known, const std::string& place) {
  return check_known(ErrorKind::kConfiguration, place + ": unknown name", name, known);
}

Result<void> check_expressions(const Value& object, const std::string& place) {
  FP_TRY_ASSIGN(const Members* members, object_at(object, place));
  for (const auto& [name, expression] : *members) FP_TRY(check_expression(expression, place + "." + name));
  return {};
}

Result<void> check_properties(const Members& properties, const ResourceType& type, const std::string& place) {
  for (const auto& [name, value] : properties) {
    const std::string here = place + "." + name;
    FP_TRY(check_name(name, type.properties, place));
    if (name == "AttributePayload") {
      FP_TRY(check_expressions(value, here));
    } else if (name != "PolicyDocument" || value.find("Statement") == nullptr) {
      FP_TRY(check_expression(value, here));
    }
  }
  return {};
}

Result<void> check_overrides(const Value& settings, const ResourceType& type, const std::string& place) {
  FP_TRY_ASSIGN(const Members* members, object_at(settings, place));
  for (const auto& [name, value] : *members) {
    FP_TRY(check_name(name, type.overrides, place));
    const auto setting = value.text() == nullptr ? std::nullopt : parse_override_setting(*value.text());
    const bool mergeable = name == "AttributePayload" || name == "ThingGroups";
    if (!setting || (*setting == OverrideSetting::kMerge && !mergeable)) {
      return document_error(place + "." + name + ": not an override setting",
                            mergeable ? "use DO_NOTHING, REPLACE, FAIL or MERGE" : "use DO_NOTHING, REPLACE or FAIL");
    }
  }
  return {};
}

Result<void> check_required(const Value& properties, const ResourceType& type, const std::string& place) {
  if (!type.required_property.empty() && properties.find(type.required_property) == nullptr) {
    return document_error(place + ": " + std::string(type.required_property) + " is missing");
  }
  const bool named = properties.find("PolicyName") != nullptr;
  const bool written_out = properties.find("PolicyDocument") != nullptr;
  if (type.name == kPolicyType && named == written_out) {
    return document_error(place + ": needs either PolicyName or PolicyDocument");
  }
  return {};
}

Result<void> check_resource(const Value& resource, const std::string& place) {
  FP_TRY_ASSIGN(const Members* members, object_at(resource, place));
  constexpr std::array<std::string_view, 3> kSections{"Type", "Properties", "OverrideSettings"};
  for (const auto& [name, value] : *members) FP_TRY(check_name(name, kSections, place));
  const std::string* type_name = resource.find_text("Type");
  std::vector<std::string_view> known;
  for (const auto& type : resource_types()) {
    known.push_back(type.name);
    if (type_name == nullptr || type.name != *type_name) continue;
    static const Value kNone{Members{}};
    const Value* given = resource.find("Properties");
    const Value& properties = given == nullptr ? kNone : *given;
    FP_TRY_ASSIGN(const Members* list, object_at(properties, place + ".Properties"));
    FP_TRY(check_properties(*list, type, place + ".Properties"));
    if (const Value* overrides = resource.find("OverrideSettings")) {
      FP_TRY(check_overrides(*overrides, type, place + ".OverrideSettings"));
    }
    return check_required(properties, type, place + ".Properties");
  }
  return check_name(type_name == nullptr ? "" : *type_name, known, place + ".Type");
}

Result<void> check_resources(const Value& resources, const std::string& place) {
  FP_TRY_ASSIGN(const Members* members, object_at(resources, place));
  std::map<std::string, int> count;
  for (const auto& [name, resource] : *members) {
    const std::string here = place + "." + name;
    FP_TRY(check_resource(resource, here));
    const std::string& type = *resource.find_text("Type");
    if (type != kPolicyType && ++count[type] > 1) return document_error(here + ": a second " + type);
  }
  return {};
}

Result<void> check_parameter(const std::string& name, const Value& declaration, const std::string& place) {
  FP_TRY_ASSIGN(const Members* members, object_at(declaration, place));
  constexpr std::array<std::string_view, 2> kKeys{"Type", "Default"};
  for (const auto& [key, value] : *members) FP_TRY(check_name(key, kKeys, place));
  const std::string* type = declaration.find_text("Type");
  if (type == nullptr || *type != "String") return document_error(place + ".Type: only String is known");
  if (declaration.find("Default") != nullptr && declaration.find_text("Default") == nullptr) {
    return document_error(place + ".Default: not text");
  }
  if (name.starts_with("AWS::") && name != kCertificateIdParameter) {
    return document_error(
        place + ": not a parameter of fleet provisioning",
        "use a fleet provisioning template; just-in-time and bulk registration have other parameters");
  }
  return {};
}

Result<void> check_parameters(const Value& parameters, const std::string& place) {
  FP_TRY_ASSIGN(const Members* members, object_at(parameters, place));
  for (const auto& [name, declaration] : *members) FP_TRY(check_parameter(name, declaration, place + "." + name));
  return {};
}

}  // namespace

std::optional<OverrideSetting> parse_override_setting(std::string_view text) {
  if (text == "DO_NOTHING") return OverrideSetting::kDoNothing;
  if (text == "REPLACE") return OverrideSetting::kReplace;
  if (text == "FAIL") return OverrideSetting::kFail;
  if (text == "MERGE") return OverrideSetting::kMerge;
  return std::nullopt;
}

Result<void> check_template_body(const Value& body, const std::string& place) {
  FP_TRY_ASSIGN(const Members* members, object_at(body, place));
  constexpr std::array<std::string_view, 4> kSections{"Parameters", "Mappings", "Resources", "DeviceConfiguration"};
  for (const auto& [name, value] : *members) FP_TRY(check_name(name, kSections, place));
  if (const Value* parameters = body.find("Parameters")) FP_TRY(check_parameters(*parameters, place + ": Parameters"));
  if (const Value* mappings = body.find("Mappings")) FP_TRY(object_at(*mappings, place + ": Mappings"));
  const Value* resources = body.find("Resources");
  if (resources == nullptr) return document_error(place + ": Resources is missing");
  FP_TRY(check_resources(*resources, place + ": Resources"));
  if (const Value* configuration = body.find("DeviceConfiguration")) {
    FP_TRY(check_expressions(*configuration, place + ": DeviceConfiguration"));
  }
  return {};
}

}  // namespace fleet_provision::simulator

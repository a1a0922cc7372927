#include "service/template_check.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "service/document_check.hpp"
#include "service/expression.hpp"
#include "service/expression_check.hpp"
#include "service/known_names.hpp"
#include "service/policy_template.hpp"
#include "service/resource_rules.hpp"

namespace fleet_provision::simulator {

namespace {

using PropertyCheck = Result<void> (*)(const Value& value, const Declarations& declared, const std::string& place);

struct Property {
  std::string_view name;
  PropertyCheck check;
};

// One type of resource: its properties, those that OverrideSettings may name, and the one that must be there.
struct ResourceType {
  std::string_view name;
  std::vector<Property> properties;
  std::vector<std::string_view> overrides;
  std::string_view required_property;
};

template <class Range>
Result<void> check_name(const std::string& name, const Range& known, const std::string& place) {
  return check_known(ErrorKind::kConfiguration, place + ": unknown name", name, known);
}

template <const TextRule& rule>
Result<void> check_by_rule(const Value& value, const Declarations& declared, const std::string& place) {
  return check_text(value, rule, declared, place);
}

Result<void> check_attributes(const Value& value, const Declarations& declared, const std::string& place) {
  FP_TRY_ASSIGN(const Members* attributes, object_at(value, place));
  for (const auto& [name, expression] : *attributes) {
    FP_TRY(check_rule({true, name}, kAttributeNameRule, place));
    FP_TRY(check_text(expression, kAttributeValueRule, declared, place + "." + name));
  }
  return {};
}

Result<void> check_groups(const Value& value, const Declarations& declared, const std::string& place) {
  FP_TRY_ASSIGN(const FoldedList groups, fold_list(value, declared, place));
  for (std::size_t i = 0; i < groups.items.size(); ++i) {
    FP_TRY(check_rule(groups.items[i], kThingGroupRule, place + "[" + std::to_string(i) + "]"));
  }
  if (groups.items.size() <= kThingGroupsMax) return {};
  return document_error(place + ": " + std::to_string(groups.items.size()) + " groups",
                        "a thing can be in at most " + std::to_string(kThingGroupsMax));
}

// The guide does not document the form of PackageVersions: text is taken as it is, an object as versions by package.
Result<void> check_packages(const Value& value, const Declarations& declared, const std::string& place) {
  if (value.members() == nullptr || is_function_call(value)) {
    FP_TRY(fold_text(value, declared, place));
    return {};
  }
  for (const auto& [name, version] : *value.members()) {
    FP_TRY(check_rule({true, name}, kPackageNameRule, place));
    FP_TRY(check_text(version, kVersionNameRule, declared, place + "." + name));
  }
  return {};
}

Result<void> check_certificate_id(const Value& value, const Declarations& declared, const std::string& place) {
  FP_TRY_ASSIGN(const FoldedText id, fold_text(value, declared, place));
  if (!id.is_constant) return {};
  return document_error(place + ": the same certificate for every device",
                        R"(use {"Ref": "AWS::IoT::Certificate::Id"})");
}

const std::array<ResourceType, 3>& resource_types() {
  static const std::array<ResourceType, 3> kTypes{
      ResourceType{.name = kThingType,
                   .properties = {{"ThingName", check_by_rule<kThingNameRule>},
                                  {"AttributePayload", check_attributes},
                                  {"ThingTypeName", check_by_rule<kThingTypeRule>},
                                  {"ThingGroups", check_groups},
                                  {"BillingGroup", check_by_rule<kBillingGroupRule>},
                                  {"PackageVersions", check_packages}},
                   .overrides = {"AttributePayload", "ThingTypeName", "ThingGroups"},
                   .required_property = "ThingName"},
      ResourceType{.name = kCertificateType,
                   .properties = {{"CertificateId", check_certificate_id},
                                  {"Status", check_by_rule<kStatusRule>},
                                  {"ThingPrincipalType", check_by_rule<kPrincipalTypeRule>}},
                   .overrides = {"Status"},
                   .required_property = "CertificateId"},
      ResourceType{
          .name = kPolicyType,
          .properties = {{"PolicyName", check_by_rule<kPolicyNameRule>}, {"PolicyDocument", check_policy_template}},
          .overrides = {},
          .required_property = {}}};
  return kTypes;
}

Result<void> check_properties(const Members& properties, const ResourceType& type, const Declarations& declared,
                              const std::string& place) {
  std::vector<std::string_view> known;
  for (const auto& property : type.properties) known.push_back(property.name);
  for (const auto& [name, value] : properties) {
    FP_TRY(check_name(name, known, place));
    const auto property = std::find(known.begin(), known.end(), name) - known.begin();
    FP_TRY(type.properties[static_cast<std::size_t>(property)].check(value, declared, place + "." + name));
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
    return document_error(
        place + (named ? ": both PolicyName and PolicyDocument" : ": neither PolicyName nor PolicyDocument"),
        "use one of them");
  }
  const bool typed = properties.find("ThingTypeName") != nullptr;
  const Value* attributes = properties.find("AttributePayload");
  if (attributes != nullptr && attributes->members()->size() > attributes_max(typed)) {
    return document_error(place + ".AttributePayload: " + std::to_string(attributes->members()->size()) + " attributes",
                          "a thing " + std::string(typed ? "with" : "without") + " a thing type has at most " +
                              std::to_string(attributes_max(typed)));
  }
  return {};
}

Result<void> check_resource(const Value& resource, const Declarations& declared, const std::string& place) {
  FP_TRY_ASSIGN(const Members* members, object_at(resource, place));
  constexpr auto kSections = std::to_array<std::string_view>({"Type", "Properties", "OverrideSettings"});
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
    FP_TRY(check_properties(*list, type, declared, place + ".Properties"));
    if (const Value* overrides = resource.find("OverrideSettings")) {
      FP_TRY(check_overrides(*overrides, type, place + ".OverrideSettings"));
    }
    return check_required(properties, type, place + ".Properties");
  }
  return check_name(type_name == nullptr ? "" : *type_name, known, place + ".Type");
}

Result<void> check_resources(const Value& resources, const Declarations& declared, const std::string& place) {
  FP_TRY_ASSIGN(const Members* members, object_at(resources, place));
  std::map<std::string, int> count;
  for (const auto& [name, resource] : *members) {
    const std::string here = place + "." + name;
    FP_TRY(check_resource(resource, declared, here));
    const std::string& type = *resource.find_text("Type");
    if (type != kPolicyType && ++count[type] > 1) return document_error(here + ": a second " + type);
  }
  return {};
}

Result<void> check_parameter(const std::string& name, const Value& declaration, const std::string& place) {
  FP_TRY_ASSIGN(const Members* members, object_at(declaration, place));
  constexpr auto kKeys = std::to_array<std::string_view>({"Type", "Default"});
  for (const auto& [key, value] : *members) FP_TRY(check_name(key, kKeys, place));
  const std::string* type = declaration.find_text("Type");
  if (type == nullptr || *type != "String") return document_error(place + ".Type: only String is known");
  if (declaration.find("Default") != nullptr && declaration.find_text("Default") == nullptr) {
    return document_error(place + ".Default: not text");
  }
  if (name.starts_with("AWS::") && name != kCertificateIdParameter) {
    return document_error(
        place + ": not a parameter of fleet provisioning",
        "remove it: only just-in-time provisioning is documented to set it; what fleet provisioning does is not known");
  }
  return {};
}

// Two levels of names above literals: the guide allows neither references nor functions here.
Result<void> check_mappings(const Value& mappings, const std::string& place) {
  FP_TRY_ASSIGN(const Members* maps, object_at(mappings, place));
  for (const auto& [map, keys] : *maps) {
    FP_TRY_ASSIGN(const Members* entries, object_at(keys, place + "." + map));
    for (const auto& [key, values] : *entries) {
      const std::string here = place + "." + map + "." + key;
      FP_TRY_ASSIGN(const Members* named, object_at(values, here));
      for (const auto& [name, value] : *named) {
        const auto* list = value.list();
        const bool literal = list == nullptr ? literal_text(value).has_value()
                                             : std::all_of(list->begin(), list->end(), [](const Value& item) {
                                                 return literal_text(item).has_value();
                                               });
        if (!literal) return document_error(here + "." + name + ": neither text nor a list of text");
      }
    }
  }
  return {};
}

Result<void> check_configuration(const Value& configuration, const Declarations& declared, const std::string& place) {
  FP_TRY_ASSIGN(const Members* members, object_at(configuration, place));
  for (const auto& [name, expression] : *members) FP_TRY(fold_text(expression, declared, place + "." + name));
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

Result<std::vector<std::string>> check_template_body(const Value& body, const std::string& place) {
  FP_TRY_ASSIGN(const Members* members, object_at(body, place));
  constexpr auto kSections =
      std::to_array<std::string_view>({"Parameters", "Mappings", "Resources", "DeviceConfiguration"});
  for (const auto& [name, value] : *members) FP_TRY(check_name(name, kSections, place));
  std::vector<std::string> warnings;
  Declarations declared{{std::string(kCertificateIdParameter)}, body.find("Mappings"), &warnings};
  if (const Value* parameters = body.find("Parameters")) {
    FP_TRY(check_parameters(*parameters, place + ": Parameters"));
    for (const auto& [name, declaration] : *parameters->members()) declared.names.insert(name);
  }
  if (declared.mappings != nullptr) FP_TRY(check_mappings(*declared.mappings, place + ": Mappings"));
  const Value* resources = body.find("Resources");
  if (resources == nullptr) return document_error(place + ": Resources is missing");
  FP_TRY(check_resources(*resources, declared, place + ": Resources"));
  if (const Value* configuration = body.find("DeviceConfiguration")) {
    FP_TRY(check_configuration(*configuration, declared, place + ": DeviceConfiguration"));
  }
  return warnings;
}

}  // namespace fleet_provision::simulator

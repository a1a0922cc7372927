#include "service/template.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "service/decode.hpp"
#include "service/encode.hpp"
#include "service/expression.hpp"
#include "service/policy_template.hpp"
#include "service/resource_rules.hpp"
#include "service/template_check.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::size_t kBodyCharactersMax = 10240;  // API_CreateProvisioningTemplate

std::optional<OverrideSetting> override_of(const Value& resource, std::string_view property) {
  const Value* settings = resource.find("OverrideSettings");
  const std::string* text = settings == nullptr ? nullptr : settings->find_text(property);
  return text == nullptr ? std::nullopt : parse_override_setting(*text);
}

// What a resource without Properties has. check_template_body requires them wherever a property is required.
const Value& properties_of(const Value& resource) {
  static const Value kNone{Members{}};
  const Value* properties = resource.find("Properties");
  return properties == nullptr ? kNone : *properties;
}

Accepted<std::map<std::string, std::string>> evaluate_members(const Value& object, const Scope& scope) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, expression] : *object.members()) {
    FP_ACCEPT_ASSIGN(texts[name], evaluate_text(expression, scope));
  }
  return texts;
}

Accepted<PackageVersions> render_packages(const Value& packages, const Scope& scope) {
  if (packages.members() != nullptr && !is_function_call(packages)) {
    FP_ACCEPT_ASSIGN(auto versions, evaluate_members(packages, scope));
    return versions;
  }
  FP_ACCEPT_ASSIGN(auto text, evaluate_text(packages, scope));
  return text;
}

Accepted<ThingResource> render_thing(const Value& resource, const Scope& scope) {
  const Value& properties = properties_of(resource);
  ThingResource thing;
  FP_ACCEPT_ASSIGN(thing.name, evaluate_text(*properties.find("ThingName"), scope));
  if (const Value* attributes = properties.find("AttributePayload")) {
    FP_ACCEPT_ASSIGN(thing.attributes, evaluate_members(*attributes, scope));
  }
  if (const Value* type = properties.find("ThingTypeName")) {
    FP_ACCEPT_ASSIGN(thing.type, evaluate_text(*type, scope));
  }
  if (const Value* groups = properties.find("ThingGroups")) {
    FP_ACCEPT_ASSIGN(thing.groups, evaluate_list(*groups, scope));
  }
  if (const Value* group = properties.find("BillingGroup")) {
    FP_ACCEPT_ASSIGN(thing.billing_group, evaluate_text(*group, scope));
  }
  if (const Value* packages = properties.find("PackageVersions")) {
    FP_ACCEPT_ASSIGN(thing.package_versions, render_packages(*packages, scope));
  }
  thing.override_attributes = override_of(resource, "AttributePayload");
  thing.override_type = override_of(resource, "ThingTypeName");
  thing.override_groups = override_of(resource, "ThingGroups");
  return thing;
}

Accepted<CertificateResource> render_certificate(const Value& resource, const Scope& scope) {
  const Value& properties = properties_of(resource);
  CertificateResource certificate;
  FP_ACCEPT_ASSIGN(certificate.certificate_id, evaluate_text(*properties.find("CertificateId"), scope));
  if (const Value* given = properties.find("Status")) {
    FP_ACCEPT_ASSIGN(const std::string text, evaluate_text(*given, scope));
    const auto status = parse_certificate_status(text);
    if (!status) return invalid_parameters("Invalid certificate status: " + text);
    certificate.status = *status;
  }
  if (const Value* type = properties.find("ThingPrincipalType")) {
    FP_ACCEPT_ASSIGN(const std::string text, evaluate_text(*type, scope));
    const auto exclusive = parse_exclusive_thing(text);
    if (!exclusive) return invalid_parameters("Invalid ThingPrincipalType: " + text);
    certificate.exclusive_thing = *exclusive;
  }
  certificate.override_status = override_of(resource, "Status");
  return certificate;
}

Accepted<PolicyResource> render_policy(const Value& resource, const Scope& scope) {
  const Value& properties = properties_of(resource);
  PolicyResource policy;
  if (const Value* name = properties.find("PolicyName")) {
    FP_ACCEPT_ASSIGN(policy.name, evaluate_text(*name, scope));
    if (!satisfies(kPolicyNameRule, policy.name)) {
      return invalid_parameters(std::string("Invalid policy name: ") + kPolicyNameRule.limits);
    }
    return policy;
  }
  FP_ACCEPT_ASSIGN(policy.document, render_policy_template(*properties.find("PolicyDocument"), scope));
  return policy;
}

Scope scope_of(const Value& body, const std::map<std::string, std::string>& parameters,
               const std::string& certificate_id) {
  Scope scope;
  scope.values[std::string(kCertificateIdParameter)] = certificate_id;
  scope.mappings = body.find("Mappings");
  const Value* declared = body.find("Parameters");
  if (declared == nullptr) return scope;
  for (const auto& [name, declaration] : *declared->members()) {
    if (name == kCertificateIdParameter) continue;
    if (const auto sent = parameters.find(name); sent != parameters.end()) {
      scope.values[name] = sent->second;
    } else if (const std::string* text = declaration.find_text("Default")) {
      scope.values[name] = *text;
    }
  }
  return scope;
}

}  // namespace

Result<ProvisioningTemplate> ProvisioningTemplate::parse(const std::string& name, std::string_view body, bool enabled) {
  const std::string place = "template " + name;
  if (const std::size_t length = characters(body); length > kBodyCharactersMax) {
    return fail(ErrorKind::kConfiguration, place + ": " + std::to_string(length) + " characters",
                "shorten it: the service takes at most " + std::to_string(kBodyCharactersMax));
  }
  FP_TRY_ASSIGN(Value document, parse_json(place, body));
  auto warnings = check_template_body(document, place);
  if (!warnings) {
    // The message names places by the document's own keys, which may hold anything.
    warnings.error().message = printable(warnings.error().message);
    return fail(std::move(warnings).error());
  }
  for (auto& warning : *warnings) warning = printable(warning);
  if (!enabled) warnings->push_back(place + " is not enabled: it registers no device");
  return ProvisioningTemplate(name, std::move(document), enabled, std::move(*warnings));
}

bool ProvisioningTemplate::may_attach(std::string_view policy) const {
  const Members& resources = *body_.find("Resources")->members();
  return std::any_of(resources.begin(), resources.end(), [policy](const auto& resource) {
    if (*resource.second.find_text("Type") != kPolicyType) return false;
    const Value* name = properties_of(resource.second).find("PolicyName");
    return name != nullptr && (name->text() == nullptr || *name->text() == policy);
  });
}

std::vector<std::string> unused_policies(const std::vector<ProvisioningTemplate>& templates,
                                         const std::vector<NamedPolicy>& policies) {
  std::vector<std::string> texts;
  for (const auto& [name, document] : policies) {
    const bool used = std::any_of(templates.begin(), templates.end(),
                                  [&policy = name](const auto& each) { return each.may_attach(policy); });
    if (!used) texts.push_back("policy " + printable(name) + ": no template has this PolicyName");
  }
  return texts;
}

Accepted<RenderedTemplate> ProvisioningTemplate::render(const std::map<std::string, std::string>& parameters,
                                                        const std::string& certificate_id) const {
  const Scope scope = scope_of(body_, parameters, certificate_id);
  RenderedTemplate rendered;
  for (const auto& [name, resource] : *body_.find("Resources")->members()) {
    const std::string& type = *resource.find_text("Type");
    if (type == kThingType) {
      FP_ACCEPT_ASSIGN(rendered.thing, render_thing(resource, scope));
    } else if (type == kCertificateType) {
      FP_ACCEPT_ASSIGN(rendered.certificate, render_certificate(resource, scope));
    } else {
      FP_ACCEPT_ASSIGN(auto policy, render_policy(resource, scope));
      rendered.policies.push_back(std::move(policy));
    }
  }
  if (const Value* configuration = body_.find("DeviceConfiguration")) {
    FP_ACCEPT_ASSIGN(rendered.device_configuration, evaluate_members(*configuration, scope));
  }
  return rendered;
}

Result<TemplateFile> read_template_file(const std::string& name, std::string text) {
  const std::string place = "template " + name;
  FP_TRY_ASSIGN(const Value document, parse_json(place, text));
  const Value* body = document.find("templateBody");
  if (body == nullptr) return TemplateFile{std::move(text)};
  const Value* enabled = document.find("enabled");
  if (enabled != nullptr && enabled->boolean() == nullptr) {
    return fail(ErrorKind::kConfiguration, place + ": enabled: neither true nor false");
  }
  const Value* type = document.find("type");
  if (type != nullptr && (type->text() == nullptr || *type->text() != "FLEET_PROVISIONING")) {
    return fail(ErrorKind::kConfiguration, place + ": type: not a fleet provisioning template",
                "use a template of the type FLEET_PROVISIONING");
  }
  TemplateFile file{{}, enabled == nullptr || *enabled->boolean()};
  if (body->members() != nullptr) {
    file.body = json_text(*body);
  } else if (body->text() != nullptr) {
    FP_TRY(parse_json(place + ": templateBody", *body->text()));
    file.body = *body->text();
  } else {
    return fail(ErrorKind::kConfiguration, place + ": templateBody: neither text nor a JSON object");
  }
  return file;
}

}  // namespace fleet_provision::simulator

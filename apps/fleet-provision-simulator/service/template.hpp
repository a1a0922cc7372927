// Provisioning templates: AWS template bodies, rendered as RegisterThing renders them (AWS IoT developer guide,
// "Provisioning templates"; docs/simulator.md).
//
// A body is checked when it is loaded: an unknown section, resource type, property, function or override setting, and a
// literal that the registry would not accept, are errors there, so that a mistake shows before the first gateway
// connects. Rendering can then fail only for what the device sends or does not send, which is the service's
// InvalidParameters.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "service/configuration.hpp"
#include "service/rejection.hpp"
#include "service/resources.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

class ProvisioningTemplate {
 public:
  /// `body` is the JSON of one template body. kConfiguration names the template and the place in it.
  [[nodiscard]] static Result<ProvisioningTemplate> parse(const std::string& name, std::string_view body,
                                                          bool enabled = true);

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Whether the service registers devices with it (API_CreateProvisioningTemplate: enabled).
  [[nodiscard]] bool enabled() const { return enabled_; }
  /// What the service accepts and what has no effect, one printable sentence each.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
  /// Whether a device may get the policy of this name: by a literal PolicyName, or by one that depends on the device.
  [[nodiscard]] bool may_attach(std::string_view policy) const;
  /// `certificate_id` becomes AWS::IoT::Certificate::Id. Parameters that the template does not declare are ignored.
  [[nodiscard]] Accepted<RenderedTemplate> render(const std::map<std::string, std::string>& parameters,
                                                  const std::string& certificate_id) const;

 private:
  ProvisioningTemplate(std::string name, Value body, bool enabled, std::vector<std::string> warnings)
      : name_(std::move(name)), body_(std::move(body)), enabled_(enabled), warnings_(std::move(warnings)) {}

  std::string name_;
  Value body_;
  bool enabled_;
  std::vector<std::string> warnings_;
};

/// A sentence for each policy whose name no template can attach, so that a typing error shows.
[[nodiscard]] std::vector<std::string> unused_policies(const std::vector<ProvisioningTemplate>& templates,
                                                       const std::vector<NamedPolicy>& policies);

/// What a template file says: a template body, or a document around one.
struct TemplateFile {
  std::string body;
  bool enabled = true;
};

/// Takes a template body out of a file: the whole text, or the `templateBody` of a document that
/// `aws iot describe-provisioning-template` prints or create-provisioning-template takes, as text or as an object. Of
/// the other members only `enabled` and `type` count. kConfiguration.
[[nodiscard]] Result<TemplateFile> read_template_file(const std::string& name, std::string text);

}  // namespace fleet_provision::simulator

// Provisioning templates: AWS template bodies, rendered as RegisterThing renders them (AWS IoT developer guide,
// "Provisioning templates"; docs/simulator.md).
//
// A body is checked when it is loaded: an unknown section, resource type, property, function or override setting is an
// error there, so that a mistake shows before the first gateway connects. Rendering can then fail only for a value
// that the device did not send, which is the service's InvalidParameters.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "service/rejection.hpp"
#include "service/resources.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

class ProvisioningTemplate {
 public:
  /// `body` is the JSON of one template body. kConfiguration names the template and the place in it.
  [[nodiscard]] static Result<ProvisioningTemplate> parse(const std::string& name, std::string_view body);

  [[nodiscard]] const std::string& name() const { return name_; }
  /// `certificate_id` becomes AWS::IoT::Certificate::Id. Parameters that the template does not declare are ignored.
  [[nodiscard]] Accepted<RenderedTemplate> render(const std::map<std::string, std::string>& parameters,
                                                  const std::string& certificate_id) const;

 private:
  ProvisioningTemplate(std::string name, Value body) : name_(std::move(name)), body_(std::move(body)) {}

  std::string name_;
  Value body_;
};

/// The template body in a file: the whole text, or the `templateBody` of a document that
/// `aws iot describe-provisioning-template` prints or create-provisioning-template takes. kConfiguration.
[[nodiscard]] Result<std::string> template_body(const std::string& name, std::string text);

}  // namespace fleet_provision::simulator

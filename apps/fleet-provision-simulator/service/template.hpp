// Provisioning templates: AWS template bodies, rendered as RegisterThing renders them (docs/simulator.md).
//
// A body is checked when it is loaded (sections, resource types, functions, OverrideSettings): what is not understood
// is an error there, so that a team's mistake shows before the first device does. Rendering can then only fail for a
// value that the device did not send, which is the service's InvalidParameters.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "service/refusal.hpp"

namespace fleet_provision::simulator {

/// What happens to a property of a resource that exists already; absent is our reading of the undocumented default:
/// the same value is no conflict, another one is.
enum class Override : unsigned char { kDoNothing, kReplace, kFail, kMerge };

struct ThingSpec {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::optional<std::string> type;
  std::vector<std::string> groups;
  std::optional<Override> override_attributes;
  std::optional<Override> override_type;
  std::optional<Override> override_groups;
};

struct CertificateSpec {
  std::string certificate_id;
  /// `ACTIVE` or `INACTIVE`.
  std::string status = "ACTIVE";
  std::optional<Override> override_status;
  /// EXCLUSIVE_THING: no other certificate stays attached to the thing's certificate's thing, and vice versa.
  bool exclusive_thing = false;
};

/// Name or document, as the template gives it.
struct PolicySpec {
  std::string name;
  std::string document;
};

/// What a template makes of one device's parameters.
struct Rendered {
  std::optional<ThingSpec> thing;
  std::optional<CertificateSpec> certificate;
  std::vector<PolicySpec> policies;
  std::map<std::string, std::string> device_configuration;
};

class ProvisioningTemplate {
 public:
  /// `body` is the JSON of one template; kConfiguration names the template and the place.
  [[nodiscard]] static Result<ProvisioningTemplate> parse(const std::string& name, std::string_view body);

  ProvisioningTemplate(ProvisioningTemplate&&) noexcept;
  ProvisioningTemplate& operator=(ProvisioningTemplate&&) noexcept;
  ~ProvisioningTemplate();

  [[nodiscard]] const std::string& name() const { return name_; }
  /// `certificate_id` is the value of AWS::IoT::Certificate::Id. Parameters the template does not declare are ignored.
  [[nodiscard]] Granted<Rendered> render(const std::map<std::string, std::string>& parameters,
                                         const std::string& certificate_id) const;

 private:
  struct Body;
  ProvisioningTemplate(std::string name, std::unique_ptr<Body> body);

  std::string name_;
  std::unique_ptr<Body> body_;
};

/// The body in a file: `text` itself, or the `templateBody` of what `aws iot describe-provisioning-template` prints and
/// create-provisioning-template takes. kConfiguration as parse() gives it.
[[nodiscard]] Result<std::string> template_body(const std::string& name, std::string text);

/// The body of the template `gateway`, used when no template is given.
[[nodiscard]] std::string_view builtin_template_body();
inline constexpr std::string_view kBuiltinTemplateName = "gateway";

}  // namespace fleet_provision::simulator

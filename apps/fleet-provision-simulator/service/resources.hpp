// The resources that a provisioning template declares, with the parameters of one device filled in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace fleet_provision::simulator {

enum class CertificateStatus : unsigned char { kPendingActivation, kActive, kInactive };
/// `PENDING_ACTIVATION`, …: the service's names.
[[nodiscard]] const char* word(CertificateStatus status);

/// What happens to a property of a resource that exists already (OverrideSettings). The service does not document what
/// it does without a setting; here the same value is accepted and another one is a conflict.
enum class OverrideSetting : unsigned char { kDoNothing, kReplace, kFail, kMerge };

/// Versions by package, or the text of a template that writes them in another form.
using PackageVersions = std::variant<std::string, std::map<std::string, std::string>>;

/// OverrideSettings exist for attributes, type and groups only. A billing group and package versions of the template
/// replace those of a thing that exists.
struct ThingResource {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::optional<std::string> type;
  std::vector<std::string> groups;
  std::optional<std::string> billing_group;
  std::optional<PackageVersions> package_versions;
  std::optional<OverrideSetting> override_attributes;
  std::optional<OverrideSetting> override_type;
  std::optional<OverrideSetting> override_groups;
};

struct CertificateResource {
  std::string certificate_id;
  /// kActive or kInactive.
  CertificateStatus status = CertificateStatus::kActive;
  std::optional<OverrideSetting> override_status;
  /// ThingPrincipalType EXCLUSIVE_THING: the certificate can be attached to this thing only. The thing's other
  /// certificates stay.
  bool exclusive_thing = false;
};

/// Either a name or a document, which Policy::parse accepts.
struct PolicyResource {
  std::string name;
  std::string document;
};

struct RenderedTemplate {
  std::optional<ThingResource> thing;
  std::optional<CertificateResource> certificate;
  std::vector<PolicyResource> policies;
  std::map<std::string, std::string> device_configuration;
};

}  // namespace fleet_provision::simulator

// The three operations of the MQTT API (docs/service.md, "The exchange"): from a request to the content of its
// response. Who sends the request, and how the response is delivered, is service.hpp's part.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "service/issuer.hpp"
#include "service/registry.hpp"
#include "service/request.hpp"
#include "service/template.hpp"

namespace fleet_provision::simulator {

/// A valid RegisterThing request. The hook may still deny it or change its parameters.
struct Registration {
  const ProvisioningTemplate* provisioning_template = nullptr;
  std::string certificate_ownership_token;
  std::string certificate_id;
  std::map<std::string, std::string> parameters;
};

struct OperationRules {
  std::chrono::seconds token_lifetime{3600};
  bool accept_token_reuse = false;
};

/// Each operation gives the members of the accepted response.
class Operations {
 public:
  Operations(std::vector<ProvisioningTemplate> templates, Registry& registry, Issuer& issuer, OperationRules rules);

  [[nodiscard]] Accepted<Members> create_from_csr(const Request& request, const IssueFaults& faults, WallClockTime now);
  /// False while `create_keys` would have to wait for a key.
  [[nodiscard]] bool keys_ready() { return issuer_.keys_ready(); }
  [[nodiscard]] Accepted<Members> create_keys(const IssueFaults& faults, WallClockTime now);
  /// nullptr when the simulator has loaded none of this name.
  [[nodiscard]] const ProvisioningTemplate* find_template(std::string_view name) const;
  /// RegisterThing up to the hook.
  [[nodiscard]] Accepted<Registration> begin_registration(const std::string& template_name, const Request& request,
                                                          WallClockTime now) const;
  /// RegisterThing after the hook. Rejects a token that has expired or was used since.
  [[nodiscard]] Accepted<Members> finish_registration(const Registration& registration, WallClockTime now);

 private:
  [[nodiscard]] Members accepted_certificate(const IssuedCertificate& certificate, WallClockTime now);

  std::vector<ProvisioningTemplate> templates_;
  Registry& registry_;
  Issuer& issuer_;
  OperationRules rules_;
};

}  // namespace fleet_provision::simulator

// The three operations of the API: what a request leads to, whoever asked.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "service/document.hpp"
#include "service/issuer.hpp"
#include "service/registry.hpp"
#include "service/template.hpp"

namespace fleet_provision::simulator {

/// A RegisterThing request that is in order so far; the hook may still refuse it or change its parameters.
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

class Operations {
 public:
  Operations(std::vector<ProvisioningTemplate> templates, Registry& registry, Issuer& issuer, OperationRules rules);

  /// Each gives the members of the accepted answer. The request is what `Request::decode` gave.
  [[nodiscard]] Granted<Members> create_from_csr(const Request& request, const IssueFaults& faults, WallClockTime now);
  /// False while `create_keys` would have to wait for a key.
  [[nodiscard]] bool keys_ready() { return issuer_.keys_ready(); }
  [[nodiscard]] Granted<Members> create_keys(const IssueFaults& faults, WallClockTime now);
  [[nodiscard]] Granted<Registration> begin_registration(const std::string& template_name, const Request& request,
                                                         WallClockTime now) const;
  /// Refuses a token that has expired or was used since, while the hook took its time.
  [[nodiscard]] Granted<Members> finish_registration(const Registration& registration, WallClockTime now);

 private:
  std::vector<ProvisioningTemplate> templates_;
  Registry& registry_;
  Issuer& issuer_;
  OperationRules rules_;
};

}  // namespace fleet_provision::simulator

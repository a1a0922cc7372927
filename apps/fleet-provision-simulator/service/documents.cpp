#include "service/documents.hpp"

#include <utility>

namespace fleet_provision::simulator {

Result<Documents> read_documents(const Configuration& configuration) {
  std::vector<std::string> warnings;
  const auto note = [&warnings](const std::vector<std::string>& more) {
    warnings.insert(warnings.end(), more.begin(), more.end());
  };
  std::vector<ProvisioningTemplate> templates;
  for (const auto& each : configuration.templates) {
    FP_TRY_ASSIGN(auto parsed, ProvisioningTemplate::parse(each.name, each.body, each.enabled));
    note(parsed.warnings());
    templates.push_back(std::move(parsed));
  }
  std::vector<Fault> faults;
  for (const auto& spec : configuration.faults) {
    FP_TRY_ASSIGN(auto fault, parse_fault(spec));
    faults.push_back(std::move(fault));
  }
  FP_TRY_ASSIGN(auto claim, Policy::parse("claim policy", configuration.claim_policy, Policy::Size::kUnlimited));
  note(claim.warnings());
  Policies policies{std::move(claim)};
  for (const auto& each : configuration.policies) {
    FP_TRY_ASSIGN(auto parsed, Policy::parse("policy " + each.name, each.document));
    note(parsed.warnings());
    policies.named.emplace(each.name, std::move(parsed));
  }
  note(unused_policies(templates, configuration.policies));
  return Documents{std::move(templates), std::move(policies), std::move(faults), std::move(warnings)};
}

}  // namespace fleet_provision::simulator

// The documents and faults that the simulator's user wrote, read from a configuration: the simulator's program reads
// them to report mistakes before anything starts, the plugin to use them.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "service/configuration.hpp"
#include "service/faults.hpp"
#include "service/policy.hpp"
#include "service/template.hpp"

namespace fleet_provision::simulator {

struct Documents {
  std::vector<ProvisioningTemplate> templates;
  Policies policies;
  std::vector<Fault> faults;
  /// What is accepted and has no effect, one printable sentence each.
  std::vector<std::string> warnings;
};

/// kConfiguration for a template or policy, kUsage for a fault.
[[nodiscard]] Result<Documents> read_documents(const Configuration& configuration);

}  // namespace fleet_provision::simulator

// `--fault` and `--behaviour` of the simulator: a fault or a behaviour, or a usage error.
#include "service/faults.hpp"

#include "service/configuration.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;
using namespace fleet_provision::simulator;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  if (const auto fault = parse_fault(text); !fault) {
    refused_as(fault.error(), ErrorKind::kUsage);
  } else {
    must_hold(fault->points != 0, "a fault has a point");
    must_hold(!fault->nth || *fault->nth > 0, "requests are counted from 1");
    must_hold(!names_of({*fault}).empty() && has_fault({*fault}, fault->action), "a fault has a name");
    FaultPlan plan({*fault});
    std::size_t applied = 0;
    for (int i = 0; i < 4; ++i) applied += plan.next(static_cast<FaultPoint>(fault->points & -fault->points)).size();
    must_hold(applied == (!fault->nth ? 4U : *fault->nth <= 4 ? 1U : 0U), "a fault applies as often as it says");
  }
  Behaviours behaviours;
  if (const auto set = set_behaviour(behaviours, text); !set) refused_as(set.error(), ErrorKind::kUsage);
  return 0;
}

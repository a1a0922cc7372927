#include "batch/run/run.hpp"

namespace fleet_provision::batch {

BatchEnd run_units(const Manifest& /*manifest*/, Results& /*results*/, const RunSettings& /*settings*/,
                   const Interrupt& /*interrupt*/, BatchObserver& /*observer*/) {
  return {};
}

}  // namespace fleet_provision::batch

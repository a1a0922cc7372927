// All ports of a run in one value.
#pragma once

#include "ports/clock.hpp"
#include "ports/disk.hpp"
#include "ports/host_system.hpp"
#include "ports/keysmith.hpp"
#include "ports/observer.hpp"
#include "ports/transport.hpp"

namespace fleet_provision {

/// The ports that the workflow uses; all outlive the call.
struct Ports {
  Transport& transport;
  Keysmith& keysmith;
  Disk& disk;
  Clock& clock;
  Observer& observer;
  /// Needed for --remove-claim and --on-success only.
  HostSystem* host = nullptr;
};

}  // namespace fleet_provision

// A plan that every layer accepts; a test changes the values that it tests.
#pragma once

#include "core/plan.hpp"
#include "core/wall_time.hpp"

namespace fleet_provision::test {

/// Provisions `SerialNumber` 4711 by template `gateway` at localhost, with its state in /state.
inline Plan gateway_plan() {
  Plan plan;
  plan.endpoint.host = "localhost";
  plan.template_name = "gateway";
  plan.parameters = {{"SerialNumber", "4711"}};
  plan.state_dir = "/state";
  plan.build_date = *parse_rfc3339("2026-01-01T00:00:00Z");
  return plan;
}

}  // namespace fleet_provision::test

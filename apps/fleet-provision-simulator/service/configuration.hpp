// The settings that the simulator's program passes to the model: all that the command line decides.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "service/behaviour_table.hpp"

namespace fleet_provision::simulator {

/// Sets the behaviour in `text`, `NAME=VALUE`. kUsage, with the nearest known name as the hint.
[[nodiscard]] Result<void> set_behaviour(Behaviours& behaviours, std::string_view text);

struct NamedTemplate {
  std::string name;
  /// A template body as JSON text.
  std::string body;
  /// Whether the service registers devices with it.
  bool enabled = true;
};

/// A policy that templates name by PolicyName (`--policy`).
struct NamedPolicy {
  std::string name;
  /// An AWS IoT policy document.
  std::string document;
};

/// Who decides about a RegisterThing (`--hook`).
struct HookSetting {
  enum class Kind : unsigned char { kAllow, kDeny, kProgram } kind = Kind::kAllow;
  /// For kProgram: its absolute path.
  std::string program;
};

struct Configuration {
  std::vector<NamedTemplate> templates;
  /// An AWS IoT policy document.
  std::string claim_policy;
  /// SHA-256 over the DER of the claim certificate, in hex.
  std::string claim_certificate_id;
  /// When a temporary claim expires (`--claim-lifetime`), in whole seconds.
  std::optional<std::chrono::system_clock::time_point> claim_expires;
  std::vector<NamedPolicy> policies;
  std::chrono::seconds token_lifetime{3600};
  /// Operations per second; absent: no limit.
  std::optional<unsigned> rate;
  HookSetting hook;
  /// Each as `--fault` takes it.
  std::vector<std::string> faults;
  Behaviours behaviours;

  std::string state_dir;
  std::string log_file;
  /// Gets each line of the event log too; empty: no file. The report is made from it.
  std::string report_events_file;
  std::string device_issuer_certificate;
  std::string device_issuer_key;
  /// The plugin writes one byte to it when the broker accepts connections.
  int ready_descriptor = -1;
  /// The plugin writes each warning to it, one per line, for the simulator's stderr.
  int warning_descriptor = -1;
  /// The process ID of the simulator: the broker ends with it.
  int parent = 0;
  /// OPENSSL_CONF in the simulator's environment. The broker runs with its own, and the hook program gets this one.
  std::optional<std::string> openssl_configuration;
};

}  // namespace fleet_provision::simulator

// What the simulator's program tells the model: everything that the command line decides.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "service/behaviour_table.hpp"

namespace fleet_provision::simulator {

/// `NAME=VALUE`; kUsage names the nearest.
[[nodiscard]] Result<void> set_behaviour(Behaviours& behaviours, std::string_view text);

struct TemplateBody {
  std::string name;
  std::string body;
};

struct Configuration {
  std::vector<TemplateBody> templates;
  /// An AWS IoT policy document.
  std::string claim_policy;
  /// SHA-256 over the DER of the claim certificate.
  std::string claim_certificate_id;
  std::chrono::seconds token_lifetime{3600};
  /// Operations per second.
  std::optional<unsigned> rate;
  /// `allow`, `deny`, or the path of a program.
  std::string hook = "allow";
  std::vector<std::string> faults;
  Behaviours behaviours;
  /// Directories and files of this run.
  std::string state_dir;
  std::string log_file;
  std::string device_issuer_certificate;
  std::string device_issuer_key;
  /// Written once when the broker accepts connections.
  int ready_descriptor = -1;
  /// The process whose end ends the broker.
  int parent = 0;
  /// What OPENSSL_CONF was for the simulator: the broker has one of its own, and a hook is to find its caller's.
  std::optional<std::string> openssl_configuration;
};

[[nodiscard]] std::string to_json(const Configuration& configuration);
[[nodiscard]] Result<Configuration> configuration_from_json(std::string_view text);

}  // namespace fleet_provision::simulator

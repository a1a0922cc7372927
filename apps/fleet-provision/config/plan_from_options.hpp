// Options (text) to a Request (checked): all limits of this program and of the service are checked here, before
// anything happens.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "adapters/keys/device/device_settings.hpp"
#include "adapters/network/connection_options.hpp"
#include "config/options.hpp"
#include "core/identity.hpp"
#include "core/plan.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// What to do, and how to connect to the service.
struct Request {
  Plan plan;
  /// `claim_file`, `certificate_file` and `key_reference` may all be empty: a provisioned gateway needs no claim.
  ConnectionOptions connection;
  /// Of the TPM and the tokens; the deadline is set when the run begins.
  KeyDeviceSettings devices = {};
  /// `check` may send requests that the service must reject.
  bool probe = true;
  std::vector<std::string> warnings = {};
};

/// The limit for reading the input: --timeout, or the default if its value is invalid, which is reported later.
[[nodiscard]] std::chrono::milliseconds timeout_of(const Options& options);
/// The same before the options are read, from the command line and the environment alone.
[[nodiscard]] std::chrono::milliseconds unchecked_timeout(const std::vector<std::string>& arguments,
                                                          const Environment& environment);

/// Reads the given parameter files and the proxy password file, and no other file. Fails with kUsage, kConfiguration or
/// an error of read_parameters. `environment` provides https_proxy and no_proxy. `warnings` are appended also if the
/// request is refused.
[[nodiscard]] Result<Request> plan_from_options(const Options& options, const Environment& environment,
                                                std::vector<std::string>& warnings);

/// The request of `verify` for the existing identity, whose endpoint and port are the defaults.
[[nodiscard]] Result<Request> verification_from_options(const Options& options, const Environment& environment,
                                                        const Identity& identity, std::vector<std::string>& warnings);

/// The request of `rotate` for the existing identity, whose endpoint, port and template are the defaults.
[[nodiscard]] Result<Request> rotation_from_options(const Options& options, const Environment& environment,
                                                    const Identity& identity, std::vector<std::string>& warnings);

}  // namespace fleet_provision

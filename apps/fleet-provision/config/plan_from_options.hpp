// Options (text) to a Request (proved): every limit of ours and of the service is held here, before anything happens.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "adapters/network/connection_options.hpp"
#include "config/options.hpp"
#include "core/identity.hpp"
#include "core/plan.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// What is to be done, and the way to where it is done.
struct Request {
  Plan plan;
  /// `claim_file`, `certificate_file` and `key_reference` may all be empty: a provisioned gateway needs no claim.
  ConnectionOptions connection;
  /// `check` may send requests that the service must reject.
  bool probe = true;
  std::vector<std::string> warnings = {};
};

/// The limit of a run that reads its input; the default where --timeout cannot be used, which is told later.
[[nodiscard]] std::chrono::milliseconds timeout_of(const Options& options);
/// The same before there are options: of the command line and the environment alone.
[[nodiscard]] std::chrono::milliseconds unchecked_timeout(const std::vector<std::string>& arguments,
                                                       const Environment& environment);

/// Reads the parameter files and the password file that are named; nothing else is touched. kUsage, kConfiguration, or
/// what read_parameters says.
/// `environment` is asked for the proxy that all programs share. `warnings` gets what is odd and no error, also when
/// the request is refused.
[[nodiscard]] Result<Request> plan_from_options(const Options& options, const Environment& environment,
                                                std::vector<std::string>& warnings);

/// The request of `verify` for the identity that was found; endpoint and port are its own unless others are given.
[[nodiscard]] Result<Request> verification_from_options(const Options& options, const Environment& environment,
                                                        const Identity& identity, std::vector<std::string>& warnings);

/// The request of `rotate` for the identity that was found; endpoint, port and template are its own unless others are
/// given.
[[nodiscard]] Result<Request> rotation_from_options(const Options& options, const Environment& environment,
                                                    const Identity& identity, std::vector<std::string>& warnings);

}  // namespace fleet_provision

// The network part of `check`: name, TCP, proxy, TLS, CONNECT, SUBSCRIBE, and the two probes.
//
// If the server closes the connection, the check retries as often as a run does before it reports a refusal; if the
// broker supports only MQTT 3.1.1, the check connects again with that. Every other failure is reported at once, without
// a retry.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "workflow/commands/check.hpp"
#include "workflow/commands/check_findings.hpp"
#include "workflow/run/connection.hpp"
#include "workflow/run/run_context.hpp"

namespace fleet_provision {

class ConnectivityCheck {
 public:
  /// All references outlive this object.
  ConnectivityCheck(RunContext& context, PhaseLog& log, CheckFindings& findings);
  ConnectivityCheck(const ConnectivityCheck&) = delete;
  ConnectivityCheck& operator=(const ConnectivityCheck&) = delete;

  /// Adds a finding for each step. Without a usable claim it ends with the server's certificate.
  void check_connection(bool with_claim);
  /// Adds a skipped finding for each step.
  void skip(const std::string& why);
  /// Publish and Receive of both operations, by requests that must be rejected; all skipped with `probe` false.
  void probe_all(bool probe);

 private:
  struct Probe;
  [[nodiscard]] Result<void> connect(const Retry& retry);
  /// Repeats `once` until it succeeds or another attempt would give no more information.
  [[nodiscard]] Result<void> patiently(const std::function<Result<void>(const Retry&)>& once);
  void report_steps(const std::optional<Error>& error, bool with_claim);
  [[nodiscard]] std::string done(Phase phase) const;
  void probe_one(const Probe& probe);
  void report_silence(const Probe& probe, const Error& error, double took);
  void report_answer(const Probe& probe, const Error* error, double took);

  RunContext& context_;
  const Plan& plan_;
  const Ports& ports_;
  PhaseLog& log_;
  CheckFindings& findings_;
  /// The connection that the probes use.
  std::optional<Connection> connection_;
  bool reached_ = false;
};

}  // namespace fleet_provision

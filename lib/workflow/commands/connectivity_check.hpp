// The way to the service as `check` walks it: name, TCP, proxy, TLS, CONNECT, SUBSCRIBE, and the two probes.
//
// A server that denies by closing is asked as often as a run would ask it before it calls that a refusal, and one that
// speaks an older MQTT is asked in that. Nothing else is tried twice: what is found is told at once.
#pragma once

#include <memory>
#include <string>

#include "workflow/commands/check.hpp"
#include "workflow/commands/check_findings.hpp"
#include "workflow/run/attempts.hpp"

namespace fleet_provision {

class ConnectivityCheck {
 public:
  ConnectivityCheck(const Plan& plan, const Ports& ports, PhaseLog& log, CheckFindings& findings, Outcome& outcome);
  ~ConnectivityCheck();
  ConnectivityCheck(const ConnectivityCheck&) = delete;
  ConnectivityCheck& operator=(const ConnectivityCheck&) = delete;

  /// A line for each step. Without a claim that can be used it ends with the server's certificate.
  void walk(bool with_claim);
  /// A skipped line for each step.
  void skip(const std::string& why);
  /// Publish and Receive of both operations, by requests that must be rejected; all skipped with `probe` false.
  void probe_all(bool probe);

 private:
  struct Live;
  struct Probe;
  [[nodiscard]] Result<void> connect(const Retry& retry);
  /// `once` until it succeeds or repeating it would tell nothing more.
  [[nodiscard]] Result<void> patiently(const std::function<Result<void>(const Retry&)>& once);
  void tell_steps(const std::optional<Error>& error, bool with_claim);
  [[nodiscard]] std::string done(Phase phase) const;
  void probe_one(const Probe& probe);
  void tell_silence(const Probe& probe, const Error& error, double took);
  void tell_answer(const Probe& probe, const Error* error, double took);

  const Plan& plan_;
  const Ports& ports_;
  PhaseLog& log_;
  CheckFindings& findings_;
  Outcome& outcome_;
  Attempts attempts_;
  std::unique_ptr<Live> live_;
  bool reached_ = false;
};

}  // namespace fleet_provision

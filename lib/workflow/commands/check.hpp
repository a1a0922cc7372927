// The command `check`: configuration, files, connectivity and permissions, without creating anything; each as a named
// finding.
//
// Files, clock and state directory are checked, then a connection up to the subscription. What the claim may publish
// and receive shows only in a response, so two requests are sent that the service must reject and that create nothing:
// an invalid CSR, and a registration without a token.
#pragma once

#include <string>
#include <vector>

#include "core/mutex.hpp"
#include "ports/forwarding_observer.hpp"
#include "ports/ports.hpp"
#include "workflow/outcome.hpp"

namespace fleet_provision {

/// Records the duration of each phase.
class PhaseLog final : public ForwardingObserver {
 public:
  PhaseLog(Observer& next, Clock& clock) : ForwardingObserver(next), clock_(clock) {}

  void phase_began(Phase phase, unsigned attempt) override;
  void phase_ended(Phase phase, unsigned attempt) override;

  struct Span {
    Phase phase;
    Instant began;
    std::optional<Instant> ended;
  };
  /// The last span of that phase.
  [[nodiscard]] std::optional<Span> find(Phase phase);

 private:
  Clock& clock_;
  Mutex mutex_;
  std::vector<Span> spans_ FP_GUARDED_BY(mutex_);
};

/// kChecked if no check failed; otherwise `error` is the error that a run would end with. Writes nothing. `log` is the
/// observer that `ports` and the transport have.
[[nodiscard]] Outcome check(const Plan& plan, const Ports& ports, PhaseLog& log, bool probe);

}  // namespace fleet_provision

// The command `check`: everything that can be known without creating a certificate, each as a named finding.
//
// Files, clock and state directory are looked at, then the way to the service is walked up to the subscription. What
// the claim may publish and receive can only be seen by asking, so two requests are sent that the service must reject
// and that create nothing: an invalid CSR, and a registration without a token.
#pragma once

#include <string>
#include <vector>

#include "core/mutex.hpp"
#include "ports/ports.hpp"
#include "workflow/outcome.hpp"

namespace fleet_provision {

/// Passes everything on, and keeps how long each phase took.
class PhaseLog final : public Observer {
 public:
  PhaseLog(Observer& next, Clock& clock) : next_(next), clock_(clock) {}

  void phase_began(Phase phase, unsigned attempt) override;
  void phase_ended(Phase phase, unsigned attempt) override;
  void attempt_failed(const Error& error, unsigned attempt, std::optional<Milliseconds> next_try_in) override {
    next_.attempt_failed(error, attempt, next_try_in);
  }
  void warned(const std::string& message) override { next_.warned(message); }
  void reached(const std::string& what) override { next_.reached(what); }
  void detail(const std::string& text) override { next_.detail(text); }

  struct Span {
    Phase phase;
    Instant began;
    std::optional<Instant> ended;
  };
  /// The last of that phase.
  [[nodiscard]] std::optional<Span> find(Phase phase);

 private:
  Observer& next_;
  Clock& clock_;
  Mutex mutex_;
  std::vector<Span> spans_ FP_GUARDED_BY(mutex_);
};

/// kChecked when nothing failed; else `error` is what a run would have ended with. Writes nothing. `log` is the
/// observer that `ports` and the transport have.
[[nodiscard]] Outcome check(const Plan& plan, const Ports& ports, PhaseLog& log, bool probe);

}  // namespace fleet_provision

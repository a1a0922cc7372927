#include "workflow/run/driver.hpp"

#include <utility>

#include "workflow/run/enrolment.hpp"
#include "workflow/run/identity_proof.hpp"
#include "workflow/run/phase_mark.hpp"
#include "workflow/run/post_install.hpp"
#include "workflow/run/steps.hpp"
#include "workflow/state/identity_files.hpp"

namespace fleet_provision {
namespace {

class Driver {
 public:
  Driver(RunContext& context, RunStart& start) : context_(context), start_(start) {}

  Outcome run() {
    auto ended = run_phases();
    if (!ended) {
      if (steps_) steps_->store_count(ended.error().kind);
      context_.outcome.kind = OutcomeKind::kFailed;
      context_.outcome.error = std::move(ended).error();
    }
    return std::move(context_.outcome);
  }

 private:
  Result<void> run_phases() {
    auto loaded = load();
    if (!loaded) return fail(std::move(loaded).error().in(Phase::kLoad));
    if (requester_) {
      FP_TRY(Enrolment(context_, *requester_, *steps_).run());
      context_.outcome.kind = requester_->rotated ? OutcomeKind::kRotated : OutcomeKind::kProvisioned;
    }
    return run_post_install(context_);
  }

  Result<void> load() {
    PhaseMark mark(context_.ports.observer, Phase::kLoad, 1);
    FP_TRY_ASSIGN(requester_, start_.begin(context_));
    if (requester_) {
      steps_.emplace(context_, *requester_);
      FP_TRY(steps_->resume());
      // The claim was loaded by `begin`. The identity's key may be unreadable, so it is read only if it is needed.
      if (requester_->rotated && steps_->needs_network()) {
        FP_TRY(connect_as_identity(context_.plan, context_.ports, kIdentityDirectory, *requester_->rotated));
      }
    }
    mark.ended();
    return {};
  }

  RunContext& context_;
  RunStart& start_;
  std::optional<Requester> requester_;
  std::optional<Steps> steps_;
};

}  // namespace

Outcome drive(RunContext& context, RunStart& start) {
  return Driver(context, start).run();
}

}  // namespace fleet_provision

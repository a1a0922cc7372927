// Determines how much of an unfinished run still matches the options of this run. Each milestone holds the values that
// it depends on; the run resumes from the last one that does not depend on a changed option.
#pragma once

#include <string>

#include "core/identity.hpp"
#include "core/milestones.hpp"
#include "core/plan.hpp"
#include "ports/keysmith.hpp"
#include "ports/observer.hpp"
#include "workflow/run/requester.hpp"

namespace fleet_provision {

/// The source of this plan's key, as a milestone stores it.
[[nodiscard]] KeyOrigin key_origin_of(const Plan& plan);
[[nodiscard]] CertificateOrigin certificate_origin_of(const Plan& plan, const std::string& requester_fingerprint);

/// The last milestone of `left` that this plan would have reached too; a warning names each option that differs. A
/// registered thing is discarded only with `plan.force`; otherwise kUsage.
[[nodiscard]] Result<Progress> reconcile(Progress left, const Plan& plan, const Requester& requester,
                                         Keysmith& keysmith, Observer& observer);

}  // namespace fleet_provision

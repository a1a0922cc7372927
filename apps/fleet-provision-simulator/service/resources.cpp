#include "service/resources.hpp"

namespace fleet_provision::simulator {

const char* word(CertificateStatus status) {
  switch (status) {
    case CertificateStatus::kPendingActivation: return "PENDING_ACTIVATION";
    case CertificateStatus::kActive: return "ACTIVE";
    case CertificateStatus::kInactive: return "INACTIVE";
  }
  return "";
}

}  // namespace fleet_provision::simulator

#include "workflow/state/budget.hpp"

namespace fleet_provision {

CertificateBudget::CertificateBudget(Clock& clock) : clock_(clock) {
  bring_up_to_now();
}

void CertificateBudget::resume(const CertificateCount& stored) {
  count_ = stored;
  durable_ = stored.requested;
  bring_up_to_now();
}

void CertificateBudget::forgive() {
  count_.requested = 0;
  count_.age = std::chrono::seconds{0};
}

bool CertificateBudget::exhausted() {
  bring_up_to_now();
  return count_.requested >= kCertificatesMax;
}

std::chrono::seconds CertificateBudget::rest() {
  bring_up_to_now();
  return kTokenLife - count_.age;
}

CertificateCount CertificateBudget::to_save(bool request_follows) {
  bring_up_to_now();
  CertificateCount count = count_;
  if (request_follows && count.requested < kCertificatesMax) {
    ++count.requested;
    count.age = std::chrono::seconds{0};
  }
  return count;
}

void CertificateBudget::request_sent() {
  bring_up_to_now();
  ++count_.requested;
  count_.age = std::chrono::seconds{0};
}

void CertificateBudget::request_rejected() {
  if (count_.requested > 0) --count_.requested;
}

void CertificateBudget::bring_up_to_now() {
  const unsigned before = count_.requested;
  count_ = brought_up_to(count_, clock_.boot_id(), clock_.since_boot());
  // The count on disk is too old as well: whoever reads it next starts from zero, so it covers no further request.
  if (count_.requested < before) durable_ = 0;
}

}  // namespace fleet_provision

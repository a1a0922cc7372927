// The number of certificates that this gateway has requested, before and after each save: at most four for a journal
// (docs/architecture.md, "Crash safety").
//
// A request is counted durably before it is sent, because the power may fail right after. The save
// that makes the key durable counts the request that follows, so that counting costs no save of its own.
#pragma once

#include "core/milestones.hpp"
#include "ports/clock.hpp"

namespace fleet_provision {

class CertificateBudget {
 public:
  explicit CertificateBudget(Clock& clock);

  /// Resumes from the count of a journal, with its age updated to now.
  void resume(const CertificateCount& stored);
  /// Sets the count to zero (`--force`).
  void forgive();

  [[nodiscard]] bool exhausted();
  /// The time until the count is reset.
  [[nodiscard]] std::chrono::seconds rest();
  /// The count to save now; with `request_follows` it includes the next request.
  [[nodiscard]] CertificateCount to_save(bool request_follows);
  void saved(const CertificateCount& count) { durable_ = count.requested; }
  /// Whether the count on disk includes the next request.
  [[nodiscard]] bool covers_next() const { return durable_ > count_.requested; }
  /// Whether the count on disk differs.
  [[nodiscard]] bool differs_from_disk() const { return durable_ != count_.requested; }

  void request_sent();
  /// Records that the service rejected the request, so no certificate was created.
  void request_rejected();

 private:
  void bring_up_to_now();

  Clock& clock_;
  CertificateCount count_;
  unsigned durable_ = 0;
};

}  // namespace fleet_provision

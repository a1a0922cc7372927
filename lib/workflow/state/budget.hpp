// How many certificates this gateway has asked for, before and after each save: at most four for a journal
// (docs/architecture.md, "Crash safety").
//
// A request is counted durably before it leaves, because afterwards there may be no power to count it with. The save
// that makes the key durable counts the request that follows, so that counting costs no save of its own.
#pragma once

#include "core/milestones.hpp"
#include "ports/clock.hpp"

namespace fleet_provision {

class CertificateBudget {
 public:
  explicit CertificateBudget(Clock& clock);

  /// Goes on from what a journal says, brought up to now.
  void resume(const CertificateCount& stored);
  /// The user takes the responsibility (`--force`).
  void forgive();

  [[nodiscard]] bool exhausted();
  /// Time until the count is forgotten.
  [[nodiscard]] std::chrono::seconds rest();
  /// What is to be saved now; with `request_follows` the next request is counted already.
  [[nodiscard]] CertificateCount to_save(bool request_follows);
  void saved(const CertificateCount& count) { durable_ = count.requested; }
  /// The next request is counted on disk.
  [[nodiscard]] bool covers_next() const { return durable_ > count_.requested; }
  /// The disk says something else than what is known now.
  [[nodiscard]] bool differs_from_disk() const { return durable_ != count_.requested; }

  void request_sent();
  /// The service said no: nothing was made.
  void request_rejected();

 private:
  void bring_up_to_now();

  Clock& clock_;
  CertificateCount count_;
  unsigned durable_ = 0;
};

}  // namespace fleet_provision

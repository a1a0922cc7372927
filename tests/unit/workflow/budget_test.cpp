// The count of certificates at its bound: four for each journal, forgotten when their tokens have ended.
#include "workflow/state/budget.hpp"

#include <algorithm>

#include "tests/fakes/fake_clock.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

struct Bench {
  fakes::FakeClock clock;
  CertificateBudget budget{clock};

  /// As a journal says that was written now.
  explicit Bench(unsigned requested) {
    budget.resume({requested, std::chrono::seconds{0}, clock.boot_id(), clock.since_boot()});
  }
};

}  // namespace

TEST_CASE("the fourth certificate exhausts the budget, and no count beyond it is saved") {
  for (unsigned requested = 0; requested <= kCertificatesMax; ++requested) {
    INFO(requested);
    Bench bench(requested);
    CHECK(bench.budget.exhausted() == (requested == 4));
    CHECK(bench.budget.to_save(false).requested == requested);
    // A journal with more than four would be damaged.
    CHECK(bench.budget.to_save(true).requested == std::min(requested + 1, 4U));
    CHECK(bench.budget.exhausted() == (requested == 4));
  }
}

TEST_CASE("a request is counted before it is sent, and once") {
  Bench bench(1);
  CHECK_FALSE(bench.budget.covers_next());
  bench.budget.saved(bench.budget.to_save(true));
  CHECK(bench.budget.covers_next());
  CHECK(bench.budget.differs_from_disk());
  bench.budget.request_sent();
  CHECK_FALSE(bench.budget.covers_next());
  CHECK_FALSE(bench.budget.differs_from_disk());
  CHECK(bench.budget.to_save(false).requested == 2);
  bench.budget.request_rejected();
  CHECK(bench.budget.to_save(false).requested == 1);
  CHECK(bench.budget.differs_from_disk());
  bench.budget.request_rejected();
  bench.budget.request_rejected();
  CHECK(bench.budget.to_save(false).requested == 0);
}

TEST_CASE("the count is forgotten when the last token has ended, and not a second before") {
  Bench bench(4);
  CHECK(bench.budget.rest() == kTokenLife);
  bench.clock.pass(kTokenLife - std::chrono::seconds{1});
  CHECK(bench.budget.exhausted());
  CHECK(bench.budget.rest() == std::chrono::seconds{1});
  bench.clock.pass(std::chrono::seconds{1});
  CHECK_FALSE(bench.budget.exhausted());
  CHECK(bench.budget.to_save(false).requested == 0);

  Bench later(3);
  later.clock.pass(kTokenLife - std::chrono::seconds{1});
  later.budget.request_sent();
  CHECK(later.budget.exhausted());
  CHECK(later.budget.rest() == kTokenLife);
  later.budget.forgive();
  CHECK_FALSE(later.budget.exhausted());
  CHECK(later.budget.rest() == kTokenLife);
}

// The count of certificates at its limit: four for each journal, reset when their tokens have expired.
#include "workflow/state/budget.hpp"

#include <algorithm>

#include "tests/fakes/fake_clock.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

namespace {

struct BudgetFixture {
  fakes::FakeClock clock;
  CertificateBudget budget{clock};

  /// As a journal says that was written now.
  explicit BudgetFixture(unsigned requested) {
    budget.resume({requested, std::chrono::seconds{0}, clock.boot_id(), clock.since_boot()});
  }
};

}  // namespace

TEST_CASE("the fourth certificate exhausts the budget, and no count beyond it is saved") {
  for (unsigned requested = 0; requested <= kCertificatesMax; ++requested) {
    INFO(requested);
    BudgetFixture fixture(requested);
    CHECK(fixture.budget.exhausted() == (requested == 4));
    CHECK(fixture.budget.to_save(false).requested == requested);
    // A journal with more than four would be damaged.
    CHECK(fixture.budget.to_save(true).requested == std::min(requested + 1, 4U));
    CHECK(fixture.budget.exhausted() == (requested == 4));
  }
}

TEST_CASE("a request is counted before it is sent, and once") {
  BudgetFixture fixture(1);
  CHECK_FALSE(fixture.budget.covers_next());
  CHECK_FALSE(fixture.budget.differs_from_disk());
  fixture.budget.saved(fixture.budget.to_save(true));
  CHECK(fixture.budget.covers_next());
  CHECK(fixture.budget.differs_from_disk());
  fixture.budget.request_sent();
  CHECK_FALSE(fixture.budget.covers_next());
  CHECK_FALSE(fixture.budget.differs_from_disk());
  CHECK(fixture.budget.to_save(false).requested == 2);
  fixture.budget.request_rejected();
  CHECK(fixture.budget.to_save(false).requested == 1);
  CHECK(fixture.budget.differs_from_disk());
  fixture.budget.request_rejected();
  fixture.budget.request_rejected();
  CHECK(fixture.budget.to_save(false).requested == 0);
}

TEST_CASE("the life of the last token begins with its request") {
  BudgetFixture fixture(1);
  fixture.clock.pass(std::chrono::seconds{10});
  CHECK(fixture.budget.to_save(false).age == std::chrono::seconds{10});
  CHECK(fixture.budget.to_save(true).age == std::chrono::seconds{0});
  BudgetFixture full(4);
  full.clock.pass(std::chrono::seconds{10});
  CHECK(full.budget.to_save(true).age == std::chrono::seconds{10});
}

TEST_CASE("the count is forgotten when the last token has ended, and not a second before") {
  BudgetFixture fixture(4);
  CHECK(fixture.budget.rest() == kTokenLife);
  fixture.clock.pass(kTokenLife - std::chrono::seconds{1});
  CHECK(fixture.budget.exhausted());
  CHECK(fixture.budget.rest() == std::chrono::seconds{1});
  fixture.clock.pass(std::chrono::seconds{1});
  CHECK_FALSE(fixture.budget.exhausted());
  CHECK(fixture.budget.to_save(false).requested == 0);

  BudgetFixture later(3);
  later.clock.pass(kTokenLife - std::chrono::seconds{1});
  later.budget.request_sent();
  CHECK(later.budget.exhausted());
  CHECK(later.budget.rest() == kTokenLife);
  later.budget.forgive();
  CHECK_FALSE(later.budget.exhausted());
  CHECK(later.budget.rest() == kTokenLife);
}

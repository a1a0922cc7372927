// The required effect of the waits on a fleet, in virtual time. scripts/fleet-simulation creates the full table.
#include "tests/fleet/fleet.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using namespace fleet_provision::fleet;

namespace {

constexpr std::uint64_t kSeeds = 5;
constexpr unsigned kGateways = 2'000;
constexpr double kPerSecond = 10;
constexpr Milliseconds kIdeal{200'000};

}  // namespace

TEST_CASE("a fleet whose splay fits its quota reaches both aims, whatever the service does with the rest") {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const Overload overload : {Overload::kRejects, Overload::kStaysSilent}) {
      Setup setup;
      setup.splay = kIdeal * 11 / 10;
      const Figures figures = simulate(setup, {kPerSecond, overload}, kGateways, seed);
      INFO("seed " << seed << ", overload " << static_cast<int>(overload));
      REQUIRE(figures.finished);
      CHECK(figures.time <= 1.25);
      CHECK(figures.time_of_99_percent <= 1.2);
      CHECK(figures.requests <= 1.5);
    }
  }
}

TEST_CASE("a fleet without a splay finishes, with one certificate for each gateway") {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Setup setup;
    setup.timeout = 3 * kIdeal;
    const Figures figures = simulate(setup, {kPerSecond, Overload::kRejects}, kGateways, seed);
    INFO("seed " << seed);
    REQUIRE(figures.finished);
    CHECK(figures.time <= 1.5);
    CHECK(figures.requests <= 8);
    CHECK(figures.certificates == Approx(1));
    CHECK(figures.runs == Approx(1));
  }
}

TEST_CASE("runs that end before their turn are finished by later runs") {
  Setup setup;
  setup.timeout = Milliseconds{60'000};
  const Figures figures = simulate(setup, {kPerSecond, Overload::kRejects}, kGateways, 1);
  REQUIRE(figures.finished);
  CHECK(figures.runs > 1.5);
  CHECK(figures.certificates == Approx(1));
}

TEST_CASE("waits that do not grow are what the figures must be able to show") {
  Setup setup;
  setup.timeout = 3 * kIdeal;
  setup.waits = BackoffPolicy{Milliseconds{1'000}, Milliseconds{1'000}};
  const Figures figures = simulate(setup, {kPerSecond, Overload::kRejects}, kGateways, 1);
  CHECK(figures.requests > 25);
}

TEST_CASE("the same seed gives the same figures") {
  const auto once = simulate(Setup{}, Service{}, 500, 7);
  const auto twice = simulate(Setup{}, Service{}, 500, 7);
  CHECK(once.completion == twice.completion);
  CHECK(once.requests == twice.requests);
}

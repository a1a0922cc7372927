// Which failures lengthen the waits, and the limits of the waits.
#include "core/backoff.hpp"

#include <algorithm>
#include <vector>

#include "core/error.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;
using std::chrono::milliseconds;

TEST_CASE("only a service with too much to do is given a tenth of the timeout, within its bounds") {
  const std::vector<ErrorKind> overloaded{ErrorKind::kThrottled, ErrorKind::kServiceError,
                                          ErrorKind::kServerUnavailable, ErrorKind::kNoAnswer};
  struct Row {
    milliseconds timeout;
    milliseconds ceiling;
  };
  const std::vector<Row> rows{
      {milliseconds{0}, milliseconds{32'000}},          {milliseconds{300'000}, milliseconds{32'000}},
      {milliseconds{320'000}, milliseconds{32'000}},    {milliseconds{320'010}, milliseconds{32'001}},
      {milliseconds{8'999'990}, milliseconds{899'999}}, {milliseconds{9'000'000}, milliseconds{900'000}},
      {milliseconds{9'000'010}, milliseconds{900'000}}, {milliseconds{604'800'000}, milliseconds{900'000}}};
  std::size_t found = 0;
  for (const ErrorKind kind : all_error_kinds()) {
    INFO(word(kind));
    const bool longer = std::count(overloaded.begin(), overloaded.end(), kind) != 0;
    found += longer ? 1 : 0;
    for (const Row& row : rows) {
      const BackoffPolicy policy = backoff_policy(kind, row.timeout);
      CHECK(policy.first_ceiling == milliseconds{1'000});
      CHECK(policy.ceiling_max == (longer ? row.ceiling : milliseconds{32'000}));
    }
  }
  CHECK(found == overloaded.size());
}

TEST_CASE("a pause is never longer than its ceiling, and may be nothing") {
  const BackoffPolicy policy{milliseconds{3}, milliseconds{10}};
  CHECK(backoff_ceiling(1, policy) == milliseconds{3});
  CHECK(backoff_ceiling(2, policy) == milliseconds{6});
  CHECK(backoff_ceiling(3, policy) == milliseconds{10});
  for (std::uint64_t random = 0; random < 8; ++random) {
    CHECK(backoff(1, random, policy) == milliseconds{static_cast<int>(random % 4)});
  }
}

TEST_CASE("back-off is full jitter under a ceiling that doubles") {
  using std::chrono::milliseconds;
  const unsigned ceilings[] = {1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 32'000};
  for (unsigned failures = 1; failures <= 7; ++failures) {
    const milliseconds ceiling{ceilings[failures - 1]};
    CHECK(backoff_ceiling(failures) == ceiling);
    milliseconds least = milliseconds::max();
    milliseconds most{0};
    std::uint64_t random = 1;
    for (int i = 0; i < 2'000; ++i) {
      random = random * 6364136223846793005ULL + 1442695040888963407ULL;
      const milliseconds wait = backoff(failures, random >> 11);
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
    // The waits spread over the whole range, so that a fleet does not retry at the same time.
    CHECK(least < ceiling / 20);
    CHECK(most > ceiling - ceiling / 20);
    CHECK(most <= ceiling);
  }
  CHECK(backoff_ceiling(1'000'000) == milliseconds{32'000});
}

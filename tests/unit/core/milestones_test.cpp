#include "core/milestones.hpp"

#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("the count of certificates is forgotten after an hour of boots") {
  using std::chrono::seconds;
  CertificateCount count{4, seconds{0}, "a", seconds{100}};
  count = brought_up_to(count, "a", seconds{1'000});
  CHECK(count.age == seconds{900});
  count = brought_up_to(count, "b", seconds{600});
  CHECK(count.age == seconds{1'500});
  CHECK(count.requested == 4);
  count = brought_up_to(count, "b", seconds{500});
  CHECK(count.age == seconds{1'500});
  CHECK(brought_up_to(count, "b", seconds{2'599}).requested == 4);
  CHECK(brought_up_to(count, "b", seconds{2'600}).requested == 0);
}

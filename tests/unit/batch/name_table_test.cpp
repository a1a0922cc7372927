// Names of units in one piece of memory.
#include "batch/name_table.hpp"

#include <string>

#include "tests/support/catch.hpp"

using namespace fleet_provision::batch;

TEST_CASE("a name has one number, however many names there are") {
  NameTable names;
  CHECK_FALSE(names.find("gateway-0"));
  constexpr NameTable::Number kNames = 5000;
  for (NameTable::Number i = 0; i < kNames; ++i) {
    const auto [number, is_new] = names.add("gateway-" + std::to_string(i));
    REQUIRE(number == i);
    REQUIRE(is_new);
  }
  CHECK(names.size() == kNames);
  for (NameTable::Number i = 0; i < kNames; ++i) {
    const std::string name = "gateway-" + std::to_string(i);
    REQUIRE(names.find(name) == i);
    REQUIRE(names.name(i) == name);
    REQUIRE(names.add(name) == std::pair(i, false));
  }
  CHECK_FALSE(names.find("gateway-5000"));
  CHECK_FALSE(names.find(""));
  CHECK(names.add("").second);
  CHECK(names.find("") == kNames);
}

TEST_CASE("the hash of a name is FNV-1a with 64 bits") {
  // draft-eastlake-fnv, test vectors.
  CHECK(fnv1a("") == 0xcbf29ce484222325U);
  CHECK(fnv1a("a") == 0xaf63dc4c8601ec8cU);
  CHECK(fnv1a("foobar") == 0x85944171f73967e8U);
}

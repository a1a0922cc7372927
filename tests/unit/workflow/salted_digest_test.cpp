// A digest matches its parts only if all of it is valid: prefix, salt, separator and hex digits.
#include "workflow/state/salted_digest.hpp"

#include "tests/fakes/fake_keysmith.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("a salted digest belongs to its parts, and to no others") {
  fakes::FakeKeysmith keysmith;
  const std::vector<std::string> parts{"localhost", "", "gateway"};
  const std::string digest = make_salted_digest(parts, keysmith);
  CHECK(digest.size() == std::string("sha256:").size() + 32 + 1 + 64);
  CHECK(is_digest_of(digest, parts, keysmith));
  CHECK(make_salted_digest(parts, keysmith) != digest);
  const std::vector<std::vector<std::string>> others{{},
                                                     {"localhost", "gateway"},
                                                     {"localhost", "gateway", ""},
                                                     {"localhostgateway"},
                                                     {"localhost", "", "gateway", ""}};
  for (const auto& other : others) CHECK_FALSE(is_digest_of(digest, other, keysmith));
  // A part that looks like two does not stand for them.
  const std::string of_two = make_salted_digest({"a", "b"}, keysmith);
  for (const char* joined : {"a:b", "a1:b", "a:1:b"}) CHECK_FALSE(is_digest_of(of_two, {joined}, keysmith));
  CHECK_FALSE(is_digest_of(make_salted_digest({"1", "ab", "cdefghi"}, keysmith), {"2ab7cdefghi"}, keysmith));
}

TEST_CASE("what is no digest belongs to nothing") {
  fakes::FakeKeysmith keysmith;
  const std::vector<std::string> parts{"a"};
  const std::string digest = make_salted_digest(parts, keysmith);
  for (std::size_t length = 0; length < digest.size(); ++length) {
    CHECK_FALSE(is_digest_of(digest.substr(0, length), parts, keysmith));
  }
  for (std::size_t at = 0; at < digest.size(); ++at) {
    std::string changed = digest;
    changed[at] = changed[at] == 'x' ? 'y' : 'x';
    CHECK_FALSE(is_digest_of(changed, parts, keysmith));
  }
  CHECK_FALSE(is_digest_of(digest + "0", parts, keysmith));
  for (const char* text : {"", "sha256", "sha256:", "sha256::", ":", "md5:00:11"}) {
    CHECK_FALSE(is_digest_of(text, parts, keysmith));
  }
}

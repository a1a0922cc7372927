// Files that hold a PIN or a password: what belongs to the secret and what does not.
#include "adapters/keys/device/secret_file.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

TEST_CASE("a secret is the text of its file without one line end and the byte order mark") {
  struct Row {
    std::string bytes;
    std::string secret;
  };
  for (const Row& row : {Row{"", ""}, Row{"\n", ""}, Row{"\r\n", ""}, Row{"1234", "1234"}, Row{"1234\n", "1234"},
                         Row{"1234\r\n", "1234"}, Row{"1234\r", "1234"}, Row{"1234\n\n", "1234\n"},
                         Row{" 1 2 \n", " 1 2 "}, Row{"\xef\xbb\xbf\x31\n", "1"}}) {
    INFO(row.bytes);
    const TemporaryFile file(row.bytes);
    const auto secret = read_secret_file(file.path(), "PIN file", ErrorKind::kPinRequired);
    REQUIRE(secret);
    CHECK(secret->reveal() == row.secret);
  }
}

TEST_CASE("a secret in another encoding is refused with the command that converts it") {
  const TemporaryFile file(std::string_view("\xff\xfe\x31\0", 4));
  const auto secret = read_secret_file(file.path(), "PIN file", ErrorKind::kPinRequired);
  REQUIRE_FALSE(secret);
  CHECK(secret.error().kind == ErrorKind::kPinRequired);
  CHECK(secret.error().message.find("is UTF-16") != std::string::npos);
  CHECK(secret.error().hint.starts_with("convert it: (umask 077; "));
}

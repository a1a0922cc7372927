// Paths in the commands of hints: each is one word of a shell.
#include "core/file_format.hpp"
#include "tests/support/catch.hpp"

using namespace fleet_provision;

TEST_CASE("a path in a command is one word of a shell") {
  CHECK(shell_word("/etc/claim.pem") == "/etc/claim.pem");
  CHECK(shell_word("my claim.pem") == "'my claim.pem'");
  CHECK(shell_word("a'b") == "'a'\\''b'");
  CHECK(shell_word("$(reboot)") == "'$(reboot)'");
  CHECK(shell_word("-rf") == "./-rf");
  for (const char* each : {"", "-", "a\nb", "a\x1b[31m"}) CHECK(shell_word(each) == "FILE");
}

TEST_CASE("a path in a command is quoted where a shell would read it otherwise") {
  const std::string plain = "/._-+,:@%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (int c = 0x20; c < 0x7F; ++c) {
    if (c == '\'') continue;
    const std::string word = "a" + std::string(1, static_cast<char>(c));
    const bool quoted = plain.find(static_cast<char>(c)) == std::string::npos;
    CHECK(shell_word(word) == (quoted ? "'" + word + "'" : word));
  }
  CHECK(shell_word("a'b") == R"('a'\''b')");
  for (const char* unknown : {"", "-", "a\n", "\xff"}) CHECK(shell_word(unknown) == "FILE");
  CHECK(shell_word("-a") == "./-a");
  CHECK(new_file_word("-", ".pem") == "NEW.pem");
  CHECK(new_file_word("a b", ".pem") == "'a b.pem'");
}

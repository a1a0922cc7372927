#include "terminal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

#include "tests/catch.hpp"

using namespace fleet_provision;

TEST_CASE("a line is cut by columns, never within a character") {
  struct Row {
    std::string_view text;
    std::size_t columns;
    std::string_view fitting;
  };
  const Row rows[] = {
      {"abc", 5, "abc"}, {"abc", 3, "abc"}, {"abc", 2, "ab"},    {"abc", 0, ""},
      {"aéb", 2, "aé"},  {"日本", 3, "日"}, {"日本", 4, "日本"}, {"e\xcc\x81x", 1, "e\xcc\x81"},
      {"a…", 1, "a"},    {"😀a", 1, ""},     {"", 3, ""},
  };
  for (const Row& each : rows) {
    CAPTURE(each.text, each.columns);
    CHECK(fit_columns(each.text, each.columns) == each.fitting);
  }
}

TEST_CASE("a locale speaks UTF-8 by the first of its variables that is set") {
  CHECK(speaks_utf8({{"LANG", "de_DE.UTF-8"}}));
  CHECK(speaks_utf8({{"LC_ALL", ""}, {"LC_CTYPE", "C.utf8"}, {"LANG", "C"}}));
  CHECK_FALSE(speaks_utf8({{"LC_ALL", "C"}, {"LANG", "de_DE.UTF-8"}}));
  CHECK_FALSE(speaks_utf8({}));
}

TEST_CASE("a write that fails says why") {
  const int full = ::open("/dev/full", O_WRONLY);
  CHECK(write_all(full, "x") == ENOSPC);
  CHECK(write_all(full, "") == 0);
  CHECK(write_all(-1, "x") == EBADF);
}

TEST_CASE("a pipe that is full and non-blocking is waited for") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  REQUIRE(::fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
  const std::string text(300'000, 'x');
  std::thread reader([&] {
    char part[4096];
    while (::read(ends[0], part, sizeof part) > 0) {
    }
  });
  const int failure = write_all(ends[1], text);
  ::close(ends[1]);
  reader.join();
  ::close(ends[0]);
  CHECK(failure == 0);
}

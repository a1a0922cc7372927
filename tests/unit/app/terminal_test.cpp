#include "output/terminal.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

#include "output/log_writer.hpp"
#include "tests/support/catch.hpp"

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

TEST_CASE("lines that nobody reads are left out and counted, and the next ones do not wait") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const auto room = static_cast<std::size_t>(::fcntl(ends[1], F_SETPIPE_SZ, 4096));
  LogWriter writer(ends[1]);
  writer.end_at(Instant{});
  const std::string long_line = std::string(room + 100, 'x') + "\n";
  writer.write(long_line);  // as far as there is room
  const Instant began = std::chrono::steady_clock::now();
  for (int i = 0; i < 100'000; ++i) writer.write("left out\n");
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(20));
  CHECK(writer.take_dropped_count() == 0);  // there is no room to say so

  std::string taken(room, '\0');
  REQUIRE(::read(ends[0], taken.data(), room) == static_cast<ssize_t>(room));
  CHECK(taken == long_line.substr(0, room));
  CHECK(writer.take_dropped_count() == 100'001);
  CHECK(writer.take_dropped_count() == 0);
  writer.write("again\n");
  taken.assign(100, '\0');
  const ssize_t size = ::read(ends[0], taken.data(), taken.size());
  REQUIRE(size > 0);
  CHECK(taken.substr(0, static_cast<std::size_t>(size)) == "\nagain\n");

  ::close(ends[0]);
  ::signal(SIGPIPE, SIG_IGN);
  writer.write("to nobody\n");
  CHECK(writer.take_dropped_count() == 0);
  ::close(ends[1]);
}

TEST_CASE("a line is waited for while its reader is slow") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const auto room = static_cast<std::size_t>(::fcntl(ends[1], F_SETPIPE_SZ, 4096));
  const std::string line(2 * room, 'y');
  std::string taken;
  std::thread reader([&] {
    char part[512];
    for (ssize_t size = ::read(ends[0], part, sizeof part); size > 0; size = ::read(ends[0], part, sizeof part)) {
      taken.append(part, static_cast<std::size_t>(size));
    }
  });
  LogWriter writer(ends[1]);
  writer.write(line);
  ::close(ends[1]);
  reader.join();
  ::close(ends[0]);
  CHECK(taken == line);
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

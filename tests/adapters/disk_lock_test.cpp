// The lock of a state directory: one run at a time, by a lock in the kernel and not by the content of the file.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "adapters/system/descriptor.hpp"
#include "adapters/system/posix_disk.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision {
namespace {

using namespace test;

TEST_CASE("the lock has one holder, who is named, and dies with it") {
  const TemporaryDirectory here;
  const std::string state = here / "state";
  PosixDisk waiting(state);
  {
    PosixDisk holder(state);
    REQUIRE(holder.make_root());
    REQUIRE(holder.lock());
    REQUIRE(holder.lock());
    const auto second = waiting.lock();
    REQUIRE_FALSE(second);
    CHECK(second.error().kind == ErrorKind::kLocked);
    CHECK(second.error().message ==
          "another run (process " + std::to_string(::getpid()) + ") holds " + state + "/lock");
    CHECK_FALSE(second.error().hint.empty());
  }
  REQUIRE(waiting.lock());

  // The content that a dead holder left in the file has no effect.
  const TemporaryDirectory there;
  const std::string dead = in_child([&there] {
    PosixDisk disk(there / "state");
    return std::string(disk.make_root() && disk.lock() ? "held" : "failed");
  });
  CHECK(dead == "held");
  PosixDisk next(there / "state");
  CHECK(next.lock());
  CHECK(read_text(there / "state/lock") == std::to_string(::getpid()) + "\n");
}

TEST_CASE("nonsense in a lock file is not repeated") {
  const TemporaryDirectory here;
  PosixDisk holder(here / "state");
  REQUIRE(holder.make_root());
  REQUIRE(holder.lock());
  write_text(here / "state/lock", "\x1b[31m99");
  PosixDisk second(here / "state");
  const auto result = second.lock();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::kLocked);
  CHECK(result.error().message == "another run holds " + (here / "state/lock"));
}

TEST_CASE("the holder is named if the file begins with a line of digits") {
  struct Row {
    const char* text;
    const char* named;
  };
  const Row rows[] = {{"1230\n", " (process 1230)"},
                      {"9", " (process 9)"},
                      {"12\nmore", " (process 12)"},
                      {"", ""},
                      {"\n12\n", ""},
                      {"12a\n", ""},
                      {" 12\n", ""},
                      {"-12\n", ""},
                      {"12 \n", ""}};
  for (const Row& row : rows) {
    INFO(row.text);
    const TemporaryDirectory here;
    PosixDisk holder(here / "state");
    REQUIRE(holder.make_root());
    REQUIRE(holder.lock());
    write_text(here / "state/lock", row.text);
    const auto result = PosixDisk(here / "state").lock();
    REQUIRE_FALSE(result);
    CHECK(result.error().message == std::string("another run") + row.named + " holds " + (here / "state/lock"));
    CHECK(result.error().hint == "wait for it to end, then rerun");
  }
}

TEST_CASE("the directory and the file are both locked") {
  for (const char* name : {"state", "state/lock"}) {
    INFO(name);
    const TemporaryDirectory here;
    REQUIRE(PosixDisk(here / "state").make_root());
    write_text(here / "state/lock", "");
    const Descriptor other(::open((here / name).c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(::flock(other.get(), LOCK_EX | LOCK_NB) == 0);
    PosixDisk disk(here / "state");
    REQUIRE_FALSE(disk.lock());
    CHECK(disk.lock().error().kind == ErrorKind::kLocked);
    REQUIRE(::flock(other.get(), LOCK_UN) == 0);
    REQUIRE(disk.lock());
    CHECK(::flock(other.get(), LOCK_EX | LOCK_NB) != 0);
  }
}

TEST_CASE("a lock of another kind than a file is refused, and a longer text is replaced") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  REQUIRE(::mkfifo((here / "state/lock").c_str(), 0600) == 0);
  const auto result = disk.lock();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::kStateNotPrivate);
  CHECK(result.error().message == (here / "state/lock") + " is not a file");
  REQUIRE(::unlink((here / "state/lock").c_str()) == 0);
  write_text(here / "outside", "theirs");
  REQUIRE(::symlink((here / "outside").c_str(), (here / "state/lock").c_str()) == 0);
  CHECK_FALSE(disk.lock());
  REQUIRE(::unlink((here / "state/lock").c_str()) == 0);
  write_text(here / "state/lock", "1234567890123456789012345\n");
  REQUIRE(::chmod((here / "state/lock").c_str(), 0666) == 0);
  REQUIRE(disk.lock());
  CHECK(read_text(here / "state/lock") == std::to_string(::getpid()) + "\n");
  struct stat facts {};
  REQUIRE(::stat((here / "state/lock").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777U) == 0600);
  CHECK(read_text(here / "outside") == "theirs");
}

TEST_CASE("removing the lock file does not let a second run in") {
  const TemporaryDirectory here;
  PosixDisk holder(here / "state");
  REQUIRE(holder.make_root());
  REQUIRE(holder.lock());
  REQUIRE(::unlink((here / "state/lock").c_str()) == 0);
  PosixDisk second(here / "state");
  const auto result = second.lock();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::kLocked);
}

TEST_CASE("a lock file with a second name is refused and keeps its bytes and mode") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  write_text(here / "precious", "precious");
  REQUIRE(::chmod((here / "precious").c_str(), 0644) == 0);
  REQUIRE(::link((here / "precious").c_str(), (here / "state/lock").c_str()) == 0);
  const auto result = disk.lock();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::kStateNotPrivate);
  CHECK(read_text(here / "precious") == "precious");
  struct stat facts {};
  REQUIRE(::stat((here / "precious").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777U) == 0644);
}

}  // namespace
}  // namespace fleet_provision

// The user whose rights the disk uses, and the files that it never changes.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <tuple>

#include "adapters/system/acting_user.hpp"
#include "adapters/system/posix_disk.hpp"
#include "tests/adapters/disk_facts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision {
namespace {

using namespace test;
namespace fs = std::filesystem;

TEST_CASE("mode and owner are those of the file that was written, whatever its name stands for by then") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  REQUIRE(disk.make_directory("pending"));
  REQUIRE(disk.write_new("pending/certificate.pem", "ours"));
  REQUIRE(disk.sync_file("pending/certificate.pem"));
  write_text(here / "precious", "precious");
  REQUIRE(::chmod((here / "precious").c_str(), 0600) == 0);
  fs::rename(here / "state/pending/certificate.pem", here / "ours");
  fs::create_hard_link(here / "precious", here / "state/pending/certificate.pem");
  CHECK(disk.set_mode("pending/certificate.pem", 0644));
  if (::geteuid() == 0) CHECK(disk.set_owner("pending/certificate.pem", {12345, 12345}));
  CHECK(mode_of(here / "precious") == 0600);
  CHECK(mode_of(here / "ours") == 0644);
  struct stat facts {};
  REQUIRE(::stat((here / "precious").c_str(), &facts) == 0);
  CHECK(facts.st_uid == ::geteuid());
}

TEST_CASE("a name stands for the present file once the written one was renamed, exchanged or removed") {
  struct Row {
    const char* how;
    std::function<Result<void>(PosixDisk&)> away;
  };
  const Row rows[] = {
      {"removed", [](PosixDisk& disk) { return disk.remove_file("pending/a"); }},
      {"renamed", [](PosixDisk& disk) { return disk.rename("pending/a", "pending/b"); }},
      {"its directory renamed", [](PosixDisk& disk) { return disk.rename("pending", "identity"); }},
      {"its directory exchanged",
       [](PosixDisk& disk) -> Result<void> {
         FP_TRY(disk.make_directory("identity"));
         FP_TRY(disk.exchange("pending", "identity"));
         return {};
       }},
      {"its directory removed",
       [](PosixDisk& disk) -> Result<void> {
         FP_TRY(disk.rename("pending/a", "a"));
         return disk.remove_directory("pending");
       }},
  };
  for (const Row& row : rows) {
    INFO(row.how);
    const TemporaryDirectory here;
    PosixDisk disk(here / "state");
    REQUIRE(disk.make_root());
    REQUIRE(disk.make_directory("pending"));
    REQUIRE(disk.write_new("pending/a", "ours"));
    REQUIRE(row.away(disk));
    fs::create_directories(here / "state/pending");
    REQUIRE(::chmod((here / "state/pending").c_str(), 0700) == 0);
    write_text(here / "state/pending/a", "later");
    REQUIRE(::chmod((here / "state/pending/a").c_str(), 0600) == 0);
    REQUIRE(disk.set_mode("pending/a", 0644));
    CHECK(mode_of(here / "state/pending/a") == 0644);
  }
}

TEST_CASE(
    "a file with a second name gets neither mode nor owner, and a file of another user does not change its owner") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  REQUIRE(disk.make_directory("pending"));
  write_text(here / "precious", "precious");
  REQUIRE(::chmod((here / "precious").c_str(), 0600) == 0);
  fs::create_hard_link(here / "precious", here / "state/pending/thing-name");
  CHECK(kind_of(disk.set_mode("pending/thing-name", 0644)) == ErrorKind::kStateNotPrivate);
  CHECK(kind_of(disk.set_owner("pending/thing-name", {12345, 12345})) == ErrorKind::kStateNotPrivate);
  CHECK(mode_of(here / "precious") == 0600);
  if (::geteuid() != 0) return;
  write_text(here / "state/pending/other", "x");
  REQUIRE(::chown((here / "state/pending/other").c_str(), 4711, 4711) == 0);
  CHECK(kind_of(disk.set_owner("pending/other", {12345, 12345})) == ErrorKind::kStateNotPrivate);
}

TEST_CASE("a process that acts as another user still gets the signal at the end of its parent") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("not tried: only root can act as another user");
    return;
  }
  const std::string signals = in_child([] {
    const auto signal_at_end = [] {
      int number = 0;
      ::prctl(PR_GET_PDEATHSIG, &number);
      return std::to_string(number);
    };
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    std::string text;
    {
      const auto acting = ActingUser::as({12345, 12345}, own_account(), "state");
      text = signal_at_end() + (acting ? " " : " not acting ");
    }
    return text + signal_at_end();
  });
  CHECK(signals == "15 15");
}

TEST_CASE("root acts as the owner of a state directory, and as itself everywhere else and afterwards") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("not tried: only root can act as another user");
    return;
  }
  const TemporaryDirectory here;
  const std::string state = here / "state";
  REQUIRE(::mkdir(state.c_str(), 0755) == 0);
  REQUIRE(::chown(state.c_str(), 4711, 4712) == 0);
  // Only root may access the parent directory.
  REQUIRE(::chmod(here.path().c_str(), 0700) == 0);
  PosixDisk disk(state);
  REQUIRE(disk.make_root());
  REQUIRE(disk.lock());
  REQUIRE(disk.make_directory("pending"));
  REQUIRE(disk.write_new("pending/journal", "text"));
  CHECK(disk.inspect("pending")->value().owned_by_us);
  for (const auto& each : fs::recursive_directory_iterator(state)) {
    struct stat facts {};
    REQUIRE(::lstat(each.path().c_str(), &facts) == 0);
    CHECK(facts.st_uid == 4711);
    CHECK(facts.st_gid == 4712);
  }
  // Root does not read a file that the directory's owner may not read.
  write_text(here / "secret", "secret");
  REQUIRE(::chmod((here / "secret").c_str(), 0600) == 0);
  fs::create_hard_link(here / "secret", state + "/pending/certificate.pem");
  CHECK(kind_of(disk.read("pending/certificate.pem", 100)) == ErrorKind::kStateNotWritable);
  CHECK(read_text(here / "secret") == "secret");
  write_text(here / "after", "x");
  struct stat facts {};
  REQUIRE(::stat((here / "after").c_str(), &facts) == 0);
  CHECK(facts.st_uid == 0);
}

TEST_CASE("root changes a directory of another user as that user, and not where others may write") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("not tried: only root can act as another user");
    return;
  }
  struct Row {
    uid_t state;
    uid_t pending;
    mode_t mode;
    std::optional<ErrorKind> failure;
    uid_t owner_of_file;
  };
  const Row rows[] = {
      {0, 0, 0700, std::nullopt, 0},
      {0, 4711, 0755, std::nullopt, 4711},
      {0, 4711, 0775, ErrorKind::kStateNotPrivate, 0},
      {0, 4711, 0757, ErrorKind::kStateNotPrivate, 0},
      {4711, 0, 0755, ErrorKind::kStateNotWritable, 0},
      {4711, 4711, 0700, std::nullopt, 4711},
      {4711, 4712, 0755, std::nullopt, 4712},
  };
  for (const Row& row : rows) {
    INFO(row.state << " " << row.pending << " " << std::oct << row.mode);
    const TemporaryDirectory here;
    REQUIRE(::chmod(here.path().c_str(), 0711) == 0);
    for (const auto& [name, owner, mode] :
         {std::tuple("state", row.state, mode_t{0711}), std::tuple("state/pending", row.pending, row.mode)}) {
      REQUIRE(::mkdir((here / name).c_str(), 0700) == 0);
      REQUIRE(::chown((here / name).c_str(), owner, owner) == 0);
      REQUIRE(::chmod((here / name).c_str(), mode) == 0);
    }
    PosixDisk disk(here / "state");
    const auto written = disk.write_new("pending/journal", "text");
    REQUIRE(written.has_value() == !row.failure);
    if (row.failure) {
      CHECK(written.error().kind == *row.failure);
      continue;
    }
    struct stat facts {};
    REQUIRE(::stat((here / "state/pending/journal").c_str(), &facts) == 0);
    CHECK(facts.st_uid == row.owner_of_file);
    CHECK(disk.read("pending/journal", 100));
    CHECK(disk.remove_file("pending/journal"));
  }
}

}  // namespace
}  // namespace fleet_provision

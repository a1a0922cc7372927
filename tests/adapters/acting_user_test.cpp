// As whom a thread of root's process acts, and what it reports if it may not.
#include <grp.h>
#include <pwd.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "adapters/system/acting_user.hpp"
#include "adapters/system/posix_disk.hpp"
#include "tests/adapters/disk_facts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/failing_call.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision {
namespace {

using namespace test;

/// User, group and supplementary groups with which this thread accesses files.
std::string who() {
  std::string text =
      std::to_string(::setfsuid(static_cast<uid_t>(-1))) + ":" + std::to_string(::setfsgid(static_cast<gid_t>(-1)));
  std::vector<gid_t> groups(32);
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  for (int i = 0; i < count; ++i) text += "," + std::to_string(groups[static_cast<std::size_t>(i)]);
  return text + " ";
}

TEST_CASE("a user has the group of the user database, or else that of the directory") {
  CHECK(account_of(::geteuid(), 4712).group == ::getegid());
  CHECK(own_account().user == ::geteuid());
  CHECK(own_account().group == ::getegid());
  const passwd* daemon = ::getpwnam("daemon");
  if (daemon != nullptr && daemon->pw_uid != ::geteuid()) {
    CHECK(account_of(daemon->pw_uid, 4712).user == daemon->pw_uid);
    CHECK(account_of(daemon->pw_uid, 4712).group == daemon->pw_gid);
  }
  if (::getpwuid(54321) == nullptr) {
    CHECK(account_of(54321, 4712).user == 54321);
    CHECK(account_of(54321, 4712).group == 4712);
  }
}

TEST_CASE("a thread acts as another user until the object ends, and nested ones end in turn") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can act as another user");
    return;
  }
  const std::string seen = in_child([] {
    const gid_t groups[] = {5, 7};
    if (::setgroups(2, groups) != 0) return std::string("no groups");
    const Account root{0, 0};
    std::string text = who();
    {
      auto outer = ActingUser::as({4711, 4712}, root, "state");
      text += who();
      {
        const ActingUser moved = std::move(*outer);
        const auto same = ActingUser::as({4711, 4712}, root, "state");
        text += who();
        const auto inner = ActingUser::as(root, root, "state");
        text += who();
      }
      text += who();
      errno = EXDEV;
    }
    return text + who() + std::to_string(errno == EXDEV);
  });
  CHECK(seen == "0:0,5,7 4711:4712 4711:4712 0:0 0:0,5,7 0:0,5,7 1");
  const std::string errno_after = in_child([] {
    {
      const auto acting = ActingUser::as({4711, 4712}, {0, 0}, "state");
      fail_call(SYS_setgroups, EPERM);
      errno = EXDEV;
    }
    return std::to_string(errno == EXDEV);
  });
  CHECK(errno_after == "1");
}

TEST_CASE("a process that is not root's acts as nobody else") {
  const std::string seen = in_child([] {
    const auto acting = ActingUser::as({4711, 4712}, {12345, 12345}, "state");
    return who() + (acting ? "" : "failed");
  });
  CHECK_THAT(seen, Catch::StartsWith(std::to_string(::geteuid()) + ":") && !Catch::Contains("failed"));
}

TEST_CASE("root that lacks a capability to act as the owner says so") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can act as another user");
    return;
  }
  for (const auto& [call, number] :
       {std::pair{SYS_setgroups, EPERM}, std::pair{SYS_setfsuid, 0}, std::pair{SYS_setfsgid, 0}}) {
    CAPTURE(call);
    const std::string message = in_child([call = call, number = number] {
      fail_call(call, number);
      const auto acting = ActingUser::as({4711, 4712}, {0, 0}, "a\nb");
      return acting ? "acting" : std::string(word(acting.error().kind)) + ": " + acting.error().message;
    });
    CHECK(message == "state-not-private: a\\x0ab belongs to user 4711, and this process may not act as that user");
  }
}

TEST_CASE("root that is refused in another user's directory is told how to find what belongs to others") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can act as another user");
    return;
  }
  for (const uid_t owner : {uid_t{0}, uid_t{4711}}) {
    const std::string hint = in_child([owner] {
      const TemporaryDirectory here;
      if (::mkdir((here / "state").c_str(), 0755) != 0 || ::chown((here / "state").c_str(), owner, owner) != 0) {
        return std::string("not prepared");
      }
      PosixDisk disk(here / "state");
      if (!disk.make_directory("pending") || !fail_call(SYS_mkdirat, EACCES)) return std::string("not prepared");
      const auto made = disk.make_directory("pending/new");
      return made ? "success" : made.error().hint;
    });
    CHECK_THAT(hint, Catch::StartsWith(owner == 0 ? "run as root, or choose another directory"
                                                  : "root works in the directory of user 4711 as that user; find "));
  }
}

TEST_CASE("root looks at its own files in any directory, but changes nothing where others may write") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can act as another user");
    return;
  }
  struct Row {
    uid_t state;
    uid_t pending;
    mode_t mode;
    uid_t file;
    bool may_read;
    bool may_write;
  };
  const Row rows[] = {
      {0, 0, 0700, 0, true, true},           {0, 0, 0777, 0, true, true},
      {0, 4711, 0777, 0, true, false},       {0, 4711, 0755, 0, true, true},
      {4711, 0, 0755, 0, true, false},       {4711, 0, 0777, 0, true, true},
      {4711, 4712, 0755, 4712, true, true},  {4711, 4712, 0755, 4711, false, true},
      {4711, 4712, 0775, 4712, true, false}, {4711, 4711, 0777, 4711, true, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.state, row.pending, row.mode, row.file);
    const TemporaryDirectory here;
    const auto make = [&](const char* name, uid_t owner, mode_t mode) {
      REQUIRE(::mkdir((here / name).c_str(), 0700) == 0);
      REQUIRE(::chown((here / name).c_str(), owner, owner) == 0);
      REQUIRE(::chmod((here / name).c_str(), mode) == 0);
    };
    REQUIRE(::chmod(here.path().c_str(), 0711) == 0);
    make("state", row.state, 0711);
    make("state/pending", row.pending, row.mode);
    here.write("state/pending/file", "x");
    REQUIRE(::chown((here / "state/pending/file").c_str(), row.file, row.file) == 0);
    PosixDisk disk(here / "state");
    CHECK(disk.read("pending/file", 100).has_value() == row.may_read);
    CHECK(disk.write_new("pending/new", "x").has_value() == row.may_write);
    CHECK(disk.remove_file("pending/none").has_value() == (row.may_write || row.pending == 0));
  }
}

TEST_CASE("an owner is set with its group or without, and only of what belongs to either owner") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can give files away");
    return;
  }
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  const std::string file = here.write("state/file", "x");
  const auto owner_of = [](const std::string& path) {
    struct stat facts {};
    ::stat(path.c_str(), &facts);
    return std::pair(facts.st_uid, facts.st_gid);
  };
  REQUIRE(disk.set_owner("file", {4711, 4712}));
  CHECK(owner_of(file) == std::pair(uid_t{4711}, gid_t{4712}));
  // A file that already has the owner; its group stays.
  REQUIRE(disk.set_owner("file", {4711, std::nullopt}));
  CHECK(owner_of(file) == std::pair(uid_t{4711}, gid_t{4712}));
  const auto stolen = disk.set_owner("file", {4713, 4713});
  CHECK(kind_of(stolen) == ErrorKind::kStateNotPrivate);
  CHECK_THAT(stolen.error().message, Catch::EndsWith("state/file belongs to another user"));
  CHECK(owner_of(file) == std::pair(uid_t{4711}, gid_t{4712}));

  const std::string hint = in_child([&] {
    if (!disk.write_new("own", "x") || !fail_call(SYS_fchown, EPERM)) return std::string("not prepared");
    const auto given = disk.set_owner("own", {4713, 4713});
    return given ? "given" : std::string(word(given.error().kind)) + ": " + given.error().hint;
  });
  CHECK(hint == "state-not-writable: run as root, which alone may give files away, or leave --owner out");
}

}  // namespace
}  // namespace fleet_provision

// What the disk says and leaves behind when one call of the kernel fails, and which names an operation concerns.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>

#include "adapters/system/disk_error.hpp"
#include "adapters/system/posix_disk.hpp"
#include "tests/adapters/disk_facts.hpp"
#include "tests/adapters/result_text.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/failing_call.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision {
namespace {

using namespace test;
namespace fs = std::filesystem;

/// How an operation ends under a fault, with D for the state directory, which holds `pending/file` (written, not
/// synced), `pending/other` and `identity/`; and the names in it afterwards.
template <class Act>
std::string with_failing(long call, int number, Act act) {
  const TemporaryDirectory here;
  fs::create_directories(here.path() / "state/pending");
  here.write("state/pending/other", "other");
  const std::string state = here / "state";
  std::string end = in_child([&] {
    PosixDisk disk(state);
    if (!disk.make_directory("identity") || !disk.write_new("pending/file", "text")) return std::string("not prepared");
    if (number != 0 && !fail_call(call, number)) return std::string("no seccomp");
    return act(disk);
  });
  // C libraries name EIO differently.
  for (const auto& [text, name] : {std::pair(state, "D"), {words(EIO), "I/O error"}}) {
    for (std::size_t at = 0; (at = end.find(text, at)) != std::string::npos;) end.replace(at++, text.size(), name);
  }
  return end + " " + std::to_string(std::distance(fs::directory_iterator(state), {}));
}

TEST_CASE("an operation under a failing call says what it could not do, and leaves nothing new") {
  struct Row {
    long call;
    int number;
    std::string (*act)(Disk&);
    const char* end;
  };
  const Row rows[] = {
      {SYS_openat, EIO, [](Disk& disk) { return end_of(disk.read("pending/other", 100)); },
       "disk-error: cannot read D/pending/other: I/O error 2"},
      {SYS_openat, EIO, [](Disk& disk) { return end_of(disk.read("file", 100)); },
       "disk-error: cannot read D/file: I/O error 2"},
      {SYS_openat, ENOENT, [](Disk& disk) { return end_of(disk.read("pending/other", 100)); }, "nothing 2"},
      {SYS_read, EIO, [](Disk& disk) { return end_of(disk.read("pending/other", 100)); },
       "disk-error: cannot read D/pending/other: I/O error 2"},
      {kStatCall, EIO, [](Disk& disk) { return end_of(disk.inspect("pending/other")); },
       "disk-error: cannot inspect D/pending/other: I/O error 2"},
      {kStatCall, EIO, [](Disk& disk) { return end_of(disk.inspect("identity")); },
       "disk-error: cannot inspect D/identity: I/O error 2"},
      {kStatCall, ENOENT, [](Disk& disk) { return end_of(disk.inspect("identity")); }, "nothing 2"},
      // A directory that this process made is not opened again.
      {SYS_openat, EIO, [](Disk& disk) { return end_of(disk.inspect("identity/none")); }, "nothing 2"},
      {SYS_getdents64, EIO, [](Disk& disk) { return end_of(disk.list("pending")); },
       "disk-error: cannot list D/pending: I/O error 2"},
      {SYS_getdents64, EIO, [](Disk& disk) { return end_of(disk.list("")); }, "disk-error: cannot list D: I/O error 2"},
      {SYS_openat, EIO, [](Disk& disk) { return end_of(disk.list("")); }, "disk-error: cannot list D: I/O error 2"},
      {SYS_openat, EMFILE, [](Disk& disk) { return end_of(disk.list("")).substr(0, 16); }, "out-of-resources 2"},
      {SYS_openat, EIO, [](Disk& disk) { return end_of(disk.lock()); },
       "disk-error: cannot create D/lock: I/O error 2"},
      {SYS_openat, EIO, [](Disk& disk) { return end_of(disk.make_root()); }, "disk-error: cannot open /: I/O error 2"},
      {SYS_openat, EIO, [](Disk& disk) { return end_of(disk.make_directory("new")); },
       "disk-error: cannot open D/new: I/O error 2"},
      {SYS_openat, EIO, [](Disk& disk) { return end_of(disk.make_directory("pending/new")); },
       "disk-error: cannot open D/pending/new: I/O error 2"},
      {SYS_openat, EIO, [](Disk& disk) { return end_of(disk.sync_file("pending/other")); },
       "disk-error: cannot sync D/pending/other: I/O error 2"},
      {SYS_openat, EIO, [](Disk& disk) { return end_of(disk.set_mode("pending/other", 0600)); },
       "disk-error: cannot set the mode of D/pending/other: I/O error 2"},
      {SYS_openat, EIO, [](Disk& disk) { return end_of(disk.set_mode("pending/file", 0600)); }, "success 2"},
      {SYS_fchmod, EIO, [](Disk& disk) { return end_of(disk.set_mode("pending/file", 0644)); },
       "disk-error: cannot set the mode of D/pending/file: I/O error 2"},
      {SYS_fchown, EIO,
       [](Disk& disk) {
         return end_of(disk.set_owner("pending/file", {12345, 12345}));
       },
       "disk-error: cannot set the owner of D/pending/file: I/O error 2"},
      {SYS_renameat, EIO, [](Disk& disk) { return end_of(disk.rename("pending", "identity")); },
       "disk-error: cannot rename D/pending to D/identity: I/O error 2"},
      {SYS_renameat2, EIO, [](Disk& disk) { return end_of(disk.exchange("pending", "identity")); },
       "disk-error: cannot exchange D/pending with D/identity: I/O error 2"},
      {SYS_unlinkat, EIO, [](Disk& disk) { return end_of(disk.remove_file("pending/file")); },
       "disk-error: cannot remove D/pending/file: I/O error 2"},
      {SYS_unlinkat, EIO, [](Disk& disk) { return end_of(disk.remove_directory("identity")); },
       "disk-error: cannot remove D/identity: I/O error 2"},
      {SYS_unlinkat, ENOENT, [](Disk& disk) { return end_of(disk.remove_file("pending/file")); }, "success 2"},
      {SYS_unlinkat, ENOENT, [](Disk& disk) { return end_of(disk.remove_directory("identity")); }, "success 2"},
      {SYS_mkdirat, EIO, [](Disk& disk) { return end_of(disk.make_directory("pending/new")); },
       "disk-error: cannot create D/pending/new: I/O error 2"},
      {SYS_fsync, EIO, [](Disk& disk) { return end_of(disk.sync_directory("pending")); },
       "disk-error: cannot sync D/pending: I/O error 2"},
      {0, 0, [](Disk& disk) { return end_of(disk.rename("pending/none", "identity/none")); },
       "disk-error: cannot rename D/pending/none to D/identity/none: no such file or directory 2"},
      {0, 0, [](Disk& disk) { return end_of(disk.write_new("none/new", "x")); },
       "disk-error: cannot create D/none/new: no such file or directory 2"},
      {0, 0, [](Disk& disk) { return end_of(disk.sync_directory("none")); },
       "disk-error: cannot sync D/none: no such file or directory 2"},
      {0, 0, [](Disk& disk) { return end_of(disk.list("..")); },
       "internal: not a directory below the state directory: .. 2"},
      {0, 0, [](Disk& disk) { return end_of(disk.sync_directory(".")); },
       "internal: not a directory below the state directory: . 2"},
  };
  for (const Row& row : rows) {
    INFO(row.end << " " << row.call);
    CHECK(with_failing(row.call, row.number, row.act) == row.end);
  }
}

TEST_CASE("a file is synced by the descriptor that wrote it until its own name is given away") {
  struct Row {
    Result<void> (*act)(Disk&);
    const char* end;
  };
  const Row rows[] = {
      {[](Disk& disk) { return disk.remove_file("pend"); }, "success"},
      {[](Disk& disk) { return disk.remove_file("pending/fil"); }, "success"},
      {[](Disk& disk) { return disk.remove_file("pending/file-2"); }, "success"},
      {[](Disk& disk) { return disk.rename("identity", "previous"); }, "success"},
      {[](Disk& disk) { return disk.remove_file("pending/file"); }, "disk-error"},
      {[](Disk& disk) { return disk.rename("pending/file", "identity/file"); }, "disk-error"},
      {[](Disk& disk) { return disk.rename("pending/other", "pending/file"); }, "disk-error"},
      {[](Disk& disk) { return disk.rename("pending", "previous"); }, "disk-error"},
  };
  for (const Row& row : rows) {
    const TemporaryDirectory here;
    const std::string end = in_child([&] {
      PosixDisk disk(here / "state");
      if (!disk.make_root() || !disk.make_directory("pending") || !disk.make_directory("identity") ||
          !disk.write_new("pending/other", "x") || !disk.write_new("pending/file", "x") || !row.act(disk) ||
          !fail_call(SYS_openat, EIO)) {
        return std::string("not prepared");
      }
      const auto synced = disk.sync_file("pending/file");
      return synced ? "success" : std::string(word(synced.error().kind));
    });
    CHECK(end == row.end);
  }
}

TEST_CASE("the state directory is named as it was given, with one slash before a name below it") {
  const TemporaryDirectory here;
  const std::string state = here / "state";
  for (const std::string& given : {state, state + "/"}) {
    PosixDisk disk(given);
    CHECK_THAT(disk.sync_directory("").error().message, Catch::StartsWith("cannot sync " + given + ":"));
    CHECK_THAT(disk.sync_directory("x").error().message, Catch::StartsWith("cannot sync " + state + "/x:"));
  }
}

TEST_CASE("an entry's facts are those of its inode") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  REQUIRE(disk.write_new("file", "x"));
  REQUIRE(::chmod((here / "state/file").c_str(), 04751) == 0);
  if (::geteuid() == 0) REQUIRE(disk.set_owner("file", {4711, 4712}));
  if (::geteuid() == 0) REQUIRE(::chmod((here / "state/file").c_str(), 04751) == 0);
  const EntryFacts facts = disk.inspect("file").value().value();
  struct stat expected {};
  REQUIRE(::lstat((here / "state/file").c_str(), &expected) == 0);
  CHECK(facts.mode == 04751);
  CHECK(facts.user == expected.st_uid);
  CHECK(facts.group == expected.st_gid);
  CHECK(facts.owned_by_us == (expected.st_uid == ::geteuid()));
  const EntryFacts root = disk.inspect("").value().value();
  CHECK(root.type == EntryType::kDirectory);
  CHECK(root.user == ::geteuid());
  CHECK(root.group == ::getegid());
}

TEST_CASE("what is neither a file nor a directory gets no mode and no owner") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  REQUIRE(::mkfifo((here / "state/fifo").c_str(), 0600) == 0);
  for (const auto& done : {disk.set_mode("fifo", 0644), disk.set_owner("fifo", {::geteuid(), {}})}) {
    CHECK(kind_of(done) == ErrorKind::kStateNotPrivate);
    CHECK_THAT(done.error().message, Catch::EndsWith("state/fifo is neither a file nor a directory"));
  }
  CHECK(mode_of(here / "state/fifo") == 0600);
}

}  // namespace
}  // namespace fleet_provision

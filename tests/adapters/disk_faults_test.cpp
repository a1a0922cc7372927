// Errors of the disk. A child process makes the kernel fail one system call (seccomp), or mounts a file system that
// fails by itself, and reports the result of the adapter.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "adapters/system/posix_disk.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/failing_call.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision {
namespace {

using namespace test;
namespace fs = std::filesystem;

template <class T>
std::string outcome_of(const Result<T>& result) {
  return result ? "success" : std::string(word(result.error().kind));
}
std::string outcome_of(const Result<bool>& result) {
  return result ? (*result ? "true" : "false") : std::string(word(result.error().kind));
}

/// The outcome of one operation under one fault, in a state directory with `pending/file` (written, not synced) and
/// `identity/`.
template <class Act>
std::string under_fault(long call, int number, Act act) {
  const TemporaryDirectory here;
  return in_child([&] {
    PosixDisk disk(here / "state");
    if (!disk.make_root() || !disk.make_directory("pending") || !disk.make_directory("identity") ||
        !disk.write_new("pending/file", "text")) {
      return std::string("preparation failed");
    }
    if (!fail_call(call, number)) return std::string("no seccomp");
    return outcome_of(act(disk));
  });
}

TEST_CASE("a sync that fails is an error of its kind") {
  const struct {
    int number;
    std::string kind;
  } rows[] = {{EIO, "disk-error"}, {ENOSPC, "disk-full"}, {EDQUOT, "disk-full"}, {EROFS, "state-not-writable"}};
  for (const auto& row : rows) {
    CHECK(under_fault(SYS_fsync, row.number, [](Disk& disk) { return disk.sync_file("pending/file"); }) == row.kind);
    CHECK(under_fault(SYS_fsync, row.number, [](Disk& disk) { return disk.sync_directory("pending"); }) == row.kind);
    CHECK(under_fault(SYS_fsync, row.number, [](Disk& disk) { return disk.sync_directory(""); }) == row.kind);
  }
  // A file system may not support fsync of a directory, but every file system supports fsync of a file.
  CHECK(under_fault(SYS_fsync, EINVAL, [](Disk& disk) { return disk.sync_directory(""); }) == "success");
  CHECK(under_fault(SYS_fsync, EINVAL, [](Disk& disk) { return disk.sync_file("pending/file"); }) == "disk-error");
}

TEST_CASE("a written file is synced through the descriptor that wrote it") {
  CHECK(under_fault(SYS_openat, EIO, [](Disk& disk) { return disk.sync_file("pending/file"); }) == "success");
}

TEST_CASE("each changing call that fails is an error of its kind") {
  CHECK(under_fault(SYS_openat, EROFS, [](Disk& disk) { return disk.write_new("new", "x"); }) == "state-not-writable");
  CHECK(under_fault(SYS_mkdirat, ENOSPC, [](Disk& disk) { return disk.make_directory("new"); }) == "disk-full");
  CHECK(under_fault(SYS_mkdirat, EDQUOT, [](Disk& disk) { return disk.make_directory("new"); }) == "disk-full");
  CHECK(under_fault(SYS_renameat, EXDEV, [](Disk& disk) { return disk.rename("pending", "identity"); }) ==
        "state-cross-device");
  CHECK(under_fault(SYS_unlinkat, EROFS, [](Disk& disk) { return disk.remove_file("pending/file"); }) ==
        "state-not-writable");
  CHECK(under_fault(SYS_flock, ENOLCK, [](Disk& disk) { return disk.lock(); }) == "disk-error");
}

TEST_CASE("exchange says when the file system cannot") {
  const struct {
    int number;
    std::string outcome;
  } rows[] = {{EINVAL, "false"},
              {ENOSYS, "false"},
              {ENOTSUP, "false"},
              {EXDEV, "state-cross-device"},
              {EROFS, "state-not-writable"},
              {ENOENT, "disk-error"}};
  for (const auto& row : rows) {
    CHECK(under_fault(SYS_renameat2, row.number, [](Disk& disk) { return disk.exchange("pending", "identity"); }) ==
          row.outcome);
  }
}

TEST_CASE("a file system that takes any mode and keeps none is refused, and nothing is left there") {
  // fchmod without effect and a umask stand for the fixed modes of FAT.
  const auto without_modes = [](auto act) {
    const TemporaryDirectory here;
    PosixDisk disk(here / "state");
    if (!disk.make_root()) return std::string("preparation failed");
    const std::string outcome = in_child([&] {
      ::umask(0100);
      fail_call(SYS_fchmod, 0);
      return act(disk);
    });
    return outcome + " " + std::to_string(std::distance(fs::directory_iterator(here / "state"), {}));
  };
  CHECK(without_modes([](Disk& disk) { return outcome_of(disk.make_directory("pending")); }) == "state-not-private 0");
  CHECK(without_modes([](Disk& disk) {
          ::umask(0200);
          return outcome_of(disk.write_new("file", "x"));
        }) == "state-not-private 0");
  CHECK(without_modes([](Disk& disk) {
          ::umask(0200);
          return outcome_of(disk.lock());
        }) == "state-not-private 1");
  CHECK(without_modes([](Disk& disk) {
          if (!disk.write_new("file", "x")) return std::string("preparation failed");
          return outcome_of(disk.set_mode("file", 0400));
        }) == "state-not-private 1");
}

TEST_CASE("making the state directory syncs each name that it makes, and that which a killed run may have left") {
  const TemporaryDirectory here;
  const auto made_without_sync = [&](const std::string& path) {
    return in_child([&] {
      fail_call(SYS_fsync, EIO);
      return outcome_of(PosixDisk(here / path).make_root());
    });
  };
  CHECK(made_without_sync("a/b/c") == "disk-error");
  CHECK_FALSE(fs::exists(here / "a/b"));
  REQUIRE(PosixDisk(here / "a/b/c").make_root());
  // An empty directory may be left by a killed run.
  CHECK(made_without_sync("a/b/c") == "disk-error");
  REQUIRE(PosixDisk(here / "a/b/c").lock());
  CHECK(made_without_sync("a/b/c") == "success");
}

/// Runs in a mount namespace of the child; nothing if the system does not allow that.
template <class Act>
std::string mounted(const std::string& at, const char* type, unsigned long flags, const char* data, Act act) {
  return in_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", at.c_str(), type, 0, data) != 0 ||
        (flags != 0 && ::mount("none", at.c_str(), type, MS_REMOUNT | flags, data) != 0)) {
      return std::string("cannot mount");
    }
    return act();
  });
}

void check_mounted(const std::string& outcome, const std::string& expected) {
  if (outcome == "cannot mount") {
    FP_NOT_TRIED("mounting is not allowed here");
  } else {
    CHECK(outcome == expected);
  }
}

TEST_CASE("read-only and full file systems are distinguished") {
  const TemporaryDirectory here;
  const std::string at = here.path().string();
  check_mounted(mounted(at, "tmpfs", MS_RDONLY, nullptr,
                        [&] {
                          const auto made = PosixDisk(at + "/state").make_root();
                          return made ? "success" : made.error().message;
                        }),
                "cannot create " + at + "/state: the file system is mounted read-only");
  check_mounted(mounted(at, "tmpfs", MS_RDONLY, nullptr, [&] { return outcome_of(PosixDisk(at).lock()); }),
                "state-not-writable");
  // Space for some pages: the first writes succeed, then one writes only a part.
  check_mounted(mounted(at, "tmpfs", 0, "size=64k",
                        [&] {
                          PosixDisk disk(at);
                          std::string outcome = outcome_of(disk.write_new("big", std::string(1'000'000, 'x')));
                          outcome += disk.list("")->empty() ? ", gone, " : ", left, ";
                          return outcome += outcome_of(disk.write_new("small", "x"));
                        }),
                "disk-full, gone, success");
  check_mounted(mounted(at, "tmpfs", 0, "nr_inodes=2",
                        [&] {
                          PosixDisk disk(at);
                          std::string outcome = outcome_of(disk.make_directory("one"));
                          return outcome += ", " + outcome_of(disk.make_directory("two"));
                        }),
                "success, disk-full");
}

TEST_CASE("names on two file systems are cross-device") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  REQUIRE(disk.make_directory("pending"));
  REQUIRE(disk.write_new("file", "x"));
  check_mounted(mounted(here / "state/pending", "tmpfs", 0, nullptr,
                        [&] { return outcome_of(PosixDisk(here / "state").rename("file", "pending/file")); }),
                "state-cross-device");
}

TEST_CASE("an identity in a lower overlay layer is cross-device") {
  const TemporaryDirectory here;
  for (const char* name : {"lower/identity", "space"}) fs::create_directories(here.path() / name);
  const std::string space = here / "space";
  const std::string lower = here / "lower";
  const std::string outcome = mounted(space, "tmpfs", 0, nullptr, [&] {
    for (const char* name : {"/upper", "/work", "/merged"}) fs::create_directory(space + name);
    const std::string layers = "lowerdir=" + lower + ",upperdir=" + space + "/upper,workdir=" + space + "/work";
    if (::mount("none", (space + "/merged").c_str(), "overlay", 0, layers.c_str()) != 0) {
      return std::string("cannot mount");
    }
    PosixDisk disk(space + "/merged");
    if (!disk.make_directory("pending")) return std::string("preparation failed");
    return outcome_of(disk.exchange("pending", "identity"));
  });
  // An overlay with redirect_dir copies the directory to its upper layer and succeeds.
  if (outcome != "true") check_mounted(outcome, "state-cross-device");
}

}  // namespace
}  // namespace fleet_provision

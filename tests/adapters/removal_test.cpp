// Which claim files --remove-claim deletes, on a real file system.
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
// Behind sys/mount.h, whose constants it defines again.
#include <linux/fs.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>

#include "adapters/system/descriptor.hpp"
#include "adapters/system/named_file.hpp"
#include "adapters/system/posix_host_system.hpp"
#include "tests/adapters/disk_facts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/failing_call.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision {
namespace {

using namespace test;
namespace fs = std::filesystem;

/// A claim file in a directory, beside a state directory and a CA file.
struct Claim {
  TemporaryDirectory here;
  Interrupt interrupt;
  PosixHostSystem system{{}, interrupt};
  SparedFiles spared{here / "state", here / "ca.pem"};
  std::string file = here.write("claim.pem", "claim");

  Claim() {
    fs::create_directories(here / "state/below");
    here.write("ca.pem", "roots");
  }
  [[nodiscard]] ClaimFile read(const std::string& path) const {
    struct stat facts {};
    REQUIRE(::lstat(path.c_str(), &facts) == 0);
    return {path, stamp_of(facts)};
  }
};

TEST_CASE("a claim file is deleted, and the number of its other names is told") {
  Claim claim;
  CHECK(claim.system.may_remove(claim.file, claim.spared).value());
  const ClaimFile stamped = claim.read(claim.file);
  CHECK(claim.system.remove(stamped, claim.spared).value() == 0);
  CHECK_FALSE(fs::exists(claim.file));
  CHECK_FALSE(claim.system.may_remove(claim.file, claim.spared).value());
  CHECK(claim.system.remove(stamped, claim.spared).value() == 0);

  claim.here.write("claim.pem", "again");
  fs::create_hard_link(claim.file, claim.here / "state/claim-1");
  fs::create_hard_link(claim.file, claim.here / "second");
  CHECK(claim.system.remove(claim.read(claim.file), claim.spared).value() == 2);
  CHECK(read_text(claim.here / "second") == "again");
}

TEST_CASE("a name without a directory is one of the working directory, and one below / is found") {
  Claim claim;
  const fs::path before = fs::current_path();
  fs::current_path(claim.here.path());
  const auto may = claim.system.may_remove("claim.pem", claim.spared);
  const auto removed = claim.system.remove(claim.read("claim.pem"), claim.spared);
  fs::current_path(before);
  CHECK(may.value());
  CHECK(removed);
  CHECK_FALSE(fs::exists(claim.file));
  CHECK_FALSE(claim.system.may_remove("/no-such-claim.pem", claim.spared).value());
  CHECK_THAT(claim.system.may_remove("/etc", claim.spared).error().message, Catch::Contains("it is not a file"));
}

TEST_CASE("files that are no claim's are kept") {
  struct Row {
    const char* name;
    const char* why;
  };
  const Row rows[] = {
      {"link", "it is a symbolic link"},           {"folder", "it is not a file"},
      {"state/key.pem", "in the state directory"}, {"state/below/key.pem", "in the state directory"},
      {"ca.pem", "the file of --ca-file"},         {"second-ca.pem", "the file of --ca-file"},
  };
  Claim claim;
  fs::create_symlink(claim.file, claim.here / "link");
  fs::create_directory(claim.here / "folder");
  claim.here.write("state/key.pem", "key");
  claim.here.write("state/below/key.pem", "key");
  fs::create_hard_link(claim.here / "ca.pem", claim.here / "second-ca.pem");
  for (const Row& row : rows) {
    INFO(row.name);
    const std::string file = claim.here / row.name;
    const auto may = claim.system.may_remove(file, claim.spared);
    REQUIRE(kind_of(may) == ErrorKind::kClaimNotRemoved);
    CHECK_THAT(may.error().message, Catch::Contains("cannot be deleted") && Catch::Contains(row.why));
    const auto removed = claim.system.remove(claim.read(file), claim.spared);
    REQUIRE(kind_of(removed) == ErrorKind::kClaimNotRemoved);
    CHECK_THAT(removed.error().message, Catch::Contains("is not deleted") && Catch::Contains(row.why));
    CHECK(fs::exists(file));
  }
  // Without a CA file, and without a state directory yet, nothing is spared.
  const SparedFiles none{claim.here / "none", std::nullopt};
  CHECK(claim.system.may_remove(claim.here / "ca.pem", none).value());
  CHECK(claim.system.may_remove(claim.here / "state/key.pem", none).value());
}

TEST_CASE("a file that was changed or replaced since it was read is kept") {
  Claim claim;
  const ClaimFile stamped = claim.read(claim.file);
  for (const auto change : {&FileStamp::device, &FileStamp::inode, &FileStamp::size}) {
    ClaimFile other = stamped;
    ++(other.stamp.*change);
    CHECK(kind_of(claim.system.remove(other, claim.spared)) == ErrorKind::kClaimNotRemoved);
  }
  for (const timespec& time : {timespec{1'000, 1}, timespec{1'001, 0}}) {
    const timespec before[] = {{0, UTIME_OMIT}, {1'000, 0}};
    REQUIRE(::utimensat(AT_FDCWD, claim.file.c_str(), before, 0) == 0);
    const ClaimFile read = claim.read(claim.file);
    CHECK(read.stamp.modified == 1'000'000'000'000);
    const timespec after[] = {{0, UTIME_OMIT}, time};
    REQUIRE(::utimensat(AT_FDCWD, claim.file.c_str(), after, 0) == 0);
    CHECK(kind_of(claim.system.remove(read, claim.spared)) == ErrorKind::kClaimNotRemoved);
  }
  CHECK(fs::exists(claim.file));
}

TEST_CASE("what the system forbids is known before: a directory that is not writable, and the sticky bit") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can become another user");
    return;
  }
  struct Row {
    mode_t mode;
    uid_t directory;
    uid_t file;
    const char* verdict;
  };
  const Row rows[] = {
      {0755, 0, 12345, "its directory is not writable"},
      {0777, 0, 0, "may"},
      {01777, 0, 0, "its directory has the sticky bit"},
      {01777, 0, 12345, "may"},
      {01777, 12345, 0, "may"},
      {01777, 12346, 12346, "its directory has the sticky bit"},
  };
  for (const Row& row : rows) {
    INFO(std::oct << row.mode << std::dec << " " << row.directory << " " << row.file);
    Claim claim;
    REQUIRE(::chown(claim.here.path().c_str(), row.directory, 0) == 0);
    REQUIRE(::chown(claim.file.c_str(), row.file, 0) == 0);
    REQUIRE(::chmod(claim.here.path().c_str(), row.mode) == 0);
    CHECK(claim.system.may_remove(claim.file, claim.spared).value());  // root may
    const std::string verdict = in_child([&] {
      if (::setuid(12345) != 0) return std::string("setuid failed");
      const auto may = claim.system.may_remove(claim.file, claim.spared);
      return may ? std::string("may") : may.error().message;
    });
    CHECK_THAT(verdict, Catch::Contains(row.verdict));
  }
}

TEST_CASE("a mount point is kept") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can mount");
    return;
  }
  Claim claim;
  claim.here.write("over", "mounted");
  const std::string verdict = in_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount((claim.here / "over").c_str(), claim.file.c_str(), nullptr, MS_BIND, nullptr) != 0) {
      return std::string("cannot mount");
    }
    const auto may = claim.system.may_remove(claim.file, claim.spared);
    return may ? std::string("may") : may.error().message;
  });
  if (verdict == "cannot mount") {
    FP_NOT_TRIED("this machine does not let root mount");
    return;
  }
  CHECK_THAT(verdict, Catch::Contains("it is a mount point"));
}

TEST_CASE("a file or directory that is marked immutable is kept") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can mark files");
    return;
  }
  struct Row {
    const char* name;
    int flag;
    const char* verdict;
  };
  Claim claim;
  const char* const marked = "it or its directory is marked immutable";
  const Row rows[] = {
      {"claim.pem", FS_IMMUTABLE_FL, marked},
      {"claim.pem", FS_APPEND_FL, marked},
      {"claim.pem", FS_NODUMP_FL, "may"},
      {".", FS_IMMUTABLE_FL, "its directory is not writable"},
      {".", FS_APPEND_FL, marked},
      {"ca.pem", FS_IMMUTABLE_FL, "may"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name, row.flag);
    const Descriptor opened(::open((claim.here / row.name).c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(opened);
    int flag = row.flag;
    int none = 0;
    if (::ioctl(opened.get(), FS_IOC_SETFLAGS, &flag) != 0) {
      FP_NOT_TRIED("this file system marks no files");
      continue;
    }
    const auto may = claim.system.may_remove(claim.file, claim.spared);
    REQUIRE(::ioctl(opened.get(), FS_IOC_SETFLAGS, &none) == 0);
    CHECK_THAT(may ? "may" : may.error().message, Catch::Contains(row.verdict));
  }
}

TEST_CASE("a deletion that the system refuses is told, with what to do") {
  struct Row {
    long call;
    int number;
    bool removes;
    const char* end;
  };
  const char* const by_hand = "the identity is installed; delete the file by hand, or rerun when it can be deleted";
  const char* const other_user = "run as a user who may delete it, or omit --remove-claim";
  const Row rows[] = {
      {SYS_unlinkat, EPERM, true, by_hand},
      {SYS_fsync, EIO, true, by_hand},
      {SYS_fsync, EINVAL, true, "0"},
      {kStatCall, ENOENT, true, "0"},
      {kStatCall, ENOENT, false, "not there"},
      {SYS_openat, EMFILE, false, "raise the limit of open files (ulimit -n, LimitNOFILE= of a unit) and rerun"},
      {SYS_openat, EACCES, false, other_user},
      {SYS_openat, EACCES, true, other_user},
      {kStatCall, EIO, false, other_user},
      {SYS_statx, EIO, false, "may"},
      {SYS_ioctl, ENOTTY, false, "may"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.call, row.number, row.removes);
    Claim claim;
    const ClaimFile read = claim.read(claim.file);
    const std::string end = in_child([&] {
      if (!fail_call(row.call, row.number)) return std::string("no seccomp");
      if (row.removes) {
        const auto removed = claim.system.remove(read, claim.spared);
        return removed ? std::to_string(*removed) : removed.error().hint;
      }
      const auto may = claim.system.may_remove(claim.file, claim.spared);
      return may ? std::string(*may ? "may" : "not there") : may.error().hint;
    });
    CHECK(end == row.end);
  }
}

TEST_CASE("a file on a file system that is mounted read-only is kept") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can mount");
    return;
  }
  Claim claim;
  const std::string at = claim.here / "mounted";
  fs::create_directory(at);
  const std::string end = in_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", at.c_str(), "tmpfs", 0, nullptr) != 0) {
      return std::string("cannot mount");
    }
    write_text(at + "/claim.pem", "claim");
    if (::mount("none", at.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) != 0) return std::string("cannot mount");
    const auto may = claim.system.may_remove(at + "/claim.pem", claim.spared);
    return may ? std::string("may") : may.error().message + "; " + may.error().hint;
  });
  if (end == "cannot mount") {
    FP_NOT_TRIED("this machine does not let root mount");
    return;
  }
  CHECK_THAT(end, Catch::EndsWith(" cannot be deleted: the file system is mounted read-only; "
                                  "remount it, or omit --remove-claim"));
}

}  // namespace
}  // namespace fleet_provision

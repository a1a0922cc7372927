// The program of --on-success, and what a run may do outside its state directory.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "adapters/system/posix_host_system.hpp"
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

/// A host system with the environment PATH, KEPT and CHANGED, and a directory for the program's files.
struct Host {
  TemporaryDirectory here;
  Interrupt interrupt;
  PosixHostSystem system{{"PATH=/usr/bin:/bin", "KEPT=kept", "CHANGED=before", "CHANGED_NOT=same"}, interrupt};

  [[nodiscard]] std::string script(const std::string& text, mode_t mode = 0755) const {
    std::string file = here.write("program", text);
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    return file;
  }
  Result<void> run(const std::string& file, Milliseconds time = std::chrono::minutes(1)) {
    return system.run(
        {file, {{"CHANGED", "after"}, {"HERE", here.path().string()}}, std::chrono::steady_clock::now() + time});
  }
};

TEST_CASE("the program gets its variables in the place of the environment's, an empty stdin, and no signal blocked") {
  Host host;
  const std::string file = host.script(R"sh(#!/bin/sh
exec > "$HERE/out"
echo "$KEPT $CHANGED $CHANGED_NOT $#"
env | grep -c '^CHANGED='
cat
sed -nE 's/^(Sig(Blk|Ign)).*(....)$/\1 \3/p' /proc/self/status
ls /proc/self/fd | wc -l
[ "$(cut -d ' ' -f 5 /proc/$$/stat)" -eq $$ ] && echo leads its group
)sh");
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto ignored = ::signal(SIGUSR2, SIG_IGN);
  const int open = ::dup(STDERR_FILENO);
  const auto ran = host.run(file);
  ::close(open);
  ::signal(SIGUSR2, ignored);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  REQUIRE(ran);
  // ls has its three streams and the directory that it lists.
  CHECK(read_text(host.here / "out") == "kept after same 0\n1\nSigBlk 0000\nSigIgn 0000\n4\nleads its group\n");
}

TEST_CASE("how the program ended is told") {
  struct Row {
    std::string text;
    mode_t mode;
    std::string message;
  };
  const Row rows[] = {
      {"#!/bin/sh\nexit 1\n", 0755, "ended with exit code 1"},
      {"#!/bin/sh\nexit 255\n", 0755, "ended with exit code 255"},
      {"#!/bin/sh\nkill -9 $$\n", 0755, "was ended by signal 9"},
      {"no script\n", 0755, "cannot be run: it is neither an executable nor a script"},
      {"#!/no/interpreter\n", 0755, "cannot be run: the interpreter that its first line names does not exist"},
      {"#!/bin/sh\n", 0644, "cannot be run: permission denied"},
  };
  Host host;
  for (const Row& row : rows) {
    INFO(row.text);
    const auto ran = host.run(host.script(row.text, row.mode));
    REQUIRE(kind_of(ran) == ErrorKind::kOnSuccessFailed);
    CHECK_THAT(ran.error().message, Catch::Contains(row.message));
    fs::remove(host.here / "program");
  }
  const auto missing = host.run(host.here / "program");
  CHECK(kind_of(missing) == ErrorKind::kOnSuccessFailed);
  CHECK_THAT(missing.error().message, Catch::Contains("no such file"));
}

TEST_CASE("a program that does not end in time, or in an interrupted run, is ended with what it started") {
  // It writes its process ID once it ignores SIGTERM, or handles it.
  struct Row {
    std::string trap;
    bool interrupted;
    ErrorKind kind;
  };
  const Row rows[] = {{"trap 'echo ended > \"$HERE/end\"; exit 0' TERM", true, ErrorKind::kTerminated},
                      {"trap '' TERM", false, ErrorKind::kOnSuccessFailed}};
  for (const Row& row : rows) {
    INFO(row.trap);
    Host host;
    const std::string file = host.script("#!/bin/sh\n" + row.trap + "\necho $$ > \"$HERE/pid.new\"\n" +
                                         "mv \"$HERE/pid.new\" \"$HERE/pid\"\nwhile :; do sleep 0.01; done\n");
    std::thread interrupter;
    if (row.interrupted) {
      interrupter = std::thread([&] {
        while (!fs::exists(host.here / "pid")) std::this_thread::sleep_for(Milliseconds(2));
        host.interrupt.raise(ErrorKind::kTerminated);
      });
    }
    const auto ran = host.run(file, row.interrupted ? Milliseconds(60'000) : Milliseconds(100));
    if (interrupter.joinable()) interrupter.join();
    CHECK(kind_of(ran) == row.kind);
    CHECK(fs::exists(host.here / "end") == row.interrupted);
    if (!row.interrupted) CHECK_THAT(ran.error().message, Catch::Contains("did not end in time"));
    const std::string process = read_text(host.here / "pid");
    if (!process.empty()) CHECK(::kill(std::stoi(process), 0) != 0);
  }
}

TEST_CASE("whether a program could be started is known before") {
  Host host;
  CHECK(host.system.may_run(host.script("#!/bin/sh\n", 0755)));
  CHECK_THAT(host.system.may_run(host.here / "program/").error().message, Catch::Contains("not a directory"));
  CHECK_THAT(host.system.may_run(host.here / "none").error().message, Catch::Contains("no such file"));
  CHECK_THAT(host.system.may_run(host.here.path()).error().message, Catch::Contains("is a directory"));
  const std::string plain = host.script("#!/bin/sh\n", 0644);
  CHECK_THAT(host.system.may_run(plain).error().message, Catch::Contains("permission denied"));
}

TEST_CASE("a file's mode has all twelve bits, and a missing file has none") {
  Host host;
  CHECK(host.system.mode_of(host.script("", 04751)) == 04751U);
  CHECK_FALSE(host.system.mode_of(host.here / "none"));
}

TEST_CASE("files may be created in a directory, or in the parent in which it would be created") {
  Host host;
  const std::string file = host.script("");
  CHECK(host.system.may_create_in(host.here.path()));
  CHECK(host.system.may_create_in(host.here / "a/b/c"));
  CHECK(host.system.may_create_in("relative"));
  CHECK(kind_of(host.system.may_create_in(file)) == ErrorKind::kStateNotWritable);
  CHECK(kind_of(host.system.may_create_in(file + "/a")) == ErrorKind::kStateNotWritable);
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can become another user");
    return;
  }
  // Sizes of 0 do not mean that it is full.
  CHECK(host.system.may_create_in("/proc"));
  REQUIRE(::chmod(host.here.path().c_str(), 0755) == 0);
  const std::string kind = in_child([&] {
    if (::setuid(12345) != 0) return std::string("setuid failed");
    const auto may = host.system.may_create_in(host.here / "a");
    return may ? std::string("may") : std::string(word(may.error().kind));
  });
  CHECK(kind == "state-not-writable");
}

/// What `act` returns in a child that is root of its own mounts; "cannot mount" if the system does not allow that.
template <class Act>
std::string with_tmpfs(const std::string& at, const char* data, Act act) {
  return in_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", at.c_str(), "tmpfs", 0, data) != 0) {
      return std::string("cannot mount");
    }
    return act();
  });
}

TEST_CASE("a run needs 64 KiB and one inode for its files") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can mount");
    return;
  }
  struct Row {
    const char* data;
    const char* end;
  };
  const Row rows[] = {{"size=64k", "success"},
                      {"size=60k", "disk-full: cannot create files in D: the disk is full (space or inodes)"},
                      {"size=68k", "success"},
                      {"nr_inodes=1", "disk-full: cannot create files in D: the disk is full (space or inodes)"},
                      {"nr_inodes=2", "success"}};
  for (const Row& row : rows) {
    INFO(row.data);
    Host host;
    const std::string at = host.here.path();
    std::string end = with_tmpfs(at, row.data, [&] { return end_of(host.system.may_create_in(at)); });
    if (end == "cannot mount") {
      FP_NOT_TRIED("mounting is not allowed here");
      return;
    }
    if (const std::size_t found = end.find(at); found != std::string::npos) end.replace(found, at.size(), "D");
    CHECK(end == row.end);
  }
}

TEST_CASE("a system without /dev/null can run no program") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can mount");
    return;
  }
  Host host;
  const std::string end = with_tmpfs("/dev", nullptr, [&] {
    const auto ran = host.run("/bin/true");
    return end_of(ran) + "; " + (ran ? "" : ran.error().hint) + "; " + end_of(host.system.may_run("/bin/true"));
  });
  if (end == "cannot mount") {
    FP_NOT_TRIED("mounting is not allowed here");
    return;
  }
  const std::string message =
      "on-success-failed: the program /bin/true cannot be run: /dev/null, its stdin: no such file or directory";
  CHECK(end == message + "; create it with `mknod -m 666 /dev/null c 1 3`, then rerun; " + message);
}

TEST_CASE("a program that cannot be started for want of a resource says which") {
  Host host;
  CHECK(in_child([&] {
          fail_call(SYS_clone3, ENOSYS);
          fail_call(SYS_clone, ENOMEM);
          fail_call(kForkCall, ENOMEM);
          return end_of(host.run("/bin/true"));
        }).starts_with("out-of-resources: the program /bin/true cannot be started: out of memory: "));
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can become another user");
    return;
  }
  CHECK(in_child([&] {
          const rlimit one{1, 1};
          if (::setrlimit(RLIMIT_NPROC, &one) != 0 || ::setuid(54321) != 0) return std::string("not prepared");
          return end_of(host.run("/bin/true"));
        }).starts_with("out-of-resources: the program /bin/true cannot be started: limit of "));
}

TEST_CASE("a program whose end another waiter took has not succeeded") {
  Host host;
  const std::string end = in_child([&] {
    ::signal(SIGCHLD, SIG_IGN);
    return end_of(host.run("/bin/true"));
  });
  CHECK_THAT(end, Catch::StartsWith("on-success-failed: the program /bin/true was ended by signal "));
}

TEST_CASE("each failure to run a program has its hint") {
  Host host;
  const std::string again = "the identity is installed; fix the program and rerun";
  CHECK(host.run(host.script("#!/bin/sh\nexit 3\n")).error().hint == again);
  CHECK(host.run(host.script("#!/bin/sh\nkill -9 $$\n")).error().hint == again);
  CHECK(host.run(host.here / "none").error().hint ==
        "give --on-success an executable file and rerun; the identity is installed");
  CHECK(host.system.may_run(host.here / "none").error().hint == "give --on-success an executable file");
  const auto late = host.run(host.script("#!/bin/sh\nexec sleep 60\n"), Milliseconds(1));
  CHECK(late.error().hint == "raise --timeout and rerun");
}

TEST_CASE("files cannot be created below what is no directory, and the given directory is named") {
  Host host;
  const std::string file = host.script("");
  CHECK(end_of(host.system.may_create_in(file)) ==
        "state-not-writable: cannot create files in " + file + ": a part of the path is not a directory");
  CHECK(end_of(host.system.may_create_in(file + "/a/b")) ==
        "state-not-writable: cannot create files in " + file + "/a/b: a part of the path is not a directory");
  CHECK(host.system.may_create_in("/"));
  CHECK(in_child([&] {
          fail_call(kStatCall, ENOENT);
          return end_of(host.system.may_create_in("/a"));
        }) == "disk-error: cannot create files in /a: no such file or directory");
  CHECK(in_child([&] {
          fail_call(SYS_statfs, EIO);
          return end_of(host.system.may_create_in("/"));
        }) == "success");
}

TEST_CASE("a path is made absolute and short") {
  Host host;
  CHECK(host.system.absolute("/a/./b/../c") == "/a/c");
  CHECK(host.system.absolute("a") == fs::current_path().string() + "/a");
}

}  // namespace
}  // namespace fleet_provision

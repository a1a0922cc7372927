// The state directory on a real file system: private files stay private, no link is followed, reading writes nothing.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "adapters/system/posix_disk.hpp"
#include "tests/adapters/disk_facts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision {
namespace {

using namespace test;
namespace fs = std::filesystem;

/// Every name below a directory with type, mode, size and time of change.
std::vector<std::string> snapshot(const fs::path& directory) {
  std::vector<std::string> lines;
  for (const auto& each : fs::recursive_directory_iterator(directory)) {
    struct stat facts {};
    ::lstat(each.path().c_str(), &facts);
    lines.push_back(each.path().string() + " " + std::to_string(facts.st_mode) + " " + std::to_string(facts.st_size) +
                    " " + std::to_string(facts.st_ctim.tv_sec) + "." + std::to_string(facts.st_ctim.tv_nsec));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST_CASE("modes do not depend on the umask") {
  for (const mode_t umask_of_caller : {0U, 022U, 077U, 0177U, 0777U}) {
    INFO("umask " << std::oct << umask_of_caller);
    const TemporaryDirectory here;
    const mode_t before = ::umask(umask_of_caller);
    PosixDisk disk(here / "var/lib/state");
    const bool done = disk.make_root() && disk.lock() && disk.make_directory("pending") &&
                      disk.write_new("pending/private-key.pem", "key") && disk.write_new("probe", "");
    ::umask(before);
    REQUIRE(done);
    CHECK(mode_of(here / "var") == 0755);
    CHECK(mode_of(here / "var/lib") == 0755);
    CHECK(mode_of(here / "var/lib/state") == 0755);
    CHECK(mode_of(here / "var/lib/state/lock") == 0600);
    CHECK(mode_of(here / "var/lib/state/pending") == 0700);
    CHECK(mode_of(here / "var/lib/state/pending/private-key.pem") == 0600);
    CHECK(mode_of(here / "var/lib/state/probe") == 0600);
  }
}

TEST_CASE("an existing state directory keeps its mode, a new one sheds the set-group-id bit of its parent") {
  const TemporaryDirectory here;
  fs::create_directory(here.path() / "state");
  ::chmod((here / "state").c_str(), 02750);
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  CHECK(mode_of(here / "state") == 02750);
  REQUIRE(disk.make_directory("pending"));
  CHECK(mode_of(here / "state/pending") == 0700);
}

TEST_CASE("looking writes nothing and minds no missing directory") {
  const TemporaryDirectory here;
  for (const std::string state : {"absent", "absent/deeper"}) {
    PosixDisk disk(here / state);
    for (const std::string path : {"", "identity", "identity/identity.json"}) {
      const auto facts = disk.inspect(path);
      REQUIRE(facts);
      CHECK_FALSE(facts->has_value());
      const auto names = disk.list(path);
      REQUIRE(names);
      CHECK(names->empty());
    }
    const auto bytes = disk.read("identity/identity.json", 100);
    REQUIRE(bytes);
    CHECK_FALSE(bytes->has_value());
  }
  CHECK(snapshot(here.path()).empty());

  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  REQUIRE(disk.make_directory("identity"));
  REQUIRE(disk.write_new("identity/thing-name", "gateway\n"));
  const auto before = snapshot(here.path());
  PosixDisk other(here / "state");
  CHECK(other.inspect("identity")->value().type == EntryType::kDirectory);
  CHECK(other.inspect("identity")->value().mode == 0700);
  CHECK(other.inspect("identity")->value().owned_by_us);
  CHECK(other.inspect("identity/thing-name")->value().type == EntryType::kFile);
  CHECK(other.inspect("")->value().mode == 0755);
  CHECK_FALSE(other.inspect("pending/journal")->has_value());
  CHECK(other.read("identity/thing-name", 100)->value().reveal() == "gateway\n");
  CHECK(other.list("") == std::vector<std::string>{"identity"});
  CHECK(other.list("identity") == std::vector<std::string>{"thing-name"});
  CHECK(other.list("previous")->empty());
  CHECK(snapshot(here.path()) == before);
}

TEST_CASE("what was written is read back, up to the limit") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  const std::string texts[] = {"", "x", every_byte, std::string(1'000'000, 'x')};
  for (const std::string& text : texts) {
    REQUIRE(disk.remove_file("file"));
    REQUIRE(disk.write_new("file", text));
    REQUIRE(disk.sync_file("file"));
    REQUIRE(disk.sync_directory(""));
    CHECK(disk.read("file", text.size())->value().reveal() == text);
    if (text.empty()) continue;
    const auto cut = disk.read("file", text.size() - 1);
    CHECK(kind_of(cut) == ErrorKind::kDiskError);
    CHECK(cut.error().message.ends_with("it has more than " + std::to_string(text.size() - 1) + " bytes"));
  }
}

TEST_CASE("a new file never replaces another") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  REQUIRE(disk.write_new("file", "old"));
  CHECK(kind_of(disk.write_new("file", "new")) == ErrorKind::kDiskError);
  CHECK(read_text(here / "state/file") == "old");
  CHECK(kind_of(disk.make_directory("file")) == ErrorKind::kDiskError);
  // A write does not go through a symbolic link, dangling or not.
  write_text(here / "outside", "old");
  fs::create_symlink(here.path() / "outside", here.path() / "state/link");
  fs::create_symlink(here.path() / "nowhere", here.path() / "state/dangling");
  CHECK_FALSE(disk.write_new("link", "new"));
  CHECK_FALSE(disk.write_new("dangling", "new"));
  CHECK(read_text(here / "outside") == "old");
  CHECK_FALSE(fs::exists(here.path() / "nowhere"));
}

TEST_CASE("nothing below the state directory is followed through a link") {
  const TemporaryDirectory here;
  fs::create_directory(here.path() / "outside");
  write_text(here / "outside/file", "theirs");
  fs::create_directory(here.path() / "real");
  fs::create_directory_symlink(here.path() / "real", here.path() / "state");
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  REQUIRE(disk.write_new("ours", "ours"));
  CHECK(fs::exists(here.path() / "real/ours"));

  fs::create_directory_symlink(here.path() / "outside", here.path() / "real/pending");
  fs::create_symlink(here.path() / "outside/file", here.path() / "real/file");
  const auto before = snapshot(here.path() / "outside");
  CHECK(disk.inspect("pending")->value().type == EntryType::kOther);
  CHECK(kind_of(disk.inspect("pending/file")) == ErrorKind::kStateNotWritable);
  CHECK(kind_of(disk.read("pending/file", 100)) == ErrorKind::kStateNotWritable);
  CHECK(kind_of(disk.read("file", 100)) == ErrorKind::kStateNotWritable);
  CHECK(kind_of(disk.list("pending")) == ErrorKind::kStateNotWritable);
  CHECK(kind_of(disk.write_new("pending/new", "x")) == ErrorKind::kStateNotWritable);
  CHECK(kind_of(disk.make_directory("pending/new")) == ErrorKind::kStateNotWritable);
  CHECK(kind_of(disk.set_mode("file", 0644)) == ErrorKind::kStateNotWritable);
  CHECK(kind_of(disk.set_mode("pending", 0755)) == ErrorKind::kStateNotWritable);
  CHECK(kind_of(disk.sync_file("file")) == ErrorKind::kStateNotWritable);
  CHECK(kind_of(disk.rename("ours", "pending/ours")) == ErrorKind::kStateNotWritable);
  CHECK(kind_of(disk.exchange("ours", "pending/file")) == ErrorKind::kStateNotWritable);
  CHECK(kind_of(disk.remove_file("pending/file")) == ErrorKind::kStateNotWritable);
  CHECK(snapshot(here.path() / "outside") == before);
  // The link itself may be removed.
  CHECK(disk.remove_file("file"));
  CHECK(snapshot(here.path() / "outside") == before);
}

TEST_CASE("what is not a file is not read, and does not block") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  REQUIRE(::mkfifo((here / "state/fifo").c_str(), 0600) == 0);
  REQUIRE(disk.make_directory("directory"));
  CHECK(disk.inspect("fifo")->value().type == EntryType::kOther);
  CHECK(kind_of(disk.read("fifo", 100)) == ErrorKind::kStateNotWritable);
  CHECK(kind_of(disk.read("directory", 100)) == ErrorKind::kStateNotWritable);
}

TEST_CASE("paths that lead elsewhere are refused") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  const std::string paths[] = {
      ".", "..", "../x", "a/..", "a/.", "/etc", "/", "a/", "a//b", "a/b/c", std::string("a\0b", 3)};
  for (const std::string& path : paths) {
    INFO(path);
    CHECK(kind_of(disk.inspect(path)) == ErrorKind::kInternal);
    CHECK(kind_of(disk.write_new(path, "x")) == ErrorKind::kInternal);
    CHECK(kind_of(disk.remove_file(path)) == ErrorKind::kInternal);
  }
  CHECK(kind_of(disk.write_new("", "x")) == ErrorKind::kInternal);
}

TEST_CASE("rename replaces a file and refuses a directory that is not empty") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  REQUIRE(disk.make_directory("pending"));
  REQUIRE(disk.write_new("pending/journal", "old"));
  REQUIRE(disk.write_new("pending/journal.new", "new"));
  REQUIRE(disk.rename("pending/journal.new", "pending/journal"));
  // The descriptor of the replaced file is not used for the new one.
  REQUIRE(disk.sync_file("pending/journal"));
  CHECK(disk.read("pending/journal", 100)->value().reveal() == "new");
  CHECK(disk.list("pending") == std::vector<std::string>{"journal"});
  REQUIRE(disk.make_directory("identity"));
  REQUIRE(disk.rename("pending", "identity"));
  REQUIRE(disk.make_directory("pending"));
  CHECK(kind_of(disk.rename("pending", "identity")) == ErrorKind::kDiskError);
  CHECK(kind_of(disk.rename("absent", "identity")) == ErrorKind::kDiskError);
  CHECK(disk.list("identity") == std::vector<std::string>{"journal"});
}

TEST_CASE("exchange swaps two directories at once") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  for (const std::string name : {"pending", "identity"}) {
    REQUIRE(disk.make_directory(name));
    REQUIRE(disk.write_new(name + "/name", name));
  }
  const auto swapped = disk.exchange("pending", "identity");
  REQUIRE(swapped);
  if (!*swapped) {
    FP_NOT_TRIED("this file system cannot exchange");
    return;
  }
  CHECK(disk.read("pending/name", 100)->value().reveal() == "identity");
  CHECK(disk.read("identity/name", 100)->value().reveal() == "pending");
  CHECK(kind_of(disk.exchange("pending", "absent")) == ErrorKind::kDiskError);
}

TEST_CASE("removing what is not there succeeds, removing what is full does not") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  CHECK(disk.remove_file("file"));
  CHECK(disk.remove_directory("directory"));
  REQUIRE(disk.make_root());
  CHECK(disk.remove_file("file"));
  CHECK(disk.remove_file("pending/file"));
  CHECK(disk.remove_directory("directory"));
  REQUIRE(disk.make_directory("directory"));
  REQUIRE(disk.write_new("directory/file", "x"));
  CHECK(kind_of(disk.remove_directory("directory")) == ErrorKind::kDiskError);
  CHECK(disk.remove_file("directory/file"));
  CHECK(disk.remove_directory("directory"));
  CHECK(disk.list("")->empty());
}

TEST_CASE("a directory with up to 10 000 names is listed, one with more is refused") {
  const TemporaryDirectory here;
  fs::create_directories(here.path() / "state/pending");
  const Descriptor pending(::open((here / "state/pending").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto add = [&pending](int number) {
    return ::mknodat(pending.get(), std::to_string(number).c_str(), S_IFREG | 0600, 0) == 0;
  };
  bool added = true;
  for (int number = 0; number < 10'000; ++number) added = added && add(number);
  REQUIRE(added);
  PosixDisk disk(here / "state");
  CHECK(disk.list("pending").value().size() == 10'000);
  REQUIRE(add(10'000));
  CHECK(disk.list("pending").error().message.ends_with("it holds more than 10000 names"));
}

TEST_CASE("a directory that another process replaces before the lock is taken is looked at again") {
  const TemporaryDirectory here;
  fs::create_directories(here.path() / "state/pending");
  here.write("state/pending/journal", "old");
  PosixDisk disk(here / "state");
  REQUIRE(disk.read("pending/journal", 100).value().value().reveal() == "old");
  fs::rename(here.path() / "state/pending", here.path() / "state/identity");
  fs::create_directories(here.path() / "state/pending");
  here.write("state/pending/journal", "new");
  REQUIRE(disk.lock());
  CHECK(disk.read("pending/journal", 100).value().value().reveal() == "new");
}

TEST_CASE("set_mode gives exactly the mode, to files and directories") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  REQUIRE(disk.make_directory("pending"));
  REQUIRE(disk.write_new("pending/certificate.pem", "x"));
  CHECK(disk.set_mode("pending/certificate.pem", 0644));
  CHECK(disk.set_mode("pending", 0755));
  CHECK(mode_of(here / "state/pending/certificate.pem") == 0644);
  CHECK(mode_of(here / "state/pending") == 0755);
  CHECK(kind_of(disk.set_mode("absent", 0644)) == ErrorKind::kDiskError);
}

TEST_CASE("syncing what is not there is an error") {
  const TemporaryDirectory here;
  PosixDisk disk(here / "state");
  CHECK_FALSE(disk.sync_directory(""));
  REQUIRE(disk.make_root());
  CHECK_FALSE(disk.sync_file("absent"));
  CHECK_FALSE(disk.sync_directory("absent"));
  REQUIRE(disk.write_new("file", "x"));
  CHECK(kind_of(disk.sync_directory("file")) == ErrorKind::kStateNotWritable);
}

TEST_CASE("a state directory that cannot be made is reported with its cause") {
  const TemporaryDirectory here;
  write_text(here / "file", "");
  fs::create_symlink(here.path() / "nowhere", here.path() / "dangling");
  const struct {
    std::string state_dir;
    std::string words;
  } rows[] = {
      {here / "file", "not a directory"},
      {here / "file/below", "not a directory"},
      {here / "dangling", "dangling is a dangling symbolic link"},
      {here / std::string(300, 'x'), "file name too long"},
  };
  for (const auto& row : rows) {
    INFO(row.state_dir);
    PosixDisk disk(row.state_dir);
    const auto made = disk.make_root();
    CHECK(kind_of(made) == ErrorKind::kStateNotWritable);
    CHECK(made.error().message.find(row.words) != std::string::npos);
    CHECK_FALSE(made.error().hint.empty());
  }
  CHECK(kind_of(PosixDisk(here / "file").inspect("identity")) == ErrorKind::kStateNotWritable);
}

/// The word of the kind and the message, as text that a child process can return.
template <class T>
std::string outcome_of(const Result<T>& result) {
  return result ? "success" : std::string(word(result.error().kind)) + "|" + result.error().hint;
}

TEST_CASE("what another user may not do is state-not-writable, with a hint") {
  if (::geteuid() != 0) {
    FP_NOT_TRIED("needs root to become another user");
    return;
  }
  const TemporaryDirectory here;
  ::chmod(here.path().c_str(), 0755);
  PosixDisk disk(here / "state");
  REQUIRE(disk.make_root());
  REQUIRE(disk.make_directory("pending"));
  REQUIRE(disk.write_new("secret", "x"));
  const auto as_nobody = [](auto act) {
    return in_child([act] {
      constexpr uid_t kNobody = 65534;
      if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) return std::string("setuid failed");
      return act();
    });
  };
  const std::string state = here / "state";
  const std::string expected = "state-not-writable|run as root, or choose another directory with --state-dir";
  CHECK(as_nobody([&] { return outcome_of(PosixDisk(state).lock()); }) == expected);
  CHECK(as_nobody([&] { return outcome_of(PosixDisk(state).write_new("new", "x")); }) == expected);
  CHECK(as_nobody([&] { return outcome_of(PosixDisk(state).make_directory("new")); }) == expected);
  CHECK(as_nobody([&] { return outcome_of(PosixDisk(state).read("secret", 10)); }) == expected);
  CHECK(as_nobody([&] { return outcome_of(PosixDisk(state).list("pending")); }) == expected);
  CHECK(as_nobody([&] { return outcome_of(PosixDisk(state).rename("pending", "identity")); }) == expected);
  CHECK(as_nobody([&] { return outcome_of(PosixDisk(state + "/new/deeper").make_root()); }) == expected);
  CHECK(as_nobody([&] { return outcome_of(PosixDisk(state).set_mode("pending", 0755)); }) == expected);
  CHECK(as_nobody([&] {
          const auto facts = PosixDisk(state).inspect("pending");
          return std::string(facts && *facts && !(*facts)->owned_by_us ? "theirs" : "wrong");
        }) == "theirs");
}

TEST_CASE("a file that does not fit is reported as such and leaves nothing behind") {
  const TemporaryDirectory here;
  const std::string state = here / "state";
  PosixDisk disk(state);
  REQUIRE(disk.make_root());
  // The first write writes only a part, the second fails.
  const std::string outcome = in_child([&state] {
    const rlimit limit{65536, 65536};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);
    return outcome_of(PosixDisk(state).write_new("big", std::string(200'000, 'x')));
  });
  CHECK(outcome.starts_with("disk-full|"));
  CHECK(disk.list("")->empty());
}

}  // namespace
}  // namespace fleet_provision

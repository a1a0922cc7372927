// The output directory on a real file system.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "batch/record/output_directory.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/batch/record_samples.hpp"

using namespace fleet_provision;
using namespace fleet_provision::batch;
using fleet_provision::batch::test::sample_of;
using fleet_provision::test::read_text;
using fleet_provision::test::TemporaryDirectory;
using fleet_provision::test::write_text;
namespace fs = std::filesystem;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777U : 0;
}

struct Umask {
  explicit Umask(mode_t mask) : before(::umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(before); }
  mode_t before;
};

}  // namespace

TEST_CASE("an output directory is created with its parents, and holds results across runs") {
  const TemporaryDirectory temporary;
  const Umask umask(0077);
  const std::string path = temporary / "factory/line 1";
  std::vector<std::string> warnings;
  {
    const auto directory = OutputDirectory::open(path);
    REQUIRE(directory);
    CHECK(directory->path() == path);
    auto file = directory->open_results();
    REQUIRE(file);
    CHECK((*file)->path() == path + "/results.jsonl");
    auto results = Results::open(std::move(*file), warnings);
    REQUIRE(results);
    CHECK(results->append({sample_of("a"), sample_of("b")}));
    CHECK(results->append({sample_of("c")}));
    CHECK(directory->replace("batch.json", to_json(BatchFacts{})));
    CHECK(directory->replace("batch.json", "{}\n"));
  }
  CHECK(mode_of(path) == 0755);
  CHECK(mode_of(path + "/results.jsonl") == 0644);
  CHECK(mode_of(path + "/batch.json") == 0644);
  CHECK(read_text(path + "/batch.json") == "{}\n");
  CHECK_FALSE(fs::exists(path + "/batch.json.new"));

  const auto directory = OutputDirectory::open(path + "/");
  REQUIRE(directory);
  auto results = Results::open(std::move(*directory->open_results()), warnings);
  REQUIRE(results);
  CHECK(results->ledger().size() == 3);
  CHECK(results->ledger().unit_with_thing("thing-c") == "c");
  CHECK(warnings.empty());
}

TEST_CASE("a directory is held by one batch, and says by which") {
  const TemporaryDirectory temporary;
  const std::string path = temporary / "line1";
  auto holder = OutputDirectory::open(path);
  REQUIRE(holder);
  const auto second = OutputDirectory::open(path);
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::kLocked);
  CHECK(second.error().message == "another run (process " + std::to_string(::getpid()) + ") holds " + path + "/lock");
  // The lock is the directory's too.
  fs::remove(path + "/lock");
  CHECK(OutputDirectory::open(path).error().kind == ErrorKind::kLocked);
  holder = fail(ErrorKind::kInternal, "");
  CHECK(OutputDirectory::open(path));
}

TEST_CASE("no descriptor of an output directory is inherited") {
  const TemporaryDirectory temporary;
  const auto directory = OutputDirectory::open(temporary / "line1");
  REQUIRE(directory);
  const auto file = directory->open_results();
  REQUIRE(file);
  unsigned of_ours = 0;
  for (const auto& each : fs::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    if (!fs::read_symlink(each.path(), ignored).string().starts_with(temporary.path().string())) continue;
    ++of_ours;
    const int number = std::stoi(each.path().filename().string());
    CHECK((::fcntl(number, F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(of_ours == 4);
}

TEST_CASE("links and what is not a file are refused, and what they lead to stays as it is") {
  struct Row {
    const char* name;
    const char* made_as;
    ErrorKind kind;
    const char* message;
  };
  const std::vector<Row> rows{
      {"lock", "link", ErrorKind::kStateNotWritable, "symbolic link"},
      {"lock", "hard link", ErrorKind::kStateNotPrivate, "has 2 names"},
      {"lock", "fifo", ErrorKind::kStateNotPrivate, "is not a file"},
      {"lock", "directory", ErrorKind::kStateNotWritable, "it is a directory"},
      {"results.jsonl", "link", ErrorKind::kStateNotWritable, "symbolic link"},
      {"results.jsonl", "dangling", ErrorKind::kStateNotWritable, "symbolic link"},
      {"results.jsonl", "hard link", ErrorKind::kStateNotPrivate, "has 2 names"},
      {"results.jsonl", "fifo", ErrorKind::kStateNotPrivate, "is not a regular file"},
      {"results.jsonl", "directory", ErrorKind::kStateNotWritable, "it is a directory"},
  };
  for (const Row& row : rows) {
    INFO(row.name << " is a " << row.made_as);
    const TemporaryDirectory temporary;
    write_text(temporary / "other", "kept");
    const std::string path = temporary / "line1";
    fs::create_directory(path);
    const std::string name = path + "/" + row.name;
    const std::string made_as = row.made_as;
    if (made_as == "link") fs::create_symlink(temporary / "other", name);
    if (made_as == "dangling") fs::create_symlink(temporary / "none", name);
    if (made_as == "hard link") fs::create_hard_link(temporary / "other", name);
    if (made_as == "fifo") REQUIRE(::mkfifo(name.c_str(), 0600) == 0);
    if (made_as == "directory") fs::create_directory(name);
    const auto directory = OutputDirectory::open(path);
    const auto file = directory ? directory->open_results() : fail(directory.error());
    REQUIRE_FALSE(file);
    CHECK(file.error().kind == row.kind);
    CHECK(file.error().message.find(name) != std::string::npos);
    CHECK(file.error().message.find(row.message) != std::string::npos);
    CHECK(file.error().hint.find("state") == std::string::npos);
    CHECK(read_text(temporary / "other") == "kept");
    CHECK_FALSE(fs::exists(temporary / "none"));
  }
}

TEST_CASE("a directory that other users can write to is refused") {
  for (const unsigned mode : {0777U, 0775U, 01777U}) {
    const TemporaryDirectory temporary;
    const std::string path = temporary / "line1";
    fs::create_directory(path);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    const auto refused = OutputDirectory::open(path);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::kStateNotPrivate);
    CHECK(refused.error().message == path + " is writable by other users");
    CHECK(refused.error().hint.starts_with("chmod go-w " + path));
    CHECK(fs::is_empty(path));
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
    CHECK(OutputDirectory::open(path));
  }
}

TEST_CASE("a file that replaces another takes the place of a link, and leaves nothing if that fails") {
  const TemporaryDirectory temporary;
  const auto directory = OutputDirectory::open(temporary / "line1");
  REQUIRE(directory);
  const std::string path = directory->path();
  write_text(temporary / "other", "kept");
  fs::create_symlink(temporary / "other", path + "/batch.json");
  fs::create_symlink(temporary / "other", path + "/batch.json.new");
  CHECK(directory->replace("batch.json", "{}\n"));
  CHECK_FALSE(fs::is_symlink(path + "/batch.json"));
  CHECK(read_text(path + "/batch.json") == "{}\n");
  CHECK(read_text(temporary / "other") == "kept");

  fs::create_directories(path + "/other.json/in the way");
  const auto failed = directory->replace("other.json", "{}\n");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.starts_with("cannot write " + path + "/other.json"));
  CHECK_FALSE(fs::exists(path + "/other.json.new"));
}

TEST_CASE("errors of an output directory name it and its option") {
  const TemporaryDirectory temporary;
  write_text(temporary / "file", "");
  for (const std::string& path : {temporary / "file", temporary / "file/line1"}) {
    const auto directory = OutputDirectory::open(path);
    REQUIRE_FALSE(directory);
    CHECK(directory.error().kind == ErrorKind::kStateNotWritable);
    CHECK(directory.error().message.find(path) != std::string::npos);
    CHECK(directory.error().hint == "choose another directory with --output-dir");
  }
}

TEST_CASE("results that were removed while in use are missed") {
  const TemporaryDirectory temporary;
  const auto directory = OutputDirectory::open(temporary / "line1");
  REQUIRE(directory);
  std::vector<std::string> warnings;
  auto results = Results::open(std::move(*directory->open_results()), warnings);
  REQUIRE(results);
  CHECK(results->append({sample_of("a")}));
  fs::remove(directory->path() + "/results.jsonl");
  const auto failed = results->append({sample_of("b")});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::kDiskError);
  CHECK(failed.error().message == directory->path() + "/results.jsonl was removed while it was in use");
}

TEST_CASE("results are opened for a report without the lock, also through a link") {
  const TemporaryDirectory temporary;
  CHECK(open_results_of(temporary / "none").error().kind == ErrorKind::kFileNotFound);
  write_text(temporary / "file", "");
  CHECK(open_results_of(temporary / "file").error().kind == ErrorKind::kFileNotFound);
  const auto directory = OutputDirectory::open(temporary / "line1");
  REQUIRE(directory);
  std::vector<std::string> warnings;
  auto results = Results::open(std::move(*directory->open_results()), warnings);
  REQUIRE(results);
  CHECK(results->append({sample_of("a")}));
  fs::create_directory(temporary / "copy");
  fs::create_symlink(directory->path() + "/results.jsonl", temporary / "copy/results.jsonl");
  for (const std::string& path : {directory->path(), temporary / "copy"}) {
    auto file = open_results_of(path);
    REQUIRE(file);
    CHECK((*file)->is_read_only());
    const auto read = Results::open(std::move(*file), warnings);
    REQUIRE(read);
    CHECK(read->ledger().size() == 1);
  }
}

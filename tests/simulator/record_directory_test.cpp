// Records of the simulator's state: complete for every reader at every time, and without any other files left.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "records/record_directory.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision::simulator {

using namespace test;

namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

struct Records {
  TemporaryDirectory scratch;
  RecordDirectory directory{scratch.path().string()};
  RecordDirectory::Instant now{};

  void save(const std::string& name, const std::string& text) { REQUIRE(directory.save(name, text, now)); }
  [[nodiscard]] std::string text(const std::string& name) const { return read_text(scratch / name); }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(scratch.path()), fs::directory_iterator{}));
  }
};

}  // namespace

TEST_CASE("a record holds what was saved last and nothing of what was there before") {
  Records records;
  records.save("a.json", "a long first text");
  records.save("b.json", "another");
  for (int i = 0; i < 5; ++i) {
    records.now += seconds(20);
    records.save("a.json", "short");
    records.now += seconds(20);
    records.save("b.json", "another that is much longer than before");
  }
  CHECK(records.text("a.json") == "short");
  CHECK(records.text("b.json") == "another that is much longer than before");
  // The spare files are reused: two records and one spare remain.
  CHECK(records.files() == 3);
}

TEST_CASE("a reader that has opened a record reads it whole while it is replaced") {
  Records records;
  records.save("a.json", "the first text");
  std::ifstream reader(records.scratch / "a.json");
  for (int i = 0; i < 3; ++i) {
    records.save("a.json", "replaced");
    records.save("b.json", "another record");
  }
  std::string seen;
  std::getline(reader, seen);
  CHECK(seen == "the first text");
}

TEST_CASE("spare files go with the run, and those of a run that was killed with the next") {
  TemporaryDirectory scratch;
  write_text(scratch / ".spare-7", "of a killed run");
  {
    RecordDirectory directory(scratch.path().string());
    REQUIRE(directory.save("a.json", "one", {}));
    REQUIRE(directory.save("a.json", "two", {}));
  }
  CHECK(read_text(scratch / "a.json") == "two");
  CHECK(std::distance(fs::directory_iterator(scratch.path()), fs::directory_iterator{}) == 1);
}

TEST_CASE("a file that replaced a record is replaced and never written to") {
  Records records;
  TemporaryDirectory elsewhere;
  write_text(elsewhere / "own", "somebody's own");
  records.save("a.json", "one");
  records.save("b.json", "one");
  fs::remove(records.scratch / "a.json");
  fs::create_symlink(elsewhere / "own", records.scratch / "a.json");
  ::chmod((records.scratch / "b.json").c_str(), 0600);
  for (const char* text : {"two", "three", "four", "five", "six"}) {
    records.now += seconds(20);
    for (const char* name : {"a.json", "b.json", "c.json"}) {
      CAPTURE(name, text);
      records.save(name, text);
      CHECK(records.text(name) == text);
      CHECK(fs::is_regular_file(fs::symlink_status(records.scratch / name)));
      CHECK(fs::status(records.scratch / name).permissions() == fs::perms(0644));
      CHECK(read_text(elsewhere / "own") == "somebody's own");
    }
  }
}

TEST_CASE("a missing directory is an error") {
  Records records;
  fs::remove_all(records.scratch.path());
  const auto saved = records.directory.save("a.json", "text", {});
  REQUIRE_FALSE(saved);
  CHECK(saved.error().kind == ErrorKind::kStateNotWritable);
}

}  // namespace fleet_provision::simulator

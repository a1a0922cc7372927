// Where a manifest comes from, and where its copy goes.
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "adapters/system/reading_limit.hpp"
#include "batch/manifest/manifest_copy.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/unit/batch/manifest_fixture.hpp"

// A comparison with no texts prints those that there are.
// NOLINTBEGIN(readability-container-size-empty)
using namespace fleet_provision;
using namespace fleet_provision::batch;
using namespace fleet_provision::batch::test;

namespace {

std::vector<Error> errors_of(const ManifestFixture& fixture, const std::string& manifest) {
  Arguments arguments = fixture.complete();
  arguments.insert(arguments.end(), {"--manifest", manifest, "--manifest-format", "csv"});
  const auto read = fixture.read_with(arguments);
  const auto* errors = std::get_if<std::vector<Error>>(&read);
  return errors != nullptr ? *errors : std::vector<Error>{};
}

}  // namespace

TEST_CASE("a manifest that cannot be read is one error") {
  const ManifestFixture fixture;
  REQUIRE(::mkfifo(fixture.path("fifo").c_str(), 0600) == 0);
  // The deadline has passed; what it allows is no wait at all.
  const ReadingLimit limit(Instant{}, nullptr);
  struct Row {
    std::string manifest;
    ErrorKind kind;
    std::string text;
  };
  const Row rows[] = {
      {"@/none.csv", ErrorKind::kFileNotFound,
       "the manifest @/none.csv does not exist [correct the path, or put the file there]"},
      {"@/out", ErrorKind::kFileUnreadable,
       "cannot read the manifest @/out: is a directory [give a file, not a directory]"},
      {"@/fifo", ErrorKind::kFileUnreadable,
       "cannot read the manifest @/fifo: it did not end within the time limit (--timeout) [name a regular file, or "
       "have "
       "the program that writes to it end in time]"},
  };
  for (const Row& each : rows) {
    CAPTURE(each.manifest);
    const auto errors = errors_of(fixture, fixture.filled(each.manifest));
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].kind == each.kind);
    CHECK(fixture.texts(errors) == Texts{each.text});
  }
}

TEST_CASE("a manifest without an end is not copied for ever") {
  const ManifestFixture fixture;
  CHECK(fixture.texts(errors_of(fixture, "/dev/zero")) ==
        Texts{"/dev/zero: line 1: the line has more than 262144 bytes [check that this is the right file]"});
}

TEST_CASE("a pipe is refused where each unit would read it") {
  const ManifestFixture fixture;
  REQUIRE(::mkfifo(fixture.path("fifo").c_str(), 0600) == 0);
  const std::string said =
      "@/fifo is a pipe, which only one unit could read [save its content to a private file and give the file's name]";
  const std::string fifo = fixture.path("fifo");
  struct Row {
    Arguments more;
    std::string origin;
  };
  const Row rows[] = {
      {{"--claim", fifo}, "--claim"},
      {{"--ca-file", fifo}, "--ca-file"},
      {{"--parameters", fifo}, "--parameters"},
      {{"-P", "a=@" + fifo}, "--parameter"},
  };
  for (const Row& each : rows) {
    CHECK(fixture.errors("units.csv", "S\n1\n2\n", each.more) == Texts{each.origin + ": " + said});
  }
  CHECK(fixture.errors("units.csv", "S\n1\n2\n", {"-P", "a=@@" + fifo, "-P", "b=c=@" + fifo}) == Texts{});
}

TEST_CASE("a signal ends the reading") {
  const ManifestFixture fixture;
  Interrupt interrupt;
  interrupt.raise(ErrorKind::kTerminated);
  Arguments arguments = fixture.complete();
  arguments.insert(arguments.end(), {"--manifest", fixture.write("units.csv", "S\n1\n")});
  const auto read = fixture.read_with(arguments, {}, &interrupt);
  REQUIRE(std::holds_alternative<std::vector<Error>>(read));
  CHECK(std::get<std::vector<Error>>(read).front().kind == ErrorKind::kTerminated);
}

TEST_CASE("a manifest from stdin is named so") {
  const ManifestFixture fixture;
  const std::string file = fixture.write("given", "S,--timeout\n1,x\n");
  const std::string text = fleet_provision::test::in_child([&] {
    const int opened = ::open(file.c_str(), O_RDONLY);
    if (::dup2(opened, STDIN_FILENO) < 0) return std::string("dup2");
    const auto texts = fixture.texts(errors_of(fixture, "-"));
    return texts.empty() ? std::string() : texts.front();
  });
  CHECK(text == "stdin: line 2, column 2 (--timeout): \"x\" is not a number of seconds from 1 to 604800 []");
}

TEST_CASE("a copy that does not fit on the disk is told so") {
  const ManifestFixture fixture;
  std::string csv = "S\n";
  for (int i = 0; i < 2000; ++i) csv += std::to_string(i) + "\n";
  const std::string file = fixture.write("units.csv", csv);
  const std::string text = fleet_provision::test::in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return std::string("setrlimit");
    const auto errors = errors_of(fixture, file);
    return errors.empty() ? std::string()
                          : std::string(word(errors.front().kind)) + " " + fixture.texts(errors).front();
  });
  CHECK(text ==
        "disk-full cannot write a copy of the manifest in @/out: file too large [raise the limit on file sizes (ulimit "
        "-f) and rerun]");
}

TEST_CASE("a copy has no name, also on file systems that cannot make such a file") {
  const ManifestFixture fixture;
  const Descriptor out(::open(fixture.path("out").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (const bool has_unnamed_files : {true, false}) {
    auto copy = ManifestCopy::create(out.get(), "out", has_unnamed_files);
    REQUIRE(copy);
    CHECK(std::filesystem::is_empty(fixture.path("out")));
    REQUIRE(copy->append("abc"));
    REQUIRE(copy->append("def"));
    CHECK(copy->read(2, 3).value() == "cde");
    const auto behind = copy->read(4, 3);
    REQUIRE_FALSE(behind);
    CHECK(behind.error().kind == ErrorKind::kDiskError);
  }
}
// NOLINTEND(readability-container-size-empty)

// How long reading a pipe, a device or a file may take.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "adapters/system/descriptor.hpp"
#include "adapters/system/named_file.hpp"
#include "adapters/system/reading_limit.hpp"
#include "tests/adapters/disk_facts.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/failing_call.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fleet_provision {
namespace {

using namespace test;

Instant in(Milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

const Milliseconds kLong = std::chrono::minutes(1);

/// The two ends of a pipe; `blocks` says whether its reader does.
struct Pipe {
  Descriptor reader;
  Descriptor writer;
  explicit Pipe(bool blocks) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC | (blocks ? 0 : O_NONBLOCK)) == 0);
    reader = Descriptor(ends[0]);
    writer = Descriptor(ends[1]);
  }
};

/// The text of one read, or the error number.
std::string read_once(LimitedReader& reader, std::size_t size = 16) {
  std::string text(size, '\0');
  const ssize_t count = reader.read(text.data(), size);
  return count < 0 ? "error " + std::to_string(errno) : text.substr(0, static_cast<std::size_t>(count));
}

TEST_CASE("a regular file is read whatever the limit, to its end") {
  const TemporaryFile file("abcdef");
  const Descriptor descriptor(open_to_read(file.path()));
  const ReadingLimit limit(Instant{}, nullptr);
  LimitedReader reader(descriptor.get());
  CHECK(read_once(reader, 4) == "abcd");
  CHECK(read_once(reader, 4) == "ef");
  CHECK(read_once(reader, 4).empty());
  const Descriptor directory(open_to_read("/"));
  LimitedReader of_directory(directory.get());
  CHECK(read_once(of_directory) == "error " + std::to_string(EISDIR));
}

TEST_CASE("a pipe is read until its writer closes it") {
  for (const bool blocks : {true, false}) {
    INFO(blocks);
    Pipe pipe(blocks);
    const ReadingLimit limit(in(kLong), nullptr);
    LimitedReader reader(pipe.reader.get());
    REQUIRE(::write(pipe.writer.get(), "abc", 3) == 3);
    CHECK(read_once(reader) == "abc");
    std::thread writer([&] {
      std::this_thread::sleep_for(Milliseconds(5));
      if (::write(pipe.writer.get(), "de", 2) == 2) pipe.writer = Descriptor();
    });
    CHECK(read_once(reader) == "de");
    writer.join();
    CHECK(read_once(reader).empty());
  }
}

TEST_CASE("a named pipe without a writer is no empty file") {
  const TemporaryDirectory here;
  const std::string path = here / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const Descriptor descriptor(open_to_read(path));
  REQUIRE(descriptor);
  LimitedReader reader(descriptor.get());
  {
    const ReadingLimit limit(in(Milliseconds(20)), nullptr);
    CHECK(read_once(reader) == "error " + std::to_string(ETIMEDOUT));
  }
  const ReadingLimit limit(in(kLong), nullptr);
  std::thread writer([&] { write_text(path, "late"); });
  CHECK(read_once(reader) == "late");
  writer.join();
  CHECK(read_once(reader).empty());
}

TEST_CASE("a wait ends at the innermost deadline, or when the run is interrupted") {
  Pipe pipe(true);
  LimitedReader reader(pipe.reader.get());
  Interrupt interrupt;
  const ReadingLimit outer(in(kLong), &interrupt);
  {
    const ReadingLimit inner(in(Milliseconds(10)), nullptr);
    CHECK(read_once(reader) == "error " + std::to_string(ETIMEDOUT));
  }
  std::thread interrupter([&] {
    std::this_thread::sleep_for(Milliseconds(5));
    interrupt.raise(ErrorKind::kTerminated);
  });
  CHECK(read_once(reader) == "error " + std::to_string(ECANCELED));
  interrupter.join();
  // An interrupted run reads nothing more, whatever is there.
  REQUIRE(::write(pipe.writer.get(), "abc", 3) == 3);
  CHECK(read_once(reader) == "error " + std::to_string(ECANCELED));
}

TEST_CASE("the error of a wait that ended names the file, and the signal comes first") {
  Interrupt interrupt;
  {
    const ReadingLimit limit(in(kLong), &interrupt);
    CHECK_FALSE(reading_stopped(ECANCELED, "the claim"));
    CHECK_FALSE(reading_stopped(EIO, "the claim"));
    const auto late = reading_stopped(ETIMEDOUT, "the claim");
    REQUIRE(late);
    CHECK(late->kind == ErrorKind::kFileUnreadable);
    CHECK_THAT(late->message, Catch::StartsWith("cannot read the claim: it did not end"));
    interrupt.raise(ErrorKind::kTerminated);
    const auto stopped = reading_stopped(ECANCELED, "the claim");
    REQUIRE(stopped);
    CHECK(stopped->kind == ErrorKind::kTerminated);
  }
  CHECK_FALSE(reading_stopped(ECANCELED, "the claim"));
}

TEST_CASE("without a limit, or far from it, what is there is read at once") {
  Interrupt interrupt;
  Pipe pipe(true);
  LimitedReader reader(pipe.reader.get());
  REQUIRE(::write(pipe.writer.get(), "abcdef", 6) == 6);
  CHECK(read_once(reader, 2) == "ab");
  {
    const ReadingLimit never(Instant::max(), &interrupt);
    CHECK(read_once(reader, 2) == "cd");
  }
  const ReadingLimit never(Instant::max(), nullptr);
  CHECK(read_once(reader, 2) == "ef");
  pipe.writer = Descriptor();
  CHECK(read_once(reader).empty());
}

TEST_CASE("a pipe that does not block is read again after data, and waited for when it is empty") {
  Pipe pipe(false);
  LimitedReader reader(pipe.reader.get());
  REQUIRE(::write(pipe.writer.get(), "abc", 3) == 3);
  CHECK(read_once(reader) == "abc");
  {
    const ReadingLimit limit(in(Milliseconds(5)), nullptr);
    CHECK(read_once(reader) == "error " + std::to_string(ETIMEDOUT));
  }
  {
    const ReadingLimit past(Instant{}, nullptr);
    CHECK(read_once(reader) == "error " + std::to_string(ETIMEDOUT));
  }
  const ReadingLimit limit(in(kLong), nullptr);
  pipe.writer = Descriptor();
  CHECK(read_once(reader).empty());
}

TEST_CASE("a descriptor that cannot be read or waited for is an error of its number") {
  const ReadingLimit limit(in(kLong), nullptr);
  Pipe pipe(true);
  LimitedReader writer(pipe.writer.get());
  pipe.reader = Descriptor();
  CHECK(read_once(writer) == "error " + std::to_string(EBADF));
  const std::string failed = in_child([] {
    Pipe other(true);
    LimitedReader reader(other.reader.get());
    fail_call(SYS_poll, EINVAL);
    return read_once(reader);
  });
  CHECK(failed == "error " + std::to_string(EINVAL));
}

TEST_CASE("a file opened to be read is not inherited and does not block") {
  const TemporaryFile file("x");
  const Descriptor opened(open_to_read(file.path()));
  CHECK((::fcntl(opened.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(opened.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(opened.get(), F_GETFL) & O_ACCMODE) == O_RDONLY);
}

TEST_CASE("what keeps a named file from being read is told, and what was read is noted") {
  const TemporaryDirectory here;
  const std::string file = here.write("file", "text");
  const auto read = [](const std::string& path, std::vector<ClaimFile>* files = nullptr) {
    return read_named_file(path, "claim key", ErrorKind::kClaimKeyUnusable, 100, files);
  };
  std::vector<ClaimFile> files;
  CHECK(read(file, &files).value().reveal() == "text");
  CHECK_FALSE(read(here / "none", &files));
  struct stat facts {};
  REQUIRE(::stat(file.c_str(), &facts) == 0);
  REQUIRE(files.size() == 1);
  CHECK(files[0].path == file);
  CHECK(files[0].stamp == stamp_of(facts));
  struct Row {
    std::string path;
    ErrorKind kind;
    const char* hint;
  };
  const Row rows[] = {
      {here / "none", ErrorKind::kFileNotFound, "correct the path, or put the file there"},
      {file + "/none", ErrorKind::kFileNotFound, "correct the path, or put the file there"},
      {here.path(), ErrorKind::kFileUnreadable, "give a file, not a directory"},
      {here / std::string(300, 'x'), ErrorKind::kFileUnreadable, ""},
  };
  for (const Row& row : rows) {
    INFO(row.path);
    const auto failed = read(row.path);
    CHECK(kind_of(failed) == row.kind);
    CHECK(failed.error().hint == row.hint);
  }
  struct Call {
    long number;
    int failure;
    const char* kind;
    const char* hint;
  };
  const Call calls[] = {{SYS_openat, EACCES, "file-unreadable", "run as a user who may read it"},
                        {SYS_openat, EMFILE, "out-of-resources", "raise the limit of open files"},
                        {kStatCall, EIO, "file-unreadable", ""},
                        {SYS_read, EIO, "file-unreadable", ""}};
  for (const Call& call : calls) {
    CAPTURE(call.number, call.failure);
    const std::string end = in_child([&] {
      fail_call(call.number, call.failure);
      // A later glibc asks for the facts of an open file by this call.
      if (call.number == kStatCall) fail_call(SYS_fstat, call.failure);
      const auto failed = read(file);
      return failed ? "read" : std::string(word(failed.error().kind)) + ": " + failed.error().hint;
    });
    CHECK_THAT(end, Catch::StartsWith(std::string(call.kind) + ": " + call.hint));
  }
}

TEST_CASE("a named file may have as many bytes as its limit, and no more") {
  const TemporaryFile file("12345678");
  const auto read = [&](std::size_t limit) {
    return read_named_file(file.path(), "claim key", ErrorKind::kClaimKeyUnusable, limit);
  };
  CHECK(read(9).value().reveal() == "12345678");
  CHECK(read(8).value().reveal() == "12345678");
  CHECK(kind_of(read(7)) == ErrorKind::kClaimKeyUnusable);
  // Memory is taken for the file, not for the limit.
  CHECK(read(std::size_t{1} << 60U).value().reveal() == "12345678");
}

}  // namespace
}  // namespace fleet_provision

// A lack of any resource has the same error kind, and the error names the limit that was reached.
#include "adapters/system/resources.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <new>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "adapters/system/descriptor.hpp"
#include "adapters/system/disk_error.hpp"
#include "adapters/system/named_file.hpp"
#include "tests/fakes/transport_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/failing_call.hpp"
#include "tests/support/forked_child.hpp"

using namespace fleet_provision;
using namespace fleet_provision::test;

namespace {

/// While it lives, the process can open only `count` more descriptors.
class FewDescriptors {
 public:
  explicit FewDescriptors(unsigned count) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    // The next descriptor gets the lowest free number.
    std::vector<Descriptor> copies;
    for (unsigned i = 0; i <= count; ++i) copies.emplace_back(::dup(0));
    const rlimit limit{static_cast<rlim_t>(copies.back().get()), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

/// Sets a stack size for threads that exceeds every address space.
class NoThreads {
 public:
  NoThreads() {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    ::pthread_attr_init(&huge);
    ::pthread_attr_setstacksize(&huge, std::size_t{1} << 46);
    ::pthread_setattr_default_np(&huge);
    ::pthread_attr_destroy(&huge);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;
  ~NoThreads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_{};
};

template <class Exception>
Error contained_error(const Exception& exception) {
  const auto result = contained("the work failed", [&]() -> Result<void> { throw exception; });
  REQUIRE_FALSE(result);
  return result.error();
}

}  // namespace

TEST_CASE("an errno of a resource that ran out is reported as that, with the limit") {
  const auto files = out_of_resources(EMFILE, "cannot open x");
  REQUIRE(files);
  CHECK(files->kind == ErrorKind::kOutOfResources);
  CHECK(files->message.starts_with("cannot open x: too many open files (RLIMIT_NOFILE "));
  CHECK_FALSE(files->hint.empty());
  const auto system = out_of_resources(ENFILE, "cannot open x");
  REQUIRE(system);
  CHECK(system->message == "cannot open x: too many open files in the whole system (fs.file-max)");
  const auto memory = out_of_resources(ENOMEM, "cannot open x");
  REQUIRE(memory);
  CHECK(memory->message.starts_with("cannot open x: out of memory: "));
  for (const int other : {EACCES, ENOENT, ENOSPC, EIO}) CHECK_FALSE(out_of_resources(other, "cannot open x"));
}

TEST_CASE("each lack names its limit and a means against it") {
  CHECK(limit_words(0).empty());
  CHECK(limit_hint(EACCES).empty());
  CHECK(limit_hint(EMFILE).find("ulimit -n") != std::string_view::npos);
  CHECK(limit_hint(ENFILE).find("fs.file-max") != std::string_view::npos);
  CHECK(out_of_memory().kind == ErrorKind::kOutOfResources);
  CHECK(out_of_memory().message.starts_with("out of memory: "));
  const auto with_limits = [](std::optional<rlim_t> space, std::optional<rlim_t> data) {
    return in_child([&] {
      const auto set = [](auto resource, rlim_t most) {
        rlimit limits{};
        ::getrlimit(resource, &limits);
        limits.rlim_cur = most;
        ::setrlimit(resource, &limits);
      };
      set(RLIMIT_AS, space.value_or(RLIM_INFINITY));
      set(RLIMIT_DATA, data.value_or(RLIM_INFINITY));
      return limit_words(ENOMEM) + "; " + std::string(limit_hint(ENOMEM));
    });
  };
  constexpr rlim_t kMuch = 3'000'000'000;
  CHECK(with_limits(kMuch, kMuch)
            .starts_with("limit of address space (RLIMIT_AS) is 2929687 KiB; raise the limit of memory (ulimit -v"));
  rlimit of_machine{};
  ::getrlimit(RLIMIT_AS, &of_machine);
  if (of_machine.rlim_max != RLIM_INFINITY) {
    FP_NOT_TRIED("this machine limits the address space");
    return;
  }
  CHECK(with_limits({}, kMuch).starts_with(
      "limit of data (RLIMIT_DATA) is 2929687 KiB; raise the limit of memory (ulimit -d"));
  CHECK(with_limits({}, {}).starts_with("the system has no memory left; end other programs"));
}

TEST_CASE("the state directory and named files report a lack of descriptors as such") {
  CHECK(disk_error(EMFILE, "open", "/x").value().kind == ErrorKind::kOutOfResources);
  CHECK(disk_error(ENFILE, "open", "/x").value().kind == ErrorKind::kOutOfResources);
  const FewDescriptors none(0);
  const auto read = read_named_file("/dev/null", "claim certificate", ErrorKind::kClaimCertificateUnusable);
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == ErrorKind::kOutOfResources);
  CHECK(read.error().message.starts_with("cannot read the claim certificate /dev/null: too many open files"));
}

TEST_CASE("there is room for a stack, or memory is what a process or thread lacks") {
  CHECK(room_for_stack());
#ifndef FLEET_PROVISION_SANITIZED
  const std::string message = in_child([] {
    const std::string failed = "cannot start x";
    // What is freed serves the words of the error: under the limit the heap cannot grow.
    void* volatile const heap = std::malloc(std::size_t{64} * 1024);
    std::free(heap);
    rlimit limits{};
    ::getrlimit(RLIMIT_AS, &limits);
    const rlimit before = limits;
    limits.rlim_cur = 1'048'576;
    ::setrlimit(RLIMIT_AS, &limits);
    const bool room = room_for_stack();
    const Error error = out_of_processes(failed);
    ::setrlimit(RLIMIT_AS, &before);
    return (room ? "room; " : "") + error.message;
  });
  CHECK(message == "cannot start x: out of memory: limit of address space (RLIMIT_AS) is 1024 KiB");
#endif
}

#ifndef FLEET_PROVISION_SANITIZED
TEST_CASE("the room for a stack is two MiB") {
  const auto room_of = [](rlim_t more) {
    return in_child([more] {
      std::ifstream sizes("/proc/self/statm");
      rlim_t pages = 0;
      sizes >> pages;
      rlimit limits{};
      ::getrlimit(RLIMIT_AS, &limits);
      limits.rlim_cur = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + more;
      if (::setrlimit(RLIMIT_AS, &limits) != 0) return "no limit";
      return room_for_stack() ? "room" : "none";
    });
  };
  constexpr rlim_t kMiB = 1'048'576;
  CHECK(room_of(2 * kMiB + kMiB / 2) == "room");
  CHECK(room_of(2 * kMiB - kMiB / 2) == "none");
}
#endif

TEST_CASE("a lack of descriptors names the limit and how many were wanted") {
  rlimit limits{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limits) == 0);
  CHECK(limit_words(EMFILE) == "too many open files (RLIMIT_NOFILE " + std::to_string(limits.rlim_cur) + ")");
  for (const unsigned count : {0U, 1U, 2U, 127U, 128U, 129U, 200U}) CHECK(need_descriptors(count));
  const std::string end = in_child([] {
    fail_call(SYS_eventfd2, ENODEV);
    const auto failed = need_descriptors(2);
    return failed ? "success" : std::string(word(failed.error().kind)) + ": " + failed.error().message;
  });
  CHECK_THAT(end, Catch::StartsWith("internal: cannot open 2 more files: "));
  const FewDescriptors none(0);
  CHECK(need_descriptors(0));
  const auto one = need_descriptors(1);
  REQUIRE_FALSE(one);
  CHECK(one.error().message.starts_with("cannot open 1 more files: too many open files (RLIMIT_NOFILE "));
  CHECK(one.error().hint.find("ulimit -n") != std::string::npos);
}

TEST_CASE("a thread that can be started does its work") {
  bool done = false;
  auto thread = start_thread([&] { done = true; });
  REQUIRE(thread);
  thread->join();
  CHECK(done);
}

TEST_CASE("a process that cannot be started names the limit that applies to its user") {
  const auto lack = [](bool as_root, rlim_t most) {
    return in_child([&] {
      rlimit limits{};
      ::getrlimit(RLIMIT_NPROC, &limits);
      limits.rlim_cur = limits.rlim_max = std::min(most, limits.rlim_max);
      if (::setrlimit(RLIMIT_NPROC, &limits) != 0) return std::string("no such limit");
      if (!as_root && ::setuid(65534) != 0) return std::string("no such user");
      return out_of_processes("cannot start x").message;
    });
  };
  if (::geteuid() != 0) {
    FP_NOT_TRIED("only root can lower its limits and act as two users");
    return;
  }
  CHECK(lack(true, 1) == "cannot start x: limit of tasks (pids.max) reached");
  CHECK(lack(false, 1) == "cannot start x: limit of processes (RLIMIT_NPROC) reached");
}

TEST_CASE("descriptors are counted without being kept") {
  const FewDescriptors few(3);
  for (int again = 0; again < 2; ++again) {
    CHECK(need_descriptors(3));
    const auto more = need_descriptors(4);
    REQUIRE_FALSE(more);
    CHECK(more.error().kind == ErrorKind::kOutOfResources);
  }
}

#ifndef FLEET_PROVISION_SANITIZED
TEST_CASE("a thread that cannot be started is an error, not an exception") {
  const NoThreads none;
  const auto thread = start_thread([] {});
  REQUIRE_FALSE(thread);
  CHECK(thread.error().kind == ErrorKind::kOutOfResources);
  CHECK(thread.error().message.starts_with("cannot start a thread: "));
}

TEST_CASE("a session without threads or descriptors says so, and ends") {
  ScriptedBroker broker(broker_options(), serve);
  TransportFixture fixture(broker.port());
  fixture.transport = std::make_unique<PahoTransport>(std::move(fixture.options), fixture.interrupt, fixture.observer);
  REQUIRE(fixture.transport->load_credentials());
  for (const bool threads : {true, false}) {
    std::unique_ptr<Session> session;
    if (threads) {
      const NoThreads none;
      session = fixture.transport->connect(fixture.request);
    } else {
      const FewDescriptors few(8);
      session = fixture.transport->connect(fixture.request);
    }
    const auto established = session->established();
    REQUIRE_FALSE(established);
    CHECK(established.error().kind == ErrorKind::kOutOfResources);
    session->close();
  }
  // A later session of the same transport works again.
  CHECK(exchange(*fixture.transport->connect(fixture.request)));
}
#endif

TEST_CASE("exceptions of a thread become its error") {
  CHECK(contained_error(std::bad_alloc()).kind == ErrorKind::kOutOfResources);
  CHECK(contained_error(std::bad_alloc()).message.starts_with("out of memory"));
  const std::system_error thread(EAGAIN, std::generic_category(), "thread");
  CHECK(contained_error(thread).kind == ErrorKind::kOutOfResources);
  const std::system_error files(EMFILE, std::generic_category(), "eventfd");
  CHECK(contained_error(files).message.starts_with("cannot open another file: too many open files"));
  const Error other = contained_error(std::runtime_error("odd"));
  CHECK(other.kind == ErrorKind::kInternal);
  CHECK(other.message == "the work failed: odd");
  const std::system_error unknown(EXDEV, std::generic_category(), "rename");
  CHECK(contained_error(unknown).kind == ErrorKind::kInternal);
  CHECK(contained_error(unknown).message.starts_with("the work failed: rename"));
  CHECK(contained_error(1).kind == ErrorKind::kOutOfResources);
  CHECK(contained_error(1).message == "out of memory");
}

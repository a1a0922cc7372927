#include "batch/run/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <utility>

#include "adapters/system/disk_error.hpp"
#include "adapters/system/resources.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::size_t kStackOfChild = 64 * 1024;
/// Descriptors that the batch opens for a moment while its children run: the other ends of the pipes, stdin of a child.
constexpr rlim_t kDescriptorsBeside = 8;
/// What is read of a pipe after its child has ended; a daemon may go on writing.
constexpr std::size_t kReadAfterEnd = 2 * 1024 * 1024;

/// What a child needs before exec.
struct Beginning {
  const char* program;
  char* const* arguments;
  char* const* environment;
  std::array<int, 3> streams;
  pid_t parent;
  /// errno of the call that failed; 0 once exec has succeeded. The child writes it into memory that it shares with the
  /// parent, which waits until the child has called exec or has ended.
  int failure = 0;
};

/// The handlers of the parent must not run in the child, which shares its memory: signals are blocked until all have
/// their default action.
void reset_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number <= SIGRTMAX; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Runs in the child, in the memory of the parent: only system calls.
int begin_child(void* argument) {
  auto& beginning = *static_cast<Beginning*>(argument);
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // A parent that ended before the call above sends no signal any more.
  if (::getppid() != beginning.parent) ::_exit(1);
  for (int number = 0; number < 3; ++number) ::dup2(beginning.streams[static_cast<std::size_t>(number)], number);
  // Our own descriptors close at exec; the caller of the batch may have left others open.
  ::close_range(3, UINT_MAX, 0);
  reset_signals();
  ::execve(beginning.program, beginning.arguments, beginning.environment);
  beginning.failure = errno;
  ::_exit(127);
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

/// The end of the parent does not block.
std::optional<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return std::nullopt;
  return pipe;
}

/// Reads up to `limit` bytes without waiting; closes the descriptor at its end. Returns whether it found much.
template <class Take>
bool read_all(Descriptor& descriptor, std::size_t limit, Take take) {
  std::array<char, 16 * 1024> part;
  bool much = false;
  while (descriptor && limit > 0) {
    const ssize_t size = ::read(descriptor.get(), part.data(), std::min(part.size(), limit));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) break;
    if (size <= 0) descriptor.reset();
    if (size <= 0) break;
    const auto bytes = static_cast<std::size_t>(size);
    take(std::string_view(part.data(), bytes));
    limit -= bytes;
    // A pipe with less than was asked for is empty now.
    if (bytes < part.size()) break;
    much = true;
  }
  return much;
}

Failure not_started(int number, const std::string& what) {
  const std::string failed = "cannot start " + what;
  if (number == EAGAIN) return fail(out_of_processes(failed));
  if (auto lack = out_of_resources(number, failed)) return fail(std::move(*lack));
  return fail(ErrorKind::kInternal, failed + ": " + words(number));
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& each : texts) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// clone with all signals blocked, so that no handler of the parent runs in its child.
pid_t clone_child(std::vector<unsigned char>& stack, Beginning& beginning, int& process_descriptor) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  constexpr int kFlags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
  const pid_t process = ::clone(begin_child, stack.data() + stack.size(), kFlags, &beginning, &process_descriptor);
  const int number = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (process < 0) beginning.failure = number;
  return process;
}

}  // namespace

Child::Child(pid_t process, Descriptor process_descriptor, Descriptor output, Descriptor errors)
    : process_(process),
      process_descriptor_(std::move(process_descriptor)),
      output_(std::move(output)),
      errors_(std::move(errors)) {}

Child::Child(Child&& other) noexcept
    : process_(std::exchange(other.process_, 0)),
      collected_(other.collected_),
      writes_much_(other.writes_much_),
      process_descriptor_(std::move(other.process_descriptor_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      lines_(std::move(other.lines_)),
      end_(std::move(other.end_)) {}

Child::~Child() {
  if (process_ <= 0) return;
  if (!collected_) ::kill(process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Child::read_output() {
  writes_much_ = read_all(output_, kReadAfterEnd, [this](std::string_view bytes) {
    const std::size_t room = kStandardOutputMax - end_.standard_output.size();
    end_.standard_output += bytes.substr(0, room);
    end_.wrote_too_much = end_.wrote_too_much || bytes.size() > room;
  });
  // The next write of the child fails.
  if (end_.wrote_too_much) output_.reset();
}

void Child::read_errors(const LineReader::Sink& sink) {
  const bool much = read_all(errors_, kReadAfterEnd, [&](std::string_view bytes) {
    std::string& kept = end_.standard_error;
    kept += bytes;
    if (kept.size() > 2 * kStandardErrorKept) kept.erase(0, kept.size() - kStandardErrorKept);
    lines_.take(bytes, sink);
  });
  writes_much_ = writes_much_ || much;
}

void Child::signal(int number) const {
  if (!collected_) ::kill(process_, number);
}

std::optional<ChildEnd> Child::collect(const LineReader::Sink& sink) {
  siginfo_t facts{};
  if (::waitid(P_PID, static_cast<id_t>(process_), &facts, WEXITED | WNOHANG | WNOWAIT) != 0) return std::nullopt;
  if (facts.si_pid != process_) return std::nullopt;
  collected_ = true;
  read_output();
  read_errors(sink);
  lines_.finish(sink);
  output_.reset();
  errors_.reset();
  process_descriptor_.reset();
  if (facts.si_code == CLD_EXITED) {
    end_.exit_code = facts.si_status;
  } else {
    end_.signal = facts.si_status;
  }
  std::string& kept = end_.standard_error;
  if (kept.size() > kStandardErrorKept) kept.erase(0, kept.size() - kStandardErrorKept);
  return std::move(end_);
}

Result<ChildStarter> ChildStarter::open(const ChildSettings& settings) {
  ChildStarter starter;
  starter.program_ = settings.program;
  starter.environment_ = settings.environment;
  starter.environment_pointers_ = pointers_to(starter.environment_);
  starter.shared_input_ = settings.standard_input;
  starter.stack_.resize(kStackOfChild);
  if (settings.standard_input >= 0) return starter;
  starter.nothing_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (starter.nothing_) return starter;
  const int number = errno;
  if (auto lack = out_of_resources(number, "cannot open /dev/null")) return fail(std::move(*lack));
  return fail(ErrorKind::kFileNotFound, "cannot open /dev/null, the stdin of each run: " + words(number),
              "create it with `mknod -m 666 /dev/null c 1 3`, then rerun");
}

/// A new description of the shared file, whose offset is 0; no descriptor if children share /dev/null.
Result<Descriptor> ChildStarter::standard_input() const {
  if (shared_input_ < 0) return Descriptor();
  const std::string name = "/proc/self/fd/" + std::to_string(shared_input_);
  Descriptor opened(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened) return opened;
  const int number = errno;
  if (auto lack = out_of_resources(number, "cannot open " + name)) return fail(std::move(*lack));
  return fail(ErrorKind::kInternal, "cannot open " + name + ", the stdin of each run: " + words(number));
}

Result<Child> ChildStarter::start(const std::vector<std::string>& arguments, const std::string& what) {
  FP_TRY_ASSIGN(const Descriptor input, standard_input());
  auto output = open_pipe();
  auto errors = output ? open_pipe() : std::nullopt;
  if (!errors) return not_started(errno, what);
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 2);
  std::string name = "fleet-provision";
  pointers.push_back(name.data());
  for (const std::string& each : arguments) pointers.push_back(const_cast<char*>(each.c_str()));
  pointers.push_back(nullptr);
  Beginning beginning{.program = program_.c_str(),
                      .arguments = pointers.data(),
                      .environment = environment_pointers_.data(),
                      .streams = {input ? input.get() : nothing_.get(), output->write.get(), errors->write.get()},
                      .parent = ::getpid()};
  int process_descriptor = -1;
  const pid_t process = clone_child(stack_, beginning, process_descriptor);
  if (process < 0) return not_started(beginning.failure, what);
  Child child(process, Descriptor(process_descriptor), std::move(output->read), std::move(errors->read));
  if (beginning.failure != 0) return not_started(beginning.failure, what);
  return child;
}

Result<void> enough_descriptors(unsigned jobs) {
  rlimit limits{};
  if (::getrlimit(RLIMIT_NOFILE, &limits) != 0 || limits.rlim_cur == RLIM_INFINITY) return {};
  rlim_t open = 0;
  std::error_code ignored;
  for (std::filesystem::directory_iterator each("/proc/self/fd", ignored), end; each != end; each.increment(ignored)) {
    ++open;
  }
  const rlim_t taken = open + kDescriptorsBeside;
  const rlim_t fit = limits.rlim_cur > taken ? (limits.rlim_cur - taken) / kDescriptorsOfChild : 0;
  if (fit >= jobs) return {};
  const std::string all = std::to_string(taken + rlim_t{jobs} * kDescriptorsOfChild);
  return fail(ErrorKind::kOutOfResources,
              std::to_string(jobs) + " units at the same time need " + all + " open files, and RLIMIT_NOFILE is " +
                  std::to_string(limits.rlim_cur),
              (fit > 0 ? "use --jobs " + std::to_string(fit) + ", or raise" : std::string("raise")) +
                  " the limit of open files (ulimit -n, LimitNOFILE= of a unit) and rerun");
}

std::string signal_words(int number) {
#ifdef __GLIBC__
  if (const char* name = ::sigabbrev_np(number)) return std::string("SIG") + name;
#endif
  return "signal " + std::to_string(number);
}

}  // namespace fleet_provision::batch

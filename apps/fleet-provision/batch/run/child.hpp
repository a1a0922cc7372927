// A unit's run: a child process of this program, with its streams.
//
// A child is started by clone with CLONE_VM and CLONE_VFORK: the page tables of the parent, which grow with the
// manifest, are not copied, and between clone and exec the child can do what posix_spawn cannot: ask for SIGTERM when
// its parent ends (PR_SET_PDEATHSIG). The kernel sends it when the thread ends that started the child, so the thread
// that runs a batch is the main one.
//
// A child has a process group of its own, so that Ctrl-C at a terminal reaches the parent alone, which then tells the
// children. Ctrl-Z stops the parent alone: running children go on to their end, which the parent sees once it is
// continued. All signals have their default action in a child and none is blocked; it has the descriptors 0 to 2 only.
//
// A child has ended when its process has: a program of --on-success may leave a daemon behind that holds the pipes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/system/descriptor.hpp"
#include "batch/run/line_reader.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

/// The descriptors of a running child in its parent: stdout, stderr, the process.
constexpr unsigned kDescriptorsOfChild = 3;
/// A child that writes more to stdout has crashed.
constexpr std::size_t kStandardOutputMax = 1024 * 1024;
/// What is kept of stderr.
constexpr std::size_t kStandardErrorKept = 4096;

/// How children are started.
struct ChildSettings {
  /// The program; /proc/self/exe is this one, also after a new version was installed over it.
  std::string program = "/proc/self/exe";
  /// As NAME=VALUE.
  std::vector<std::string> environment;
  /// The content of stdin if a child reads it (--claim -, --parameters -), a file whose name in /proc/self/fd can be
  /// opened again, so that each child has an offset of its own; else children get /dev/null.
  int standard_input = -1;
};

/// How a child ended, with what it wrote.
struct ChildEnd {
  /// The exit code, or nullopt if a signal ended it.
  std::optional<int> exit_code;
  int signal = 0;
  std::string standard_output = {};
  /// Whether it wrote more than kStandardOutputMax.
  bool wrote_too_much = false;
  /// The end of stderr.
  std::string standard_error = {};
};

/// A child process and its streams. The destructor kills a child that was not collected, and removes the process.
class Child {
 public:
  Child(pid_t process, Descriptor process_descriptor, Descriptor output, Descriptor errors);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) = delete;
  ~Child();

  [[nodiscard]] pid_t process() const { return process_; }
  /// Readable once the process has ended.
  [[nodiscard]] int process_descriptor() const { return process_descriptor_.get(); }
  /// Its stdout and stderr; negative once they are closed.
  [[nodiscard]] int output() const { return output_.get(); }
  [[nodiscard]] int errors() const { return errors_.get(); }
  [[nodiscard]] bool wrote_too_much() const { return end_.wrote_too_much; }

  /// Whether the last read found so much that the child may be waiting for the next one.
  [[nodiscard]] bool writes_much() const { return writes_much_; }

  /// Reads what there is, without waiting.
  void read_output();
  /// The same for stderr; `sink` gets each line.
  void read_errors(const LineReader::Sink& sink);
  /// Sends it a signal, unless it was collected.
  void signal(int number) const;
  /// How it ended, with the rest of its output; nullopt while it runs. The process stays until the destructor removes
  /// it: to remove it at once costs a hundred times as much, since the kernel then waits on another processor for the
  /// last thread of the child.
  [[nodiscard]] std::optional<ChildEnd> collect(const LineReader::Sink& sink);

 private:
  /// 0 for an object that was moved from.
  pid_t process_;
  bool collected_ = false;
  bool writes_much_ = false;
  Descriptor process_descriptor_;
  Descriptor output_;
  Descriptor errors_;
  LineReader lines_;
  ChildEnd end_;
};

/// Starts children with the same settings.
class ChildStarter {
 public:
  /// Opens the stdin of children. Fails with kFileNotFound without /dev/null, or kOutOfResources.
  [[nodiscard]] static Result<ChildStarter> open(const ChildSettings& settings);

  /// Starts the program. `arguments` are those after its name. Fails with kOutOfResources if the system lacks
  /// processes, memory or descriptors (a later call may succeed), else with kInternal. `what` names the child in the
  /// message: "the run of the unit 4711".
  [[nodiscard]] Result<Child> start(const std::vector<std::string>& arguments, const std::string& what);

 private:
  ChildStarter() = default;
  [[nodiscard]] Result<Descriptor> standard_input() const;

  std::string program_;
  std::vector<std::string> environment_;
  std::vector<char*> environment_pointers_;
  /// The settings' descriptor; negative for none.
  int shared_input_ = -1;
  Descriptor nothing_;
  /// The stack of a child before exec.
  std::vector<unsigned char> stack_;
};

/// Checks that RLIMIT_NOFILE allows `jobs` children at the same time; kOutOfResources says how many it allows.
[[nodiscard]] Result<void> enough_descriptors(unsigned jobs);

/// `SIGKILL`, or `signal 42`.
[[nodiscard]] std::string signal_words(int number);

}  // namespace fleet_provision::batch

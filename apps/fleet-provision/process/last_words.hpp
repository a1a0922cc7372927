// How a process ends that has run out of memory or threads, wherever that happens.
//
// Most of what allocates here, and two of the threads, belong to libraries that cannot cope with a refusal: they
// crash, wait for ever or blame the server. So the program ends at the first refusal. The state directory is safe
// against a cut at any moment, which makes that as good as any other end: what was reached is kept. What is left to do
// is to tell the error and, with --json, the whole result. A piece of address space is set aside at start for it and
// given back at that moment.
//
// The result is told once: by the thread that ends the run, by the one that ends a run that is stuck after a signal,
// or by the one that met a refusal. Whoever takes the last word tells it and ends the process.
#pragma once

#include <functional>

#include "core/error.hpp"

namespace fleet_provision {

/// Before the first allocation: sets the space aside, makes stacks what a run needs, and remembers argv and the
/// environment. Ends the process (75) when even that much is not there. Called once, before main.
void prepare_last_words(int argc, char** argv, char** environment);

/// Whether the calling thread may now tell the result; true for one thread only.
[[nodiscard]] bool take_last_word();

/// Tells the result of a run that ends with an error, and gives the exit code.
using TellEnd = std::function<int(Error)>;

/// Who tells the end while this lives: the innermost. Ends before what it refers to.
class LastWords {
 public:
  explicit LastWords(TellEnd tell);
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;
  ~LastWords();

 private:
  TellEnd tell_;
  const TellEnd* before_;
};

/// A refusal: `retry` asks again for what was refused. Ends the process with the error that `lack` makes, or returns
/// when a second try got it, in a process that is ending anyway.
using Retry = bool (*)(void* request);
void end_for_lack(Error (*lack)(), Retry retry, void* request);

}  // namespace fleet_provision

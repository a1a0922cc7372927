// Runs code in a child process that the test process must not run itself: it changes the user or the mount table, or
// ends the process.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace fleet_provision::test {

/// Runs `act`, which returns a text, in a forked process that ends without destructors or atexit, and returns the text.
/// Assertions belong to the caller. Call from a process with one thread.
template <class Act>
std::string in_child(Act act) {
  int ends[2];
  if (::pipe(ends) != 0) return "pipe failed";
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string text = act();
    const bool written = ::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  char part[4096];
  for (ssize_t size = 0; (size = ::read(ends[0], part, sizeof part)) > 0;) {
    text.append(part, static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

}  // namespace fleet_provision::test

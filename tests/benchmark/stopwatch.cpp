// stopwatch: runs a command and prints, as one JSON line, what the kernel says that it took. Everything that
// scripts/benchmark compares is started by this, in the same way (posix_spawn, wait4, CLOCK_MONOTONIC around both).
// It is small itself: until exec a new process counts the memory of the one that made it.
//
//   stopwatch [--join FILE] COMMAND [ARG…]      the command's stdin and stdout are /dev/null, its stderr is ours
//
// --join moves this process, and so the command from its first instruction, into the control group of the cgroup.procs
// FILE.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace {

double milliseconds(const timespec& from, const timespec& to) {
  return static_cast<double>(to.tv_sec - from.tv_sec) * 1e3 + static_cast<double>(to.tv_nsec - from.tv_nsec) / 1e6;
}

bool join(const char* group) {
  std::FILE* file = std::fopen(group, "w");
  if (file == nullptr) return false;
  const bool written = std::fprintf(file, "%d\n", static_cast<int>(::getpid())) > 0;
  return std::fclose(file) == 0 && written;
}

double milliseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::strcmp(argv[1], "--join") == 0) {
    if (!join(argv[2])) {
      std::fprintf(stderr, "stopwatch: cannot join %s: %s\n", argv[2], std::strerror(errno));
      return 127;
    }
    argc -= 2;
    argv += 2;
  }
  if (argc < 2) return 64;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);

  timespec start{};
  timespec end{};
  rusage usage{};
  int status = 0;
  pid_t child = 0;
  clock_gettime(CLOCK_MONOTONIC, &start);
  const int failed = posix_spawnp(&child, argv[1], &actions, nullptr, argv + 1, environ);
  if (failed != 0) {
    std::fprintf(stderr, "stopwatch: %s: %s\n", argv[1], std::strerror(failed));
    return 127;
  }
  wait4(child, &status, 0, &usage);
  clock_gettime(CLOCK_MONOTONIC, &end);
  posix_spawn_file_actions_destroy(&actions);
  std::printf("{\"status\":%d,\"wallMs\":%.3f,\"userMs\":%.3f,\"systemMs\":%.3f,\"peakKiB\":%ld,\"switches\":%ld}\n",
              WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), milliseconds(start, end),
              milliseconds(usage.ru_utime), milliseconds(usage.ru_stime), usage.ru_maxrss,
              usage.ru_nvcsw + usage.ru_nivcsw);
  return 0;
}

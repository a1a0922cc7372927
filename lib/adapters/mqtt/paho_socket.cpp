#include "adapters/mqtt/paho_socket.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <chrono>
#include <ctime>
#include <utility>

#include "adapters/mqtt/paho_waker.hpp"
#include "core/mutex.hpp"

namespace fleet_provision {
namespace {

constexpr std::chrono::milliseconds kPatienceForClose{200};

/// All clients of a process share Paho's threads, so they share one last socket.
struct LastSocket {
  Mutex mutex;
  PahoSocket socket FP_GUARDED_BY(mutex);
};

LastSocket& last_socket() {
  static LastSocket last;
  return last;
}

}  // namespace

PahoSocket::PahoSocket(int number) {
  struct stat status {};
  if (::fstat(number, &status) != 0) return;
  number_ = number;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

bool PahoSocket::is_open() const {
  struct stat status {};
  return number_ >= 0 && ::fstat(number_, &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

void leave_to_close(const PahoSocket& socket) {
  if (socket.number() < 0) return;
  LastSocket& last = last_socket();
  const Lock lock(last.mutex);
  last.socket = socket;
}

Descriptor occupy_number_of_last_socket() {
  PahoSocket socket;
  {
    LastSocket& last = last_socket();
    const Lock lock(last.mutex);
    socket = std::exchange(last.socket, PahoSocket());
  }
  if (socket.number() < 0) return {};
  // Paho closes it within microseconds, unless its receive thread sleeps; it does not signal that it is done.
  PahoWaker waker;
  const auto end = std::chrono::steady_clock::now() + kPatienceForClose;
  while (socket.is_open() && std::chrono::steady_clock::now() < end) {
    waker.wake();
    ::nanosleep(&PahoWaker::kPatience, nullptr);
  }
  Descriptor occupant(::eventfd(0, EFD_CLOEXEC));
  if (occupant.get() == socket.number()) return occupant;
  occupant = Descriptor(::fcntl(occupant.get(), F_DUPFD_CLOEXEC, socket.number()));
  if (occupant.get() != socket.number()) occupant.reset();
  return occupant;
}

}  // namespace fleet_provision

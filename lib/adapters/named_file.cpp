#include "adapters/named_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "adapters/descriptor.hpp"
#include "adapters/disk_error.hpp"
#include "adapters/resources.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

tl::unexpected<Error> unreadable(int number, const std::string& path, const std::string& what) {
  if (number == ENOENT || number == ENOTDIR) {
    return fail(ErrorKind::kFileNotFound, "the " + what + " " + printable(path) + " does not exist",
                "correct the path, or put the file there");
  }
  const std::string failed = "cannot read the " + what + " " + printable(path);
  if (auto lack = out_of_resources(number, failed)) return fail(std::move(*lack));
  return fail(ErrorKind::kFileUnreadable, failed + ": " + words(number),
              number == EACCES   ? "run as a user who may read it, or change its owner or mode"
              : number == EISDIR ? "name a file"
                                 : "");
}

}  // namespace

Result<Secret> read_named_file(const std::string& path, const std::string& what, ErrorKind unusable,
                               std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return unreadable(errno, path, what);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return unreadable(errno, path, what);

  // One byte more than a regular file has, so that its end is seen without growing; pipes and /proc tell no size.
  std::size_t room = limit + 1;
  if (S_ISREG(facts.st_mode) && facts.st_size > 0) room = std::min(room, static_cast<std::size_t>(facts.st_size) + 1);
  std::vector<char> bytes(room);
  const WipedAtEnd wiped(bytes);
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(errno, path, what);
    if (count == 0) return Secret({bytes.data(), size});
    size += static_cast<std::size_t>(count);
  }
  const std::string name = "the " + what + " " + printable(path);
  if (size <= limit) return fail(ErrorKind::kFileUnreadable, name + " grew while it was read", "run again");
  return fail(unusable, name + " has more than " + std::to_string(limit) + " bytes", "is it the right file?");
}

}  // namespace fleet_provision

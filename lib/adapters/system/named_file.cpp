#include "adapters/system/named_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

#include "adapters/system/descriptor.hpp"
#include "adapters/system/disk_error.hpp"
#include "adapters/system/reading_limit.hpp"
#include "adapters/system/resources.hpp"
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
  if (auto stopped = reading_stopped(number, "the " + what + " " + printable(path))) return fail(std::move(*stopped));
  return fail(ErrorKind::kFileUnreadable, failed + ": " + words(number),
              number == EACCES   ? "run as a user who may read it, or change its owner or mode"
              : number == EISDIR ? "give a file, not a directory"
                                 : "");
}

}  // namespace

FileStamp stamp_of(const struct stat& facts) {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  return {static_cast<std::uint64_t>(facts.st_dev), static_cast<std::uint64_t>(facts.st_ino),
          static_cast<std::uint64_t>(facts.st_size),
          static_cast<std::int64_t>(facts.st_mtim.tv_sec) * kPerSecond + facts.st_mtim.tv_nsec};
}

Result<Secret> read_named_file(const std::string& path, const std::string& what, ErrorKind unusable, std::size_t limit,
                               std::vector<ClaimFile>* read) {
  const Descriptor file(open_to_read(path));
  if (!file) return unreadable(errno, path, what);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return unreadable(errno, path, what);

  // One byte more than the size of a regular file, so that read reports its end before the buffer has to grow. For
  // pipes and files of /proc fstat reports no size.
  std::size_t room = limit + 1;
  if (S_ISREG(facts.st_mode) && facts.st_size > 0) room = std::min(room, static_cast<std::size_t>(facts.st_size) + 1);
  std::vector<char> bytes(room);
  const WipedAtEnd wiped(bytes);
  std::size_t size = 0;
  LimitedReader reader(file.get(), facts);
  while (size < bytes.size()) {
    const ssize_t count = reader.read(bytes.data() + size, bytes.size() - size);
    if (count < 0) return unreadable(errno, path, what);
    if (count == 0) {
      if (read != nullptr) read->push_back({path, stamp_of(facts)});
      return Secret({bytes.data(), size});
    }
    size += static_cast<std::size_t>(count);
  }
  const std::string name = "the " + what + " " + printable(path);
  if (size <= limit) return fail(ErrorKind::kFileUnreadable, name + " grew while it was read", "rerun");
  return fail(unusable, name + " has more than " + std::to_string(limit) + " bytes", "give the right file");
}

}  // namespace fleet_provision

// A directory entry is durable once the directory that holds it was synced. This function syncs each level before it
// creates the next, so the entry of a directory that is not empty is durable already. That leaves the last existing
// directory: a run killed right after its mkdir may have created it without a sync. So the parent of the deepest
// existing directory is synced before the first missing directory is created, and the parent of an empty directory at
// the end of the path is synced too.
#include "adapters/system/make_path.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/system/descriptor.hpp"
#include "adapters/system/disk_error.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr mode_t kMode = 0755;

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  return parts;
}

/// Opens `directory`, which was opened with O_PATH, for reading.
int open_readable(const Descriptor& directory) {
  return ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

Result<void> sync(const Descriptor& directory, const std::string& path, const DirectoryRole& role) {
  // EINVAL: the file system does not support fsync of a directory.
  if (::fsync(directory.get()) == 0 || errno == EINVAL) return {};
  return disk_error(errno, "sync the directory above", path, role);
}

/// A directory that this process cannot read holds no directory that it created.
Result<void> sync_if_readable(const Descriptor& directory, const std::string& path, const DirectoryRole& role) {
  const Descriptor readable(open_readable(directory));
  return readable ? sync(readable, path, role) : Result<void>{};
}

bool is_empty(const Descriptor& directory) {
  const int readable = open_readable(directory);
  if (readable < 0) return false;
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(readable), close);
  if (!stream) {
    ::close(readable);
    return false;
  }
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return false;
  }
  return true;
}

Result<void> make_one(const Descriptor& parent, const std::string& name, const std::string& path,
                      const DirectoryRole& role) {
  if (::mkdirat(parent.get(), name.c_str(), kMode) != 0) {
    if (errno == EEXIST) return {};
    if (errno == ENOENT) {
      return fail(ErrorKind::kStateNotWritable,
                  "cannot create " + printable(path) + ": the file system does not allow it",
                  "choose another directory with " + std::string(role.option));
    }
    return disk_error(errno, "create", path, role);
  }
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  Descriptor made(::openat(parent.get(), name.c_str(), kFlags));
  // A umask that removes the owner's permissions keeps this process from opening the new directory.
  if (!made && errno == EACCES && ::fchmodat(parent.get(), name.c_str(), kMode, AT_SYMLINK_NOFOLLOW) == 0) {
    made = Descriptor(::openat(parent.get(), name.c_str(), kFlags));
  }
  struct stat facts {};
  // fchmod fails on a file system without modes; that is no error for a directory that every user may list.
  if (made && ::fstat(made.get(), &facts) == 0 && (facts.st_mode & 07777U) != kMode) ::fchmod(made.get(), kMode);
  const Descriptor readable(open_readable(parent));
  if (!readable) return disk_error(errno, "sync the directory above", path, role);
  return sync(readable, path, role);
}

}  // namespace

Result<void> make_path(const std::string& path, const DirectoryRole& role) {
  constexpr int kPassage = O_PATH | O_DIRECTORY | O_CLOEXEC;
  const bool is_absolute = !path.empty() && path.front() == '/';
  Descriptor above;
  Descriptor here(::open(is_absolute ? "/" : ".", kPassage));
  if (!here) return disk_error(errno, "open", is_absolute ? "/" : ".", role);
  bool made_any = false;
  for (const std::string& name : components(path)) {
    Descriptor next(::openat(here.get(), name.c_str(), kPassage));
    if (!next && errno == ENOENT) {
      if (!made_any && above) FP_TRY(sync_if_readable(above, path, role));
      FP_TRY(make_one(here, name, path, role));
      made_any = true;
      next = Descriptor(::openat(here.get(), name.c_str(), kPassage));
      if (!next && errno == ENOENT) {
        return fail(ErrorKind::kStateNotWritable,
                    "cannot create " + printable(path) + ": " + printable(name) + " is a dangling symbolic link",
                    "remove the link, or choose another directory with " + std::string(role.option));
      }
    }
    if (!next) return path_error(errno, "open", path, role);
    above = std::exchange(here, std::move(next));
  }
  if (!made_any && above && is_empty(here)) return sync_if_readable(above, path, role);
  return {};
}

}  // namespace fleet_provision

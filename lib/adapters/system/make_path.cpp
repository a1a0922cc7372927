// A name is durable when the directory that holds it was synced after it was made. Each level is synced before the
// next is made, so a directory with something in it was made durable by whoever put that there. What is left is the
// last directory that exists: a run killed right after its mkdir may have left it, so the name of the one above the
// first missing directory is synced as well, and that of an empty directory at the end of the path.
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

/// The same directory again, open for more than its path (O_PATH).
int open_readable(const Descriptor& directory) {
  return ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

Result<void> sync(const Descriptor& directory, const std::string& path) {
  // EINVAL: a file system that has no such call, and nothing more can be done.
  if (::fsync(directory.get()) == 0 || errno == EINVAL) return {};
  return disk_error(errno, "sync the directory above", path);
}

/// Where we cannot even read, we made nothing.
Result<void> sync_if_readable(const Descriptor& directory, const std::string& path) {
  const Descriptor readable(open_readable(directory));
  return readable ? sync(readable, path) : Result<void>{};
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

Result<void> make_one(const Descriptor& parent, const std::string& name, const std::string& path) {
  if (::mkdirat(parent.get(), name.c_str(), kMode) != 0) {
    if (errno == EEXIST) return {};
    if (errno == ENOENT) {
      return fail(ErrorKind::kStateNotWritable,
                  "cannot create " + printable(path) + ": the file system does not allow it",
                  "choose another directory with --state-dir");
    }
    return disk_error(errno, "create", path);
  }
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  Descriptor made(::openat(parent.get(), name.c_str(), kFlags));
  // A umask that takes our own bits away keeps us from opening what we made.
  if (!made && errno == EACCES && ::fchmodat(parent.get(), name.c_str(), kMode, AT_SYMLINK_NOFOLLOW) == 0) {
    made = Descriptor(::openat(parent.get(), name.c_str(), kFlags));
  }
  struct stat facts {};
  // A file system without modes says no to fchmod; a directory that all may list needs none.
  if (made && ::fstat(made.get(), &facts) == 0 && (facts.st_mode & 07777U) != kMode) ::fchmod(made.get(), kMode);
  const Descriptor readable(open_readable(parent));
  if (!readable) return disk_error(errno, "sync the directory above", path);
  return sync(readable, path);
}

}  // namespace

Result<void> make_path(const std::string& path) {
  constexpr int kPassage = O_PATH | O_DIRECTORY | O_CLOEXEC;
  const bool is_absolute = !path.empty() && path.front() == '/';
  Descriptor above;
  Descriptor here(::open(is_absolute ? "/" : ".", kPassage));
  if (!here) return disk_error(errno, "open", is_absolute ? "/" : ".");
  bool made_any = false;
  for (const std::string& name : components(path)) {
    Descriptor next(::openat(here.get(), name.c_str(), kPassage));
    if (!next && errno == ENOENT) {
      if (!made_any && above) FP_TRY(sync_if_readable(above, path));
      FP_TRY(make_one(here, name, path));
      made_any = true;
      next = Descriptor(::openat(here.get(), name.c_str(), kPassage));
      if (!next && errno == ENOENT) {
        return fail(ErrorKind::kStateNotWritable,
                    "cannot create " + printable(path) + ": " + printable(name) + " is a dangling symbolic link",
                    "remove the link, or choose another directory with --state-dir");
      }
    }
    if (!next) return path_error(errno, "open", path);
    above = std::exchange(here, std::move(next));
  }
  if (!made_any && above && is_empty(here)) return sync_if_readable(above, path);
  return {};
}

}  // namespace fleet_provision

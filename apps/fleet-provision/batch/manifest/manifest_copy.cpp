#include "batch/manifest/manifest_copy.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/system/disk_error.hpp"
#include "adapters/system/write_whole.hpp"
#include "batch/output_role.hpp"

namespace fleet_provision::batch {
namespace {

constexpr const char* kWriting = "write a copy of the manifest in";

/// A file whose name is removed at once.
int open_and_unlink(int directory) {
  for (unsigned i = 0; i < 100; ++i) {
    const std::string name = ".manifest-" + std::to_string(::getpid()) + "-" + std::to_string(i);
    const int file = ::openat(directory, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST) continue;
    if (file >= 0) ::unlinkat(directory, name.c_str(), 0);
    return file;
  }
  return -1;
}

}  // namespace

Result<ManifestCopy> ManifestCopy::create(int output_dir, std::string path, bool has_unnamed_files) {
  ManifestCopy copy;
  copy.path_ = std::move(path);
  if (has_unnamed_files) copy.file_ = Descriptor(::openat(output_dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  // What kernels and file systems without O_TMPFILE say (open(2)).
  const bool unsupported =
      !has_unnamed_files || errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT;
  if (!copy.file_ && unsupported) copy.file_ = Descriptor(open_and_unlink(output_dir));
  if (!copy.file_) return disk_error(errno, kWriting, copy.path_, kOutputDirectoryRole);
  return copy;
}

Result<void> ManifestCopy::append(std::string_view bytes) {
  const int why = write_whole(file_.get(), bytes);
  return why == 0 ? Result<void>() : disk_error(why, kWriting, path_, kOutputDirectoryRole);
}

Result<std::string> ManifestCopy::read(std::uint64_t offset, std::size_t size) const {
  std::string bytes(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const ssize_t count = ::pread(file_.get(), bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      return disk_error(count < 0 ? errno : EIO, "read the copy of the manifest in", path_, kOutputDirectoryRole);
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace fleet_provision::batch

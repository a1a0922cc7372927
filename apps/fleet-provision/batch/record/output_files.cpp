#include "batch/record/output_files.hpp"

#include <unistd.h>

#include <cerrno>

#include "adapters/system/disk_error.hpp"
#include "batch/output_role.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
tl::unexpected<Error> output_error(int number, std::string_view doing, std::string_view path) {
  return disk_error(number, doing, path, kOutputDirectoryRole);
}

std::string path_below(const std::string& directory, std::string_view name) {
  return directory + (directory.ends_with('/') ? "" : "/") + std::string(name);
}

Result<void> require_own(int file, int directory, const std::string& path) {
  struct stat facts {};
  struct stat above {};
  if (::fstat(file, &facts) != 0 || ::fstat(directory, &above) != 0) return output_error(errno, "inspect", path);
  if (facts.st_uid == ::geteuid() || facts.st_uid == 0 || facts.st_uid == above.st_uid) return {};
  return fail(
      ErrorKind::kStateNotPrivate,
      printable(path) + " belongs to user " + std::to_string(facts.st_uid) + ", who is not the owner of the directory",
      "run as that user, or move the file away");
}

Result<void> sync_names(int directory, const std::string& path) {
  while (::fsync(directory) != 0) {
    // EINVAL: the file system does not support fsync of a directory.
    if (errno == EINVAL) return {};
    if (errno != EINTR) return output_error(errno, "sync", path);
  }
  return {};
}

}  // namespace fleet_provision::batch

#include "batch/record/output_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "adapters/system/make_path.hpp"
#include "adapters/system/private_mode.hpp"
#include "adapters/system/write_whole.hpp"
#include "batch/output_role.hpp"
#include "batch/record/output_files.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

/// Whoever may write to the directory can replace the results and the units' state directories.
Result<void> require_write_for_owner_only(int directory, const std::string& path) {
  struct stat facts {};
  if (::fstat(directory, &facts) != 0) return output_error(errno, "inspect", path);
  if ((facts.st_mode & kOthersMayWrite) == 0) return {};
  return fail(ErrorKind::kStateNotPrivate, printable(path) + " is writable by other users",
              "chmod go-w " + printable(path) + "; on a file system without modes (FAT) choose another --output-dir");
}

}  // namespace

Result<OutputDirectory> OutputDirectory::open(const std::string& path) {
  FP_TRY(make_path(path, kOutputDirectoryRole));
  Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return output_error(errno, "open", path);
  FP_TRY(require_write_for_owner_only(directory.get(), path));
  const std::string lock_path = path_below(path, "lock");
  FP_TRY_ASSIGN(StateLock lock, lock_state(directory.get(), lock_path, kOutputDirectoryRole));
  FP_TRY(require_own(lock.file.get(), directory.get(), lock_path));
  return OutputDirectory(path, std::move(directory), std::move(lock));
}

Result<std::unique_ptr<AppendFile>> OutputDirectory::open_results() const {
  return open_results_in(directory_.get(), path_);
}

Result<void> OutputDirectory::replace(const std::string& name, std::string_view bytes) const {
  // The lock keeps other batches away, so a file of this name was left by a killed one.
  const std::string new_name = name + ".new";
  ::unlinkat(directory_.get(), new_name.c_str(), 0);
  constexpr int kNewFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
  const Descriptor file(::openat(directory_.get(), new_name.c_str(), kNewFlags, kPublicFile));
  if (!file) return output_error(errno, "create", path_below(path_, new_name));
  // The umask may have removed bits; a file system without modes keeps its own.
  ::fchmod(file.get(), kPublicFile);
  int why = write_whole(file.get(), bytes);
  if (why == 0 && ::fsync(file.get()) != 0) why = errno;
  if (why == 0 && ::renameat(directory_.get(), new_name.c_str(), directory_.get(), name.c_str()) != 0) why = errno;
  if (why == 0) return sync_names(directory_.get(), path_);
  ::unlinkat(directory_.get(), new_name.c_str(), 0);
  return output_error(why, "write", path_below(path_, name));
}

}  // namespace fleet_provision::batch

#include "batch/report/report_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "adapters/system/write_whole.hpp"
#include "batch/record/output_files.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::size_t kReportFileBuffer = 256UL * 1024;

/// Whether `name` still stands for this open file: the process that held the lock before may have renamed it.
bool is_name_of(int file, int directory, const std::string& name) {
  struct stat open_file {};
  struct stat named {};
  return ::fstat(file, &open_file) == 0 && ::fstatat(directory, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev;
}

/// A file with a second name is not ours to write.
bool is_plain_file(int file) {
  struct stat facts {};
  return ::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_nlink <= 1;
}

/// Until it is whole, no other user can open the file: a lock of that user would stop this process.
constexpr mode_t kUnfinishedFile = 0600;
constexpr int kReportFileFlags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

}  // namespace

Result<ReportFile> ReportFile::open(const std::string& directory, const std::string& name) {
  const std::string path = path_below(directory, name);
  Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return output_error(errno, "write", path);
  const std::string new_name = "." + name + ".new";
  while (true) {
    Descriptor file(::openat(folder.get(), new_name.c_str(), kReportFileFlags, kUnfinishedFile));
    if (!file) return output_error(errno, "write", path);
    while (::flock(file.get(), LOCK_EX) != 0) {
      if (errno != EINTR) return output_error(errno, "lock", path);
    }
    if (!is_name_of(file.get(), folder.get(), new_name)) continue;
    if (!is_plain_file(file.get()))
      return fail(ErrorKind::kStateNotWritable,
                  "cannot write " + printable(path) + ": " + printable(path_below(directory, new_name)) +
                      " is not a regular file with one name",
                  "remove it");
    if (::ftruncate(file.get(), 0) != 0) return output_error(errno, "write", path);
    return ReportFile(std::move(folder), std::move(file), path, name);
  }
}

ReportFile::~ReportFile() {
  if (file_) ::unlinkat(directory_.get(), new_name().c_str(), 0);
}

void ReportFile::write(std::string_view bytes) {
  if (buffer_.capacity() < kReportFileBuffer) buffer_.reserve(kReportFileBuffer);
  while (!bytes.empty() && error_ == 0) {
    const std::size_t fits = std::min(bytes.size(), kReportFileBuffer - buffer_.size());
    buffer_ += bytes.substr(0, fits);
    bytes.remove_prefix(fits);
    if (buffer_.size() == kReportFileBuffer) flush();
  }
}

void ReportFile::flush() {
  if (error_ == 0) error_ = write_whole(file_.get(), buffer_);
  buffer_.clear();
}

Result<void> ReportFile::commit() {
  flush();
  // A file system without modes keeps its own.
  if (error_ == 0) ::fchmod(file_.get(), kPublicFile);
  if (error_ == 0 && ::fsync(file_.get()) != 0) error_ = errno;
  if (error_ == 0 && ::renameat(directory_.get(), new_name().c_str(), directory_.get(), name_.c_str()) != 0) {
    error_ = errno;
  }
  if (error_ != 0) return output_error(error_, "write", path_);
  file_.reset();
  return sync_names(directory_.get(), path_);
}

}  // namespace fleet_provision::batch

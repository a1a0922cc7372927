#include "batch/report/report_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "adapters/system/disk_error.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::size_t kReportFileBuffer = 256UL * 1024;

/// Repeats a call that a signal interrupts.
template <class Call>
auto without_interruption(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// Whether `name` still stands for the open file: the process that held the lock before may have renamed it.
bool is_name_of(int file, int directory, const std::string& name) {
  struct stat open_file {};
  struct stat named {};
  return ::fstat(file, &open_file) == 0 && ::fstatat(directory, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev;
}

}  // namespace

Result<ReportFile> ReportFile::open(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name;
  Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return path_error(errno, "write", path);
  const std::string new_name = "." + name + ".new";
  while (true) {
    Descriptor file(::openat(folder.get(), new_name.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!file) return disk_error(errno, "write", path);
    if (without_interruption([&] { return ::flock(file.get(), LOCK_EX); }) != 0) return disk_error(errno, "lock", path);
    if (!is_name_of(file.get(), folder.get(), new_name)) continue;
    if (::ftruncate(file.get(), 0) != 0 || ::fchmod(file.get(), 0644) != 0) return disk_error(errno, "write", path);
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
  std::string_view left = buffer_;
  while (!left.empty() && error_ == 0) {
    const ssize_t written = without_interruption([&] { return ::write(file_.get(), left.data(), left.size()); });
    if (written < 0) {
      error_ = errno;
    } else {
      left.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  buffer_.clear();
}

Result<void> ReportFile::commit() {
  flush();
  if (error_ == 0 && ::fsync(file_.get()) != 0) error_ = errno;
  if (error_ == 0 && ::renameat(directory_.get(), new_name().c_str(), directory_.get(), name_.c_str()) != 0) {
    error_ = errno;
  }
  if (error_ != 0) return disk_error(error_, "write", path_);
  file_.reset();
  if (::fsync(directory_.get()) != 0) return disk_error(errno, "sync the directory of", path_);
  return {};
}

}  // namespace fleet_provision::batch

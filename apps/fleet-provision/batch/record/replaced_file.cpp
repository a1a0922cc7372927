#include "batch/record/replaced_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "batch/record/output_files.hpp"

namespace fleet_provision::batch {

ReplacedFile::ReplacedFile(int directory, std::string path, std::string name, Descriptor file)
    : directory_(directory), path_(std::move(path)), name_(std::move(name)), file_(std::move(file)) {}

ReplacedFile::ReplacedFile(ReplacedFile&& other) noexcept = default;

ReplacedFile::~ReplacedFile() {
  if (file_) ::unlinkat(directory_, new_name().c_str(), 0);
}

Result<ReplacedFile> ReplacedFile::create(int directory, const std::string& path, const std::string& name) {
  const std::string new_name = name + ".new";
  constexpr int kNewFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
  int file = ::openat(directory, new_name.c_str(), kNewFlags, kPublicFile);
  if (file < 0 && errno == EEXIST && ::unlinkat(directory, new_name.c_str(), 0) == 0) {
    file = ::openat(directory, new_name.c_str(), kNewFlags, kPublicFile);
  }
  if (file < 0) return output_error(errno, "create", path_below(path, new_name));
  // The umask may have removed bits; a file system without modes keeps its own.
  ::fchmod(file, kPublicFile);
  return ReplacedFile(directory, path, name, Descriptor(file));
}

Result<void> ReplacedFile::write(std::string_view bytes) {
  const int why = write_whole(file_.get(), bytes);
  if (why != 0) return failed(why, "write");
  return {};
}

Result<void> ReplacedFile::commit() {
  while (::fsync(file_.get()) != 0) {
    if (errno != EINTR) return failed(errno, "sync");
  }
  if (::renameat(directory_, new_name().c_str(), directory_, name_.c_str()) != 0) return failed(errno, "replace");
  file_.reset();
  return sync_names(directory_, path_);
}

tl::unexpected<Error> ReplacedFile::failed(int number, std::string_view doing) const {
  return output_error(number, doing, path_below(path_, name_));
}

}  // namespace fleet_provision::batch

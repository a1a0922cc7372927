#include "records/record_directory.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "system/files.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::string_view kSpare = ".spare-";
/// The time after which no reader has a replaced file open.
constexpr std::chrono::seconds kReadersTimeout{10};

enum class Replaced : unsigned char { kFailed, kRenamed, kExchanged };

Replaced replace_record(const char* file, const char* target) {
  if (::renameat2(AT_FDCWD, file, AT_FDCWD, target, RENAME_NOREPLACE) == 0) return Replaced::kRenamed;
  if (errno == EEXIST && ::renameat2(AT_FDCWD, file, AT_FDCWD, target, RENAME_EXCHANGE) == 0)
    return Replaced::kExchanged;
  // The file system does not support these flags.
  const bool plain = (errno == EINVAL || errno == ENOSYS) && ::rename(file, target) == 0;
  return plain ? Replaced::kRenamed : Replaced::kFailed;
}

}  // namespace

RecordDirectory::RecordDirectory(std::string path) : path_(std::move(path)) {
  remove_spares();
}

RecordDirectory::~RecordDirectory() {
  remove_spares();
}

void RecordDirectory::remove_spares() const {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    if (entry.path().filename().string().starts_with(kSpare)) ::unlink(entry.path().c_str());
  }
}

// Another process may have replaced the record by a link or by a file with another mode before the exchange.
int RecordDirectory::reopen(const std::string& file, off_t size_max) const {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return -1;
  struct stat facts {};
  if (::fstat(descriptor, &facts) == 0 && facts.st_mode == made_mode_ && facts.st_nlink == 1 &&
      (facts.st_size <= size_max || ::ftruncate(descriptor, size_max) == 0)) {
    return descriptor;
  }
  ::close(descriptor);
  return -1;
}

std::string RecordDirectory::written(std::string_view text, Instant now) {
  std::string file;
  int descriptor = -1;
  if (!spares_.empty() && now - spares_.front().since >= kReadersTimeout) {
    file = std::move(spares_.front().file);
    spares_.pop_front();
    descriptor = reopen(file, static_cast<off_t>(text.size()));
    if (descriptor < 0) ::unlink(file.c_str());
  }
  if (descriptor < 0) {
    file = path_ + "/" + std::string(kSpare) + std::to_string(++made_);
    descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor < 0) return {};
    struct stat facts {};
    if (::fstat(descriptor, &facts) == 0) made_mode_ = facts.st_mode;
  }
  const bool whole = write_all(descriptor, text);
  const int why = errno;
  ::close(descriptor);
  if (whole) return file;
  ::unlink(file.c_str());
  errno = why;
  return {};
}

Result<void> RecordDirectory::save(const std::string& name, std::string_view text, Instant now) {
  const std::string target = path_ + "/" + name;
  std::string file = written(text, now);
  const Replaced replaced = file.empty() ? Replaced::kFailed : replace_record(file.c_str(), target.c_str());
  if (replaced == Replaced::kFailed) {
    const std::string reason = std::strerror(errno);
    if (!file.empty()) ::unlink(file.c_str());
    return fail(ErrorKind::kStateNotWritable, "cannot write " + target + ": " + reason);
  }
  if (replaced == Replaced::kExchanged) spares_.push_back({std::move(file), now});
  return {};
}

void RecordDirectory::remove(const std::string& name) const {
  ::unlink((path_ + "/" + name).c_str());
}

}  // namespace fleet_provision::simulator

#include "batch/record/append_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "adapters/system/descriptor.hpp"
#include "adapters/system/private_mode.hpp"
#include "adapters/system/write_whole.hpp"
#include "batch/record/output_files.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

constexpr const char* kResultsName = "results.jsonl";
constexpr int kAppendFlags = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
// A link to results, or a copy made of hard links, may be read.
constexpr int kLookFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

class PosixAppendFile final : public AppendFile {
 public:
  PosixAppendFile(Descriptor file, std::string path, bool read_only)
      : file_(std::move(file)), path_(std::move(path)), read_only_(read_only) {}

  Result<std::uint64_t> size() override {
    struct stat facts {};
    if (::fstat(file_.get(), &facts) != 0) return output_error(errno, "inspect", path_);
    if (facts.st_nlink == 0) {
      return fail(ErrorKind::kDiskError, printable(path_) + " was removed while it was in use",
                  "rerun with the same output directory, or restore the file from a copy first");
    }
    return static_cast<std::uint64_t>(facts.st_size);
  }

  Result<std::string> read(std::uint64_t offset, std::size_t limit) override {
    std::string bytes(limit, '\0');
    std::size_t size = 0;
    while (size < limit) {
      const ssize_t count = ::pread(file_.get(), bytes.data() + size, limit - size, static_cast<off_t>(offset + size));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return output_error(errno, "read", path_);
      if (count == 0) break;
      size += static_cast<std::size_t>(count);
    }
    bytes.resize(size);
    return bytes;
  }

  Result<void> append(std::string_view bytes) override {
    const int why = write_whole(file_.get(), bytes);
    if (why != 0) return output_error(why, "write", path_);
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    while (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0) {
      if (errno != EINTR) return output_error(errno, "shorten", path_);
    }
    return {};
  }

  Result<void> sync() override {
    while (::fdatasync(file_.get()) != 0) {
      if (errno != EINTR) return output_error(errno, "sync", path_);
    }
    return {};
  }

  [[nodiscard]] std::string path() const override { return path_; }
  [[nodiscard]] bool is_read_only() const override { return read_only_; }

 private:
  Descriptor file_;
  std::string path_;
  bool read_only_;
};

Result<struct stat> regular_file(int file, const std::string& path) {
  struct stat facts {};
  if (::fstat(file, &facts) != 0) return output_error(errno, "inspect", path);
  if (S_ISREG(facts.st_mode)) return facts;
  return fail(ErrorKind::kStateNotPrivate, printable(path) + " is not a regular file", "move it away");
}

/// A new file, or -1 with errno.
int create_results(int directory) {
  const int file = ::openat(directory, kResultsName, kAppendFlags | O_CREAT | O_EXCL, kPublicFile);
  // The umask may have removed bits; a file system without modes keeps its own.
  if (file >= 0) ::fchmod(file, kPublicFile);
  return file;
}

}  // namespace

Result<std::unique_ptr<AppendFile>> open_results_in(int directory, const std::string& path) {
  const std::string name = path_below(path, kResultsName);
  Descriptor file(::openat(directory, kResultsName, kAppendFlags));
  if (!file && errno == ENOENT) file = Descriptor(create_results(directory));
  if (!file) return output_error(errno, "open", name);
  FP_TRY_ASSIGN(const struct stat facts, regular_file(file.get(), name));
  FP_TRY(require_one_name(facts, name));
  FP_TRY(require_own(file.get(), directory, name));
  FP_TRY(sync_names(directory, path));
  return std::unique_ptr<AppendFile>(std::make_unique<PosixAppendFile>(std::move(file), name, false));
}

Result<std::unique_ptr<AppendFile>> open_results_of(const std::string& directory) {
  const std::string name = path_below(directory, kResultsName);
  Descriptor file(::open(name.c_str(), kLookFlags));
  // ENOTDIR: `directory` is a file.
  if (!file && (errno == ENOENT || errno == ENOTDIR)) {
    return fail(ErrorKind::kFileNotFound, "there is no " + printable(name),
                "give the --output-dir of a batch that has run");
  }
  if (!file && errno == EACCES) {
    return fail(ErrorKind::kFileUnreadable, "cannot read " + printable(name) + ": permission denied",
                "run as the user of the batch, or as root");
  }
  if (!file) return output_error(errno, "open", name);
  FP_TRY(regular_file(file.get(), name));
  return std::unique_ptr<AppendFile>(std::make_unique<PosixAppendFile>(std::move(file), name, true));
}

}  // namespace fleet_provision::batch

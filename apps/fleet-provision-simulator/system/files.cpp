#include "system/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace fleet_provision::simulator {

namespace {

std::string reason() {
  return std::strerror(errno);
}

}  // namespace

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

bool is_executable(const std::string& path) {
  return ::access(path.c_str(), X_OK) == 0 && !std::filesystem::is_directory(path);
}

std::string absolute(const std::string& path) {
  std::error_code error;
  return std::filesystem::absolute(path, error).string();
}

Result<std::string> read_file(const std::string& path) {
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) {
    return fail(ErrorKind::kFileUnreadable, "cannot read " + path + ": it is a directory");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const ErrorKind kind = errno == ENOENT ? ErrorKind::kFileNotFound : ErrorKind::kFileUnreadable;
    return fail(kind, "cannot read " + path + ": " + reason());
  }
  std::ostringstream content;
  content << file.rdbuf();
  if (file.bad()) return fail(ErrorKind::kFileUnreadable, "cannot read " + path);
  return content.str();
}

Result<Descriptor> open_to_read(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (file) return file;
  const ErrorKind kind = errno == ENOENT ? ErrorKind::kFileNotFound : ErrorKind::kFileUnreadable;
  return fail(kind, "cannot read " + path + ": " + reason());
}

Result<void> write_file(const std::string& path, std::string_view bytes, mode_t mode) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) return fail(ErrorKind::kStateNotWritable, "cannot write " + path + ": " + reason());
  const bool written = write_all(descriptor, bytes);
  const std::string why = reason();
  ::close(descriptor);
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const std::string message = "cannot write " + path + ": " + (written ? reason() : why);
    ::unlink(temporary.c_str());
    return fail(ErrorKind::kStateNotWritable, message);
  }
  return {};
}

Result<Descriptor> open_own_file(const std::string& path, int flags, mode_t mode) {
  const auto not_writable = [&path](const std::string& why) {
    return fail(ErrorKind::kStateNotWritable, "cannot write " + path + ": " + why,
                "remove it, or use another --state-dir");
  };
  Descriptor file(::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode));
  if (!file && errno == ELOOP) return not_writable("it is a symbolic link");
  if (!file) return not_writable(reason());
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return not_writable(reason());
  if (!S_ISREG(facts.st_mode)) return not_writable("it is not a regular file");
  if (facts.st_nlink != 1) return not_writable("it has more than one hard link");
  return file;
}

Result<Descriptor> open_event_log(const std::string& path, const std::string& state_dir) {
  if (path.starts_with(state_dir + "/")) return open_own_file(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
  Descriptor log(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (log) return log;
  return fail(ErrorKind::kStateNotWritable, "cannot write the event log " + path + ": " + reason());
}

Result<void> make_own_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return {};
  const int why = errno;
  struct stat facts {};
  if (why == EEXIST && ::lstat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) return {};
  return fail(ErrorKind::kStateNotWritable,
              "cannot create the directory " + path + ": " +
                  (why == EEXIST ? "the path exists and is not a directory" : std::strerror(why)));
}

Result<void> make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return {};
  if (errno == ENOENT && path.find('/', 1) != std::string::npos) {
    FP_TRY(make_directory(path.substr(0, path.rfind('/')), mode));
    if (::mkdir(path.c_str(), mode) == 0) return {};
  }
  if (errno == EEXIST && std::filesystem::is_directory(path)) return {};
  return fail(ErrorKind::kStateNotWritable, "cannot create the directory " + path + ": " + reason());
}

Result<TemporaryDirectory> TemporaryDirectory::make() {
  const char* place = std::getenv("TMPDIR");
  std::string path =
      std::string(place != nullptr && *place != '\0' ? place : "/tmp") + "/fleet-provision-simulator.XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return fail(ErrorKind::kStateNotWritable, "cannot create a temporary directory " + path + ": " + reason());
  }
  return TemporaryDirectory(path);
}

TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace fleet_provision::simulator

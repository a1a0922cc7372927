#include <cerrno>
#include <string>

#include "adapters/system/disk_error.hpp"
#include "tests/support/catch.hpp"

namespace fleet_provision {
namespace {

TEST_CASE("each errno has its kind, and the path stands in the message") {
  const struct {
    int number;
    ErrorKind kind;
    std::string words;
    bool has_hint;
  } rows[] = {
      {EACCES, ErrorKind::kStateNotWritable, "permission denied", true},
      {EPERM, ErrorKind::kStateNotWritable, "operation not permitted", true},
      {EROFS, ErrorKind::kStateNotWritable, "the file system is mounted read-only", true},
      {ENOTDIR, ErrorKind::kStateNotWritable, "a part of the path is not a directory", true},
      {EISDIR, ErrorKind::kStateNotWritable, "it is a directory", true},
      {ELOOP, ErrorKind::kStateNotWritable, "it is a symbolic link, which is not followed below the state directory",
       true},
      {ENAMETOOLONG, ErrorKind::kStateNotWritable, "file name too long", true},
      {EXDEV, ErrorKind::kStateCrossDevice, "the names are on different file systems or overlay layers", true},
      {ENOSPC, ErrorKind::kDiskFull, "the disk is full (space or inodes)", true},
      {EDQUOT, ErrorKind::kDiskFull, "the disk quota is used up", true},
      {EFBIG, ErrorKind::kDiskFull, "file too large", true},
      {EIO, ErrorKind::kDiskError, "input/output error", true},
      {ENOENT, ErrorKind::kDiskError, "no such file or directory", false},
      {ENXIO, ErrorKind::kDiskError, "no such device or address", false},
  };
  for (const auto& row : rows) {
    const Error error = disk_error(row.number, "create", "/state/a\x1b[0m").value();
    CHECK(error.kind == row.kind);
    CHECK(error.message == "cannot create /state/a\\x1b[0m: " + row.words);
    CHECK(error.hint.empty() == !row.has_hint);
  }
}

}  // namespace
}  // namespace fleet_provision

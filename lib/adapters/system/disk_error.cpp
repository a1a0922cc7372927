#include "adapters/system/disk_error.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include "adapters/system/resources.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

struct Meaning {
  ErrorKind kind;
  /// Empty means the text of strerror.
  std::string words;
  std::string hint;
};

std::string elsewhere(const DirectoryRole& role) {
  return "choose another directory with " + std::string(role.option);
}

Meaning meaning(int number, const DirectoryRole& role) {
  const std::string noun(role.noun);
  const std::string option(role.option);
  switch (number) {
    case EACCES:
    case EPERM: return {ErrorKind::kStateNotWritable, "", "run as root, or " + elsewhere(role)};
    case EROFS:
      return {ErrorKind::kStateNotWritable, "the file system is mounted read-only",
              "remount it, or choose a writable directory with " + option};
    case ENOTDIR: return {ErrorKind::kStateNotWritable, "a part of the path is not a directory", elsewhere(role)};
    case EISDIR: return {ErrorKind::kStateNotWritable, "it is a directory", "move the directory away"};
    case ELOOP:
      return {ErrorKind::kStateNotWritable, "it is a symbolic link, which is not followed below " + noun,
              "remove the link; only " + option + " itself may be a link"};
    case ENAMETOOLONG: return {ErrorKind::kStateNotWritable, "", elsewhere(role)};
    case EXDEV:
      return {ErrorKind::kStateCrossDevice, "the names are on different file systems or overlay layers",
              "keep " + noun + " on one writable file system, not in a lower overlay layer"};
    case ENOSPC: return {ErrorKind::kDiskFull, "the disk is full (space or inodes)", "free some space and rerun"};
    case EDQUOT: return {ErrorKind::kDiskFull, "the disk quota is used up", "free some space and rerun"};
    case EFBIG: return {ErrorKind::kDiskFull, "", "raise the limit on file sizes (ulimit -f) and rerun"};
    case EIO: return {ErrorKind::kDiskError, "", "check the kernel log (dmesg): the disk may be failing"};
    default: return {ErrorKind::kDiskError, "", ""};
  }
}

}  // namespace

std::string words(int number) {
  std::string text = std::generic_category().message(number);
  // "I/O error" keeps its capital letters.
  const bool word = text.size() > 1 && text[1] >= 'a' && text[1] <= 'z';
  if (word && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

tl::unexpected<Error> disk_error(int number, std::string_view doing, std::string_view path, const DirectoryRole& role) {
  const std::string what = "cannot " + std::string(doing) + " " + printable(path);
  if (auto lack = out_of_resources(number, what)) return fail(std::move(*lack));
  const Meaning found = meaning(number, role);
  return fail(found.kind, what + ": " + (found.words.empty() ? words(number) : found.words), found.hint);
}

tl::unexpected<Error> path_error(int number, std::string_view doing, std::string_view path, const DirectoryRole& role) {
  if (number != ELOOP) return disk_error(number, doing, path, role);
  return fail(ErrorKind::kStateNotWritable,
              "cannot " + std::string(doing) + " " + printable(path) + ": its symbolic links lead in a circle",
              elsewhere(role));
}

}  // namespace fleet_provision

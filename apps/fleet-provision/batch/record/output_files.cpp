#include "batch/record/output_files.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "adapters/system/disk_error.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace

tl::unexpected<Error> as_output_error(Error error) {
  for (std::string* text : {&error.message, &error.hint}) {
    replace_all(*text, "--state-dir", "--output-dir");
    replace_all(*text, "the state directory", "the output directory");
  }
  return fail(std::move(error));
}

tl::unexpected<Error> output_error(int number, std::string_view doing, std::string_view path) {
  return as_output_error(disk_error(number, doing, path).value());
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

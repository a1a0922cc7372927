#include "config/input_file.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "adapters/system/descriptor.hpp"
#include "adapters/system/disk_error.hpp"
#include "adapters/system/reading_limit.hpp"
#include "adapters/system/resources.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

std::string_view hint_for(int error_number) {
  if (error_number == ENOENT || error_number == ENOTDIR) return "correct the path, or put the file there";
  if (error_number == EACCES) return "run as a user who may read it, or change its owner or mode";
  return error_number == EISDIR ? "name a file" : "";
}

Result<std::string> read_all(int descriptor, const std::string& name, std::size_t limit, ErrorKind unusable) {
  std::string bytes;
  std::array<char, 16384> chunk{};
  LimitedReader reader(descriptor);
  while (true) {
    const ssize_t got = reader.read(chunk.data(), chunk.size());
    if (got < 0) {
      if (auto stopped = reading_stopped(errno, name)) return fail(std::move(*stopped));
      return fail(ErrorKind::kFileUnreadable, "cannot read " + name + ": " + words(errno),
                  std::string(hint_for(errno)));
    }
    if (got == 0) return bytes;
    bytes.append(chunk.data(), static_cast<std::size_t>(got));
    if (bytes.size() > limit) {
      return fail(unusable, name + " has more than " + std::to_string(limit) + " bytes", "is it the right file?");
    }
  }
}

}  // namespace

Result<std::string> read_input_file(const std::string& path, std::size_t limit, ErrorKind unusable) {
  if (path.empty()) return fail(ErrorKind::kUsage, "the path is empty", "name a file");
  const std::string name = printable(path, 300);
  const Descriptor file(open_to_read(path));
  if (!file) {
    if (auto lack = out_of_resources(errno, "cannot read " + name)) return fail(std::move(*lack));
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return fail(missing ? ErrorKind::kFileNotFound : ErrorKind::kFileUnreadable,
                "cannot read " + name + ": " + words(errno), std::string(hint_for(errno)));
  }
  return read_all(file.get(), name, limit, unusable);
}

Result<std::string> read_standard_input(std::size_t limit, ErrorKind unusable) {
  return read_all(STDIN_FILENO, "stdin", limit, unusable);
}

}  // namespace fleet_provision

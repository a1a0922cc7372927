#include "config/input_file.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "adapters/system/disk_error.hpp"
#include "adapters/system/named_file.hpp"
#include "adapters/system/reading_limit.hpp"

namespace fleet_provision {

Result<std::string> read_input_file(const std::string& path, std::size_t limit, ErrorKind unusable) {
  if (path.empty()) return fail(ErrorKind::kUsage, "the path is empty", "give the name of a file");
  FP_TRY_ASSIGN(const Secret bytes, read_named_file(path, "file", unusable, limit));
  return std::string(bytes.reveal());
}

Result<std::string> read_standard_input(std::size_t limit, ErrorKind unusable) {
  std::string bytes;
  std::array<char, 16384> chunk{};
  LimitedReader reader(STDIN_FILENO);
  while (true) {
    const ssize_t count = reader.read(chunk.data(), chunk.size());
    if (count < 0) {
      if (auto stopped = reading_stopped(errno, "stdin")) return fail(std::move(*stopped));
      return fail(ErrorKind::kFileUnreadable, "cannot read stdin: " + words(errno),
                  errno == EISDIR ? "redirect stdin from a file, not from a directory" : "");
    }
    if (count == 0) return bytes;
    bytes.append(chunk.data(), static_cast<std::size_t>(count));
    if (bytes.size() > limit) {
      return fail(unusable, "stdin has more than " + std::to_string(limit) + " bytes",
                  "redirect the right file to stdin");
    }
  }
}

}  // namespace fleet_provision

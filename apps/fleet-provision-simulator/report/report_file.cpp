#include "report/report_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/text.hpp"
#include "report/history_builder.hpp"
#include "report/log_reader.hpp"
#include "system/files.hpp"

namespace fleet_provision::simulator {

namespace {

namespace fs = std::filesystem;

// The bytes are read once, in pieces. Gives how many there were.
Result<std::uint64_t> feed_from(int descriptor, const std::string& path, LogReader& reader) {
  std::array<char, 65536> buffer{};
  std::uint64_t bytes = 0;
  while (true) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return fail(ErrorKind::kFileUnreadable, "cannot read " + printable(path) + ": " + std::strerror(errno));
    }
    if (got == 0) return bytes;
    bytes += static_cast<std::uint64_t>(got);
    reader.feed({buffer.data(), static_cast<std::size_t>(got)});
  }
}

// The file that a path with symbolic links stands for.
std::string target_of(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(path, error);
  return error ? path : target.string();
}

}  // namespace

Result<Report> report_from_log(const std::string& path) {
  Descriptor file;
  if (path != "-") {
    FP_TRY_ASSIGN(file, open_to_read(path));
  }
  HistoryBuilder builder;
  LogReader reader([&builder](const Event& event) { builder.add(event); });
  FP_TRY_ASSIGN(const std::uint64_t bytes, feed_from(path == "-" ? STDIN_FILENO : file.get(), path, reader));
  reader.finish();
  if (reader.events() == 0 && bytes != 0) {
    return fail(ErrorKind::kFileUnreadable, printable(path) + " is not an event log: none of its lines is an event",
                "use the file that the simulator wrote with --log");
  }
  Report report;
  report.facts = {reader.other_lines(), reader.first_other_line()};
  report.page = page_of(builder.finish(), report.facts);
  return report;
}

std::string other_lines_text(const LogFacts& facts, const std::string& path) {
  if (facts.other_lines == 0) return {};
  const bool one = facts.other_lines == 1;
  return std::to_string(facts.other_lines) + (one ? " line of " : " lines of ") + printable(path) +
         (one ? " is not an event: line " : " are not events: first line ") + std::to_string(facts.first_other_line);
}

Result<void> check_report_file(const std::string& path, const std::string& log) {
  const std::string target = target_of(path);
  const auto cannot = [&path](const std::string& why) {
    return fail(ErrorKind::kStateNotWritable, "cannot write the report " + printable(path) + ": " + why);
  };
  struct stat facts {};
  if (::stat(target.c_str(), &facts) == 0) {
    if (S_ISDIR(facts.st_mode)) return cannot("it is a directory");
    if (!S_ISREG(facts.st_mode)) return cannot("it is not a regular file");
    std::error_code none;
    if (!log.empty() && fs::equivalent(target, log, none)) {
      return fail(ErrorKind::kUsage, "--log and --report are the same file: " + printable(path));
    }
  }
  if (!log.empty() && target == target_of(log)) {
    return fail(ErrorKind::kUsage, "--log and --report are the same file: " + printable(path));
  }
  const std::string directory = fs::path(target).parent_path().string();
  if (::access(directory.empty() ? "." : directory.c_str(), W_OK | X_OK) != 0) return cannot(std::strerror(errno));
  return {};
}

Result<void> write_report(const std::string& path, const std::string& page) {
  const auto written = write_file(target_of(path), page, 0644);
  if (!written) return fail(ErrorKind::kDiskError, written.error().message);
  return {};
}

}  // namespace fleet_provision::simulator

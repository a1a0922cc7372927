// A file that is written piece by piece and appears whole.
#pragma once

#include <string>
#include <string_view>

#include "adapters/system/descriptor.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

/// Writes DIRECTORY/.NAME.new through a buffer of a fixed size; `commit` syncs it and renames it to DIRECTORY/NAME.
/// The new file has mode 0600, the finished one 0644.
/// Two processes that replace the same file wait for each other: both hold a lock (flock) on the new file. Without
/// `commit` the destructor removes the new file and NAME stays as it was.
class ReportFile {
 public:
  /// Errors as of the state directory: kStateNotWritable, kDiskFull, kDiskError; kOutOfResources.
  [[nodiscard]] static Result<ReportFile> open(const std::string& directory, const std::string& name);
  ReportFile(const ReportFile&) = delete;
  ReportFile& operator=(const ReportFile&) = delete;
  ReportFile(ReportFile&& other) noexcept = default;
  ReportFile& operator=(ReportFile&& other) noexcept = delete;
  ~ReportFile();

  /// The first error is kept, and `commit` gives it.
  void write(std::string_view bytes);
  [[nodiscard]] bool failed() const { return error_ != 0; }
  [[nodiscard]] Result<void> commit();

 private:
  ReportFile(Descriptor directory, Descriptor file, std::string path, std::string name)
      : directory_(std::move(directory)), file_(std::move(file)), path_(std::move(path)), name_(std::move(name)) {}
  [[nodiscard]] std::string new_name() const { return "." + name_ + ".new"; }
  void flush();

  Descriptor directory_;
  Descriptor file_;
  /// For messages.
  std::string path_;
  std::string name_;
  std::string buffer_;
  /// The errno of the first call that failed.
  int error_ = 0;
};

}  // namespace fleet_provision::batch

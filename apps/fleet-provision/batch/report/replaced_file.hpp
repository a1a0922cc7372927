// A file that is written piece by piece and appears whole.
#pragma once

#include <string>
#include <string_view>

#include "adapters/system/descriptor.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

/// Writes DIRECTORY/.NAME.new through a buffer of a fixed size; `commit` syncs it and renames it to DIRECTORY/NAME.
/// Two processes that replace the same file wait for each other: both hold a lock (flock) on the new file. Without
/// `commit` the destructor removes the new file and NAME stays as it was.
class ReplacedFile {
 public:
  /// Errors as of the state directory: kStateNotWritable, kDiskFull, kDiskError; kOutOfResources.
  [[nodiscard]] static Result<ReplacedFile> open(const std::string& directory, const std::string& name);
  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;
  ReplacedFile(ReplacedFile&& other) noexcept = default;
  ReplacedFile& operator=(ReplacedFile&& other) noexcept = delete;
  ~ReplacedFile();

  /// The first error is kept, and `commit` gives it.
  void write(std::string_view bytes);
  [[nodiscard]] bool failed() const { return error_ != 0; }
  [[nodiscard]] Result<void> commit();

 private:
  ReplacedFile(Descriptor directory, Descriptor file, std::string path, std::string name)
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

// A file that is written bit by bit and takes the place of another at once.
#pragma once

#include <string>
#include <string_view>

#include "adapters/system/descriptor.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

/// Is written under another name; without `commit` it leaves nothing.
class ReplacedFile {
 public:
  /// NAME.new in the open directory, in the place of one that a killed run left. `path` is the directory's, for
  /// messages. Kinds as of AppendFile.
  [[nodiscard]] static Result<ReplacedFile> create(int directory, const std::string& path, const std::string& name);

  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;
  ReplacedFile(ReplacedFile&& other) noexcept;
  ReplacedFile& operator=(ReplacedFile&& other) = delete;
  ~ReplacedFile();

  /// Each call is one write; collect small pieces before.
  [[nodiscard]] Result<void> write(std::string_view bytes);
  /// Gives the file its name (mode 0644), synced. `directory` has to be open still.
  [[nodiscard]] Result<void> commit();

 private:
  ReplacedFile(int directory, std::string path, std::string name, Descriptor file);
  [[nodiscard]] std::string new_name() const { return name_ + ".new"; }
  [[nodiscard]] tl::unexpected<Error> failed(int number, std::string_view doing) const;

  int directory_;
  std::string path_;
  std::string name_;
  Descriptor file_;
};

}  // namespace fleet_provision::batch

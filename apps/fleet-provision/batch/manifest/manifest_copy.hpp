// The copy of a manifest: an unnamed file in the output directory, which no other process can change or leave behind.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/system/descriptor.hpp"
#include "core/result.hpp"

namespace fleet_provision::batch {

class ManifestCopy {
 public:
  /// `output_dir` is open; `path` is its name for messages. Errors are those of disk_error.
  /// Without unnamed files (NFS, some overlays) the file has a name until it is open.
  [[nodiscard]] static Result<ManifestCopy> create(int output_dir, std::string path, bool has_unnamed_files = true);

  [[nodiscard]] Result<void> append(std::string_view bytes);
  /// The bytes of one row; fails if there are fewer.
  [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t size) const;

 private:
  Descriptor file_;
  std::string path_;
};

}  // namespace fleet_provision::batch

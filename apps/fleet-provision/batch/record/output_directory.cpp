#include "batch/record/output_directory.hpp"

#include <fcntl.h>

#include <cerrno>

#include "adapters/system/make_path.hpp"
#include "batch/record/output_files.hpp"
#include "batch/record/replaced_file.hpp"

namespace fleet_provision::batch {

Result<OutputDirectory> OutputDirectory::open(const std::string& path) {
  if (auto made = make_path(path); !made) return as_output_error(std::move(made).error());
  Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return output_error(errno, "open", path);
  const std::string lock_path = path_below(path, "lock");
  auto lock = lock_state(directory.get(), lock_path);
  if (!lock) return as_output_error(std::move(lock).error());
  FP_TRY(require_own(lock->file.get(), directory.get(), lock_path));
  return OutputDirectory(path, std::move(directory), std::move(*lock));
}

Result<std::unique_ptr<AppendFile>> OutputDirectory::open_results() const {
  return open_results_in(directory_.get(), path_);
}

Result<void> OutputDirectory::replace(const std::string& name, std::string_view bytes) const {
  FP_TRY_ASSIGN(auto file, ReplacedFile::create(directory_.get(), path_, name));
  FP_TRY(file.write(bytes));
  return file.commit();
}

}  // namespace fleet_provision::batch

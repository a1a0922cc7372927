#include "simulator/state_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace fleet_provision::simulator {

Result<StateDirectory> StateDirectory::open(const std::string& path, const std::optional<User>& user) {
  StateDirectory directory;
  std::string given = path;
  const bool is_new = given.empty() || !exists(given);
  if (given.empty()) {
    FP_TRY_ASSIGN(auto made, TemporaryDirectory::make());
    directory.temporary_.emplace(std::move(made));
    given = directory.temporary_->path();
  }
  FP_TRY(make_directory(given, 0755));
  if (user && is_new) FP_TRY(give_directory(given, *user));
  std::error_code error;
  directory.path_ = std::filesystem::canonical(given, error).string();
  if (error) return fail(ErrorKind::kStateNotWritable, "cannot use " + given + ": " + error.message());
  return directory;
}

Result<void> StateDirectory::lock() {
  FP_TRY_ASSIGN(lock_, open_own_file(path_ + "/lock", O_RDWR | O_CREAT, 0600));
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  return fail(ErrorKind::kLocked, "another simulator uses " + path_,
              "stop the other simulator, or use another --state-dir");
}

}  // namespace fleet_provision::simulator

// The state directory on a real file system.
#pragma once

#include <sys/stat.h>

#include <map>
#include <string>
#include <string_view>

#include "adapters/system/acting_user.hpp"
#include "adapters/system/descriptor.hpp"
#include "adapters/system/state_lock.hpp"
#include "ports/disk.hpp"

namespace fleet_provision {

class PosixDisk : public Disk {
 public:
  /// Touches nothing. `state_dir` need not exist; it and what leads to it may be symbolic links.
  explicit PosixDisk(std::string state_dir);

  [[nodiscard]] Result<std::optional<EntryFacts>> inspect(const std::string& path) override;
  [[nodiscard]] Result<std::optional<Secret>> read(const std::string& path, std::size_t limit) override;
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& directory) override;
  [[nodiscard]] Result<void> make_root() override;
  [[nodiscard]] Result<void> lock() override;
  [[nodiscard]] Result<void> make_directory(const std::string& path) override;
  [[nodiscard]] Result<void> write_new(const std::string& path, std::string_view bytes) override;
  [[nodiscard]] Result<void> sync_file(const std::string& path) override;
  [[nodiscard]] Result<void> sync_directory(const std::string& path) override;
  [[nodiscard]] Result<void> set_mode(const std::string& path, unsigned mode) override;
  [[nodiscard]] Result<void> set_owner(const std::string& path, const Owner& owner) override;
  [[nodiscard]] Result<void> rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] Result<bool> exchange(const std::string& a, const std::string& b) override;
  [[nodiscard]] Result<void> remove_file(const std::string& path) override;
  [[nodiscard]] Result<void> remove_directory(const std::string& path) override;
  [[nodiscard]] std::string root() const override { return state_dir_; }

 private:
  enum class Purpose : unsigned char { kLook, kChange };
  /// A name in an open directory, reached as the user whom the directory belongs to for as long as this lives.
  struct Place {
    ActingUser acting;
    /// The subdirectory, when the path has two components.
    Descriptor owned;
    int directory = -1;
    std::string name;
  };
  /// A file or directory of which mode or owner is about to change.
  struct Changed {
    Descriptor owned;
    int descriptor = -1;
    /// It was written through this very descriptor.
    bool is_ours = false;
    struct stat facts {};
  };

  [[nodiscard]] std::string whole(std::string_view path) const;
  /// errno's, unless a number is given.
  [[nodiscard]] tl::unexpected<Error> failed(std::string_view doing, std::string_view path) const;
  [[nodiscard]] tl::unexpected<Error> failed(int number, std::string_view doing, std::string_view path) const;
  [[nodiscard]] tl::unexpected<Error> explained(Error error) const;
  /// Opens the state directory on first use; negative, with errno, when it cannot be.
  [[nodiscard]] int open_root();
  [[nodiscard]] Result<Account> who_acts_in(int directory, const std::string& name, Purpose purpose);
  [[nodiscard]] Result<Place> locate(std::string_view doing, const std::string& path);
  /// Nothing when a directory on the way does not exist.
  [[nodiscard]] Result<std::optional<Place>> locate_if_there(std::string_view doing, const std::string& path,
                                                             Purpose purpose);
  /// By the descriptor that wrote it, where this disk did. kStateNotPrivate for a file with a second name.
  [[nodiscard]] Result<Changed> open_to_change(const Place& place, std::string_view doing, const std::string& path);
  /// A directory's own descriptor, "" being the state directory.
  [[nodiscard]] Result<std::optional<Descriptor>> open_directory(std::string_view doing, const std::string& path);
  void forget_written(const std::string& path);

  std::string state_dir_;
  Descriptor root_;
  /// Whom the state directory belongs to, once it is open.
  Account owner_;
  StateLock lock_;
  /// Descriptors that files were written through: mode and owner are those of what was written, whatever its name
  /// stands for by then, and an error of writing back is told once, and only to descriptors that were open when it
  /// happened.
  std::map<std::string, Descriptor, std::less<>> written_;
};

}  // namespace fleet_provision

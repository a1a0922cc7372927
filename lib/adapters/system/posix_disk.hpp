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
  /// Accesses no file. `state_dir` need not exist; each of its components may be a symbolic link.
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
  /// A name in an open directory. While this object lives, the thread acts as the directory's owner.
  struct Location {
    ActingUser acting;
    /// Of the state directory or of one of `subdirectories_`.
    int directory = -1;
    std::string name;
  };
  struct Subdirectory {
    Descriptor descriptor;
    /// From when it was opened.
    struct stat facts {};
  };
  /// An open file or directory whose mode or owner is about to change.
  struct Changed {
    Descriptor owned;
    int descriptor = -1;
    /// This process wrote the file through this descriptor.
    bool is_ours = false;
    struct stat facts {};
  };

  [[nodiscard]] std::string full_path(std::string_view path) const;
  /// The error of errno, or of `number`.
  [[nodiscard]] tl::unexpected<Error> failed(std::string_view doing, std::string_view path) const;
  [[nodiscard]] tl::unexpected<Error> failed(int number, std::string_view doing, std::string_view path) const;
  [[nodiscard]] tl::unexpected<Error> explained(Error error) const;
  /// Opens the state directory on first use; negative, with errno set, if open fails.
  [[nodiscard]] int open_root();
  [[nodiscard]] Result<Account> who_acts_in(const struct stat& directory, const std::string& name, Purpose purpose);
  [[nodiscard]] Result<Location> locate(std::string_view doing, const std::string& path);
  /// Nothing if a directory of the path does not exist.
  [[nodiscard]] Result<std::optional<Location>> locate_if_there(std::string_view doing, const std::string& path,
                                                                Purpose purpose);
  /// Uses the descriptor of `written_` if this object wrote the file. kStateNotPrivate for a file with a second name.
  [[nodiscard]] Result<Changed> open_to_change(const Location& location, std::string_view doing,
                                               const std::string& path);
  /// The open subdirectory of this name, null if it does not exist.
  [[nodiscard]] Result<const Subdirectory*> open_subdirectory(std::string_view doing, const std::string& name,
                                                              const std::string& path);
  /// The descriptor of an open directory, -1 if it does not exist; "" is the state directory.
  [[nodiscard]] Result<int> open_directory(std::string_view doing, const std::string& path);
  /// The name `path` no longer refers to what this object opened.
  void forget(const std::string& path);

  std::string state_dir_;
  Descriptor root_;
  /// The owner of the state directory, and the process's own account. Set by `open_root`.
  Account owner_;
  Account own_;
  /// Stay open, so that an operation need not open them again, until the lock is taken, their name is renamed or
  /// removed, or their mode or owner changes.
  std::map<std::string, Subdirectory, std::less<>> subdirectories_;
  StateLock lock_;
  /// Descriptors through which files were written. They stay open for two reasons: mode and owner must change on the
  /// file that was written, even if its name refers to another file by then; and the kernel reports an error of writing
  /// back once, and only to descriptors that were open when it happened.
  std::map<std::string, Descriptor, std::less<>> written_;
};

}  // namespace fleet_provision

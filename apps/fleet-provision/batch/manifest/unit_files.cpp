#include "batch/manifest/unit_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "adapters/system/disk_error.hpp"
#include "adapters/system/interrupt.hpp"
#include "adapters/system/posix_host_system.hpp"
#include "core/key_location.hpp"
#include "core/text.hpp"

namespace fleet_provision::batch {
namespace {

struct FileRole {
  OptionId id;
  /// As a run names the file.
  std::string_view what;
};
constexpr std::array kFileRoles{
    FileRole{OptionId::kCaFile, "CA file"},
    FileRole{OptionId::kProxyPasswordFile, "proxy password file"},
    FileRole{OptionId::kClaim, "claim"},
    FileRole{OptionId::kClaimCert, "claim certificate"},
    FileRole{OptionId::kClaimKey, "claim key"},
    FileRole{OptionId::kClaimKeyPassphraseFile, "passphrase file"},
    FileRole{OptionId::kKey, "device key"},
    FileRole{OptionId::kCsr, "CSR"},
    FileRole{OptionId::kPinFile, "PIN file"},
    FileRole{OptionId::kPkcs11Module, "PKCS#11 module"},
    FileRole{OptionId::kTpmOwnerPasswordFile, "owner password file"},
};

Result<void> check_readable(std::string_view what, const std::string& file) {
  struct stat facts {};
  int failure = ::stat(file.c_str(), &facts) == 0 ? 0 : errno;
  if (failure == 0 && S_ISDIR(facts.st_mode)) failure = EISDIR;
  if (failure == 0 && ::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) != 0) failure = errno;
  if (failure == 0) return {};
  const std::string name = "the " + std::string(what) + " " + printable(file);
  if (failure == ENOENT || failure == ENOTDIR) {
    return fail(ErrorKind::kFileNotFound, name + " does not exist", "correct the path, or put the file there");
  }
  return fail(ErrorKind::kFileUnreadable, "cannot read " + name + ": " + words(failure),
              failure == EACCES   ? "run as a user who may read it, or change its owner or mode"
              : failure == EISDIR ? "give a file, not a directory"
                                  : "");
}

}  // namespace

bool is_unit_file(OptionId id) {
  return std::any_of(kFileRoles.begin(), kFileRoles.end(), [id](const FileRole& each) { return each.id == id; });
}

Result<void> check_unit_file(OptionId id, const std::string& file) {
  if (id == OptionId::kOnSuccess) {
    const Interrupt never;
    return PosixHostSystem({}, never).may_run(file);
  }
  if (id == OptionId::kClaim && file == "-") return {};
  for (const FileRole& each : kFileRoles) {
    if (each.id != id) continue;
    const bool may_be_uri = id == OptionId::kKey || id == OptionId::kClaimKey;
    const auto location = may_be_uri ? parse_key_location(file) : KeyLocation{PemFile{file}};
    if (!location || !is_file(*location)) return {};
    return check_readable(each.what, file);
  }
  return {};
}

Result<void> check_readable_twice(const std::string& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0 || (!S_ISFIFO(facts.st_mode) && !S_ISSOCK(facts.st_mode))) return {};
  return fail(ErrorKind::kUsage, printable(file, 300) + " is a pipe, which only one unit could read",
              "save its content to a private file and give the file's name");
}

std::string same_file_text(const std::string& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0) return resolved_path_of(file);
  return std::to_string(facts.st_dev) + ":" + std::to_string(facts.st_ino);
}

std::string absolute_path_of(const std::string& path) {
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(path, failed);
  std::string text = failed ? path : absolute.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

std::string resolved_path_of(const std::string& path) {
  const std::string absolute = absolute_path_of(path);
  std::error_code failed;
  const auto resolved = std::filesystem::weakly_canonical(absolute, failed);
  return absolute_path_of((failed ? std::filesystem::path(absolute).lexically_normal() : resolved).string());
}

}  // namespace fleet_provision::batch

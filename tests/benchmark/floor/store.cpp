#include "tests/benchmark/floor/store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "tests/benchmark/floor/failure.hpp"

namespace fleet_provision::floor {
namespace {

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr mode_t kPrivateFile = 0600;
constexpr mode_t kReadableByAll = 0644;
constexpr std::size_t kProbeBytes = 8 * 1024;

Descriptor opened(int directory, const char* name, int flags, mode_t mode = 0) {
  return Descriptor(called(::openat(directory, name, flags | O_CLOEXEC, mode), name));
}

void sync(int descriptor) {
  called(::fsync(descriptor), "fsync");
}

Descriptor written(int directory, const char* name, std::string_view bytes) {
  Descriptor file = opened(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kPrivateFile);
  const ssize_t size = ::write(file.get(), bytes.data(), bytes.size());
  require(size == static_cast<ssize_t>(bytes.size()), "write");
  return file;
}

}  // namespace

Store::Store(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  const std::string above = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  // The directory that holds the new one may itself have been left by a run that was killed.
  if (slash != std::string::npos && slash > 0) sync(opened(AT_FDCWD, (above + "..").c_str(), kDirectory).get());
  called(::mkdir(path.c_str(), 0755), path.c_str());
  sync(opened(AT_FDCWD, above.c_str(), kDirectory).get());
  root_ = opened(AT_FDCWD, path.c_str(), kDirectory);

  lock_ = opened(root_.get(), "lock", O_RDWR | O_CREAT | O_NOFOLLOW, kPrivateFile);
  called(::flock(lock_.get(), LOCK_EX | LOCK_NB), "lock");
  const std::string holder = std::to_string(::getpid()) + "\n";
  require(::write(lock_.get(), holder.data(), holder.size()) > 0, "lock");

  called(::mkdirat(root_.get(), "pending", 0700), "pending");
  pending_ = opened(root_.get(), "pending", kDirectory);
  written(pending_.get(), "probe", std::string(kProbeBytes, '\0'));
  called(::unlinkat(pending_.get(), "probe", 0), "probe");
}

void Store::write_private(const char* name, std::string_view bytes) {
  sync(written(pending_.get(), name, bytes).get());
}

void Store::write_public(const char* name, std::string_view bytes) {
  const Descriptor file = written(pending_.get(), name, bytes);
  called(::fchmod(file.get(), kReadableByAll), name);
  sync(file.get());
}

void Store::save(std::string_view key_pem, std::string_view journal) {
  if (!key_pem.empty()) write_private("private-key.pem", key_pem);
  write_private("journal.new", journal);
  called(::renameat(pending_.get(), "journal.new", pending_.get(), "journal"), "journal");
  sync(pending_.get());
  if (!name_durable_) sync(root_.get());
  name_durable_ = true;
}

void Store::install(const Identity& identity) {
  write_public("certificate.pem", identity.certificate_pem);
  write_public("thing-name", identity.thing_name + "\n");
  write_public("device-configuration.json", identity.device_configuration + "\n");
  write_public("identity.json", identity.identity_json);
  sync(pending_.get());

  called(::unlinkat(pending_.get(), "journal", 0), "journal");
  called(::fchmod(pending_.get(), 0755), "pending");
  sync(pending_.get());
  called(::renameat(root_.get(), "pending", root_.get(), "identity"), "identity");
  sync(root_.get());
}

}  // namespace fleet_provision::floor

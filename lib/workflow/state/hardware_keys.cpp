#include "workflow/state/hardware_keys.hpp"

#include "core/text.hpp"
#include "workflow/state/identity_files.hpp"

namespace fleet_provision {
namespace {

std::string public_key_of(Disk& disk, Keysmith& keysmith, const std::string& directory) {
  const auto certificate = read_certificate_of(disk, keysmith, directory);
  return certificate && *certificate ? (*certificate)->public_key_sha256 : "";
}

/// Two texts may name one key, so that the public keys are compared too.
bool has_key(const HardwareKey& key, Disk& disk, Keysmith& keysmith, const std::string& directory) {
  const auto identity = recorded_identity(disk, directory);
  if (identity && identity->key == key.location) return true;
  return !key.public_key_sha256.empty() && public_key_of(disk, keysmith, directory) == key.public_key_sha256;
}

std::string place_of(const KeyLocation& location) {
  return std::holds_alternative<TpmHandle>(location) ? "in the TPM" : "in its token";
}

}  // namespace

std::vector<KeyLocation> own_hardware_keys(Disk& disk) {
  std::vector<KeyLocation> own;
  for (const char* directory : {kIdentityDirectory, kPreviousDirectory}) {
    const auto identity = recorded_identity(disk, directory);
    if (identity && is_in_hardware(identity->key)) own.push_back(identity->key);
  }
  return own;
}

std::optional<std::uint32_t> foreign_owner(Disk& disk, std::uint32_t self) {
  std::vector<std::string> paths{kStateDirectory, path_in(kPendingDirectory, kJournalFile)};
  for (const char* directory : {kIdentityDirectory, kPreviousDirectory, kPendingDirectory}) {
    paths.emplace_back(directory);
    paths.push_back(path_in(directory, kIdentityFile));
  }
  for (const std::string& path : paths) {
    // What cannot be inspected cannot be read either.
    const auto facts = disk.inspect(path);
    if (facts && *facts && (*facts)->user != 0 && (*facts)->user != self) return (*facts)->user;
  }
  return std::nullopt;
}

std::optional<HardwareKey> displaced_key(Disk& disk, Keysmith& keysmith) {
  const auto previous = recorded_identity(disk, kPreviousDirectory);
  if (!previous || !previous->key_made_here || !is_in_hardware(previous->key)) return std::nullopt;
  HardwareKey key{previous->key, public_key_of(disk, keysmith, kPreviousDirectory)};
  // Without the public key it is not certain that the location still holds this key.
  if (key.public_key_sha256.empty()) return std::nullopt;
  for (const char* directory : {kIdentityDirectory, kPendingDirectory}) {
    if (has_key(key, disk, keysmith, directory)) return std::nullopt;
  }
  return key;
}

bool belongs_to_identity(const HardwareKey& key, Disk& disk, Keysmith& keysmith) {
  return has_key(key, disk, keysmith, kIdentityDirectory) || has_key(key, disk, keysmith, kPreviousDirectory);
}

Result<void> destroy_hardware_key(const HardwareKey& key, const std::string& whose, Keysmith& keysmith,
                                  Observer& observer) {
  const std::string named = "the key " + printable(text_of(key.location)) + " " + whose;
  const auto destroyed = keysmith.destroy_key(key.location, key.public_key_sha256);
  if (destroyed) {
    observer.reached(named + " is destroyed");
    return {};
  }
  const Error& why = destroyed.error();
  if (why.kind == ErrorKind::kInterrupted || why.kind == ErrorKind::kTerminated) return fail(why);
  observer.warned(named + " stays " + place_of(key.location) + ": " + why.message);
  return {};
}

}  // namespace fleet_provision

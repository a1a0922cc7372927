#include "workflow/state/identity_files.hpp"

#include "codec/identity_codec.hpp"
#include "workflow/state/salted_digest.hpp"

namespace fleet_provision {
namespace {

// A response has at most 128 KiB; escaped in JSON, each byte of it may take six.
constexpr std::size_t kFileBytesMax = 2 * 1024 * 1024;
constexpr unsigned kReadableByAll = 0644;

/// The salted digest covers digests of the files, so that it needs no second copy of a key.
std::vector<std::string> proved_parts(const Identity& identity, std::string_view certificate_pem,
                                      std::string_view key_pem, Keysmith& keysmith) {
  return {identity.certificate_fingerprint, keysmith.sha256_hex(certificate_pem), keysmith.sha256_hex(key_pem)};
}

/// The owner of identity/ must not choose which file a run opens: the key file has a fixed name.
bool may_be_key(const Identity& identity) {
  return has_key_file(identity) || !is_file(identity.key);
}

class Reader {
 public:
  Reader(Disk& disk, Keysmith& keysmith, std::string directory, KeyCheck key_check)
      : disk_(disk), keysmith_(keysmith), directory_(std::move(directory)), key_check_(key_check) {}

  Result<Identity> read() {
    FP_TRY_ASSIGN(const Secret json, file(kIdentityFile));
    auto identity = decode_identity(json.reveal());
    if (!identity) return damaged(kIdentityFile, identity.error().message);
    if (!may_be_key(*identity)) {
      return damaged(kIdentityFile, "its \"key\" is neither private-key.pem nor the URI of a key");
    }
    FP_TRY(check_key_pair(*identity));
    FP_TRY(check_thing_name(*identity));
    FP_TRY_ASSIGN(const Secret configuration, file(kDeviceConfigurationFile));
    if (configuration.reveal() != encode_device_configuration(identity->device_configuration)) {
      return damaged(kDeviceConfigurationFile, "it differs from identity.json");
    }
    return std::move(*identity);
  }

 private:
  [[nodiscard]] tl::unexpected<Error> damaged(const std::string& name, const std::string& why) const {
    return fail(ErrorKind::kIdentityDamaged, disk_.root() + "/" + directory_ + " is damaged: " + name + ": " + why,
                "restore it from a backup, or provision again with --force");
  }

  Result<Secret> file(const char* name) {
    const std::string path = path_in(directory_, name);
    FP_TRY_ASSIGN(const std::optional<EntryFacts> facts, disk_.inspect(path));
    if (!facts) return damaged(name, "the file is missing");
    if (facts->type != EntryType::kFile) return damaged(name, "it is not a file");
    FP_TRY_ASSIGN(std::optional<Secret> bytes, disk_.read(path, kFileBytesMax));
    if (!bytes) return damaged(name, "the file is missing");
    return std::move(*bytes);
  }

  /// Files that are unchanged since certificate and key were checked need no second check: a gateway reads them at each
  /// boot, and parsing a certificate and a key would take most of that time.
  Result<void> check_key_pair(const Identity& identity) {
    FP_TRY_ASSIGN(const Secret pem, file(kCertificateFile));
    std::optional<Secret> key_pem;
    if (has_key_file(identity) && key_check_ == KeyCheck::kRequired) {
      FP_TRY_ASSIGN(key_pem, file(kPrivateKeyFile));
    }
    const std::string_view key = key_pem ? key_pem->reveal() : std::string_view{};
    const auto proved = [&] {
      return is_digest_of(*identity.files_digest, proved_parts(identity, pem.reveal(), key, keysmith_), keysmith_);
    };
    if (key_check_ == KeyCheck::kRequired && identity.files_digest && proved()) return {};
    return prove_key_pair(identity, pem, key_pem);
  }

  Result<void> prove_key_pair(const Identity& identity, const Secret& pem, const std::optional<Secret>& key_pem) {
    const auto facts = keysmith_.read_certificate(pem.reveal());
    if (!facts) return damaged(kCertificateFile, facts.error().message);
    if (facts->fingerprint != identity.certificate_fingerprint) {
      return damaged(kCertificateFile, "it is not the certificate that identity.json names");
    }
    if (!key_pem) return {};
    const auto key = keysmith_.read_key(*key_pem);
    if (!key) return damaged(kPrivateKeyFile, key.error().message);
    if (key->public_key_sha256 != facts->public_key_sha256) {
      return damaged(kPrivateKeyFile, "it does not belong to certificate.pem");
    }
    return {};
  }

  Result<void> check_thing_name(const Identity& identity) {
    if (!identity.thing_name) return {};
    FP_TRY_ASSIGN(const Secret text, file(kThingNameFile));
    if (text.reveal() != *identity.thing_name + "\n") return damaged(kThingNameFile, "it differs from identity.json");
    return {};
  }

  Disk& disk_;
  Keysmith& keysmith_;
  std::string directory_;
  KeyCheck key_check_;
};

Result<void> write_public(Disk& disk, const std::string& path, std::string_view bytes) {
  // write_new refuses a name that an earlier run left.
  FP_TRY(disk.remove_file(path));
  FP_TRY(disk.write_new(path, bytes));
  FP_TRY(disk.set_mode(path, kReadableByAll));
  // Bytes and mode must be durable before the name is used.
  return disk.sync_file(path);
}

}  // namespace

std::string path_in(const std::string& directory, const std::string& name) {
  return directory + "/" + name;
}

std::string digest_of_files(const Identity& identity, std::string_view certificate_pem, const Secret& key_pem,
                            Keysmith& keysmith) {
  return make_salted_digest(proved_parts(identity, certificate_pem, key_pem.reveal(), keysmith), keysmith);
}

Result<std::optional<Identity>> read_identity_in(Disk& disk, Keysmith& keysmith, const std::string& directory,
                                                 KeyCheck key_check) {
  FP_TRY_ASSIGN(const std::optional<EntryFacts> facts, disk.inspect(directory));
  if (!facts) return std::optional<Identity>();
  if (facts->type != EntryType::kDirectory) {
    return fail(ErrorKind::kIdentityDamaged, disk.root() + "/" + directory + " is not a directory",
                "move it elsewhere; symbolic links in the state directory are not followed");
  }
  FP_TRY_ASSIGN(Identity identity, Reader(disk, keysmith, directory, key_check).read());
  return std::optional<Identity>(std::move(identity));
}

Result<std::optional<Identity>> read_undamaged_identity(Disk& disk, Keysmith& keysmith, const std::string& directory,
                                                        KeyCheck key_check) {
  auto identity = read_identity_in(disk, keysmith, directory, key_check);
  if (!identity && identity.error().kind == ErrorKind::kIdentityDamaged) return std::optional<Identity>();
  return identity;
}

std::optional<Identity> recorded_identity(Disk& disk, const std::string& directory) {
  const auto json = disk.read(path_in(directory, kIdentityFile), kFileBytesMax);
  if (!json || !*json) return std::nullopt;
  auto identity = decode_identity((*json)->reveal());
  if (!identity) return std::nullopt;
  return std::move(*identity);
}

Result<std::optional<CertificateFacts>> read_certificate_of(Disk& disk, Keysmith& keysmith,
                                                            const std::string& directory) {
  FP_TRY_ASSIGN(const std::optional<Secret> pem, disk.read(path_in(directory, kCertificateFile), kFileBytesMax));
  if (!pem) return std::optional<CertificateFacts>();
  auto facts = keysmith.read_certificate(pem->reveal());
  if (!facts) return std::optional<CertificateFacts>();
  return std::optional(std::move(*facts));
}

Result<void> write_identity(Disk& disk, const std::string& directory, const Identity& identity,
                            const std::string& certificate_pem) {
  FP_TRY(write_public(disk, path_in(directory, kCertificateFile), certificate_pem));
  if (identity.thing_name) {
    FP_TRY(write_public(disk, path_in(directory, kThingNameFile), *identity.thing_name + "\n"));
  }
  FP_TRY(write_public(disk, path_in(directory, kDeviceConfigurationFile),
                      encode_device_configuration(identity.device_configuration)));
  FP_TRY(write_public(disk, path_in(directory, kIdentityFile), encode_identity(identity)));
  // The names must be durable before the journal is removed, because from then on only these files remain.
  return disk.sync_directory(directory);
}

Result<void> set_public_modes(Disk& disk, const std::string& directory, const Identity& identity) {
  for (const std::string& name : files_of(identity)) {
    if (name == kPrivateKeyFile) continue;
    const std::string path = path_in(directory, name);
    FP_TRY_ASSIGN(const std::optional<EntryFacts> facts, disk.inspect(path));
    if (!facts || facts->mode == kReadableByAll) continue;
    FP_TRY(disk.set_mode(path, kReadableByAll));
    FP_TRY(disk.sync_file(path));
  }
  return {};
}

Result<void> replace_identity_file(Disk& disk, const std::string& directory, const Identity& identity) {
  const std::string path = path_in(directory, kIdentityFile);
  const std::string next = path + ".new";
  FP_TRY_ASSIGN(const std::optional<EntryFacts> old, disk.inspect(path));
  FP_TRY(disk.remove_file(next));
  FP_TRY(disk.write_new(next, encode_identity(identity)));
  FP_TRY(disk.set_mode(next, kReadableByAll));
  FP_TRY_ASSIGN(const std::optional<EntryFacts> made, disk.inspect(next));
  const bool other_owner = old && made && (old->user != made->user || old->group != made->group);
  if (other_owner) FP_TRY(disk.set_owner(next, Owner{old->user, old->group}));
  // The bytes must be durable before the name.
  FP_TRY(disk.sync_file(next));
  return disk.rename(next, path);
}

std::vector<std::string> files_of(const Identity& identity) {
  std::vector<std::string> names{kCertificateFile, kDeviceConfigurationFile, kIdentityFile};
  if (identity.thing_name) names.emplace_back(kThingNameFile);
  if (has_key_file(identity)) names.emplace_back(kPrivateKeyFile);
  return names;
}

}  // namespace fleet_provision

// The files of one identity in a directory, `pending` or `identity`: written, and read back complete or not at all.
//
// Complete means: identity.json can be read, the certificate is the one it names, the private key (where it is a file)
// belongs to that certificate, and thing-name and device-configuration.json say the same as identity.json. That
// certificate and key belong together is known from their digest in identity.json, and else from parsing them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/identity.hpp"
#include "ports/disk.hpp"
#include "ports/keysmith.hpp"

namespace fleet_provision {

inline constexpr const char* kIdentityDirectory = "identity";
inline constexpr const char* kPendingDirectory = "pending";
/// The state directory itself, as the path that `Disk` takes.
inline constexpr const char* kStateDirectory = "";
inline constexpr const char* kPreviousDirectory = "previous";
inline constexpr const char* kJournalFile = "journal";
inline constexpr const char* kIdentityFile = "identity.json";
inline constexpr const char* kCertificateFile = "certificate.pem";
inline constexpr const char* kThingNameFile = "thing-name";
inline constexpr const char* kDeviceConfigurationFile = "device-configuration.json";

/// `directory/name`, as Disk takes it.
[[nodiscard]] std::string path_in(const std::string& directory, const std::string& name);

/// Whether a private key that is a file is read and proved to fit; not every user may read it.
enum class KeyCheck : unsigned char { kRequired, kSkipped };

/// Nothing when there is no such directory; kIdentityDamaged says what is wrong with one that is not complete.
[[nodiscard]] Result<std::optional<Identity>> read_identity_in(Disk& disk, Keysmith& keysmith,
                                                               const std::string& directory,
                                                               KeyCheck key_check = KeyCheck::kRequired);
/// The same, with nothing for a damaged one too.
[[nodiscard]] Result<std::optional<Identity>> read_undamaged_identity(Disk& disk, Keysmith& keysmith,
                                                                      const std::string& directory,
                                                                      KeyCheck key_check = KeyCheck::kRequired);

/// The facts of its certificate; nothing when there is none that can be read.
[[nodiscard]] Result<std::optional<CertificateFacts>> read_certificate_of(Disk& disk, Keysmith& keysmith,
                                                                          const std::string& directory);

/// What goes into `identity.files_digest` once certificate and key, which may be empty, have been proved to fit.
[[nodiscard]] std::string digest_of_files(const Identity& identity, std::string_view certificate_pem,
                                          const Secret& key_pem, Keysmith& keysmith);

/// Writes all but the private key, readable to all, and makes bytes and names durable. identity.json comes last.
[[nodiscard]] Result<void> write_identity(Disk& disk, const std::string& directory, const Identity& identity,
                                          const std::string& certificate_pem);

/// Makes public files readable to all, where a run was cut off between writing a file and setting its mode.
[[nodiscard]] Result<void> set_public_modes(Disk& disk, const std::string& directory, const Identity& identity);

/// Replaces identity.json by one rename; the new one has the mode and the owner of the old. The name becomes durable
/// with the directory.
[[nodiscard]] Result<void> replace_identity_file(Disk& disk, const std::string& directory, const Identity& identity);

/// The names that belong to an identity.
[[nodiscard]] std::vector<std::string> files_of(const Identity& identity);

}  // namespace fleet_provision

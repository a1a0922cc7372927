// Writes the files of one identity in a directory, `pending` or `identity`, and reads them back only if they are
// complete.
//
// Complete means: identity.json can be read, the certificate is the one it names, the private key (where it is a file)
// belongs to that certificate, and thing-name and device-configuration.json match identity.json. The digest in
// identity.json shows that certificate and key belong together; without a matching digest both are parsed.
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
/// The state directory itself, as a path for Disk.
inline constexpr const char* kStateDirectory = "";
inline constexpr const char* kPreviousDirectory = "previous";
inline constexpr const char* kJournalFile = "journal";
inline constexpr const char* kIdentityFile = "identity.json";
inline constexpr const char* kCertificateFile = "certificate.pem";
inline constexpr const char* kThingNameFile = "thing-name";
inline constexpr const char* kDeviceConfigurationFile = "device-configuration.json";

/// `directory/name`, as a path for Disk.
[[nodiscard]] std::string path_in(const std::string& directory, const std::string& name);

/// Whether a key file is read and compared with the certificate; not every user may read it.
enum class KeyCheck : unsigned char { kRequired, kSkipped };

/// Nothing if the directory does not exist; kIdentityDamaged names the fault of an incomplete one.
[[nodiscard]] Result<std::optional<Identity>> read_identity_in(Disk& disk, Keysmith& keysmith,
                                                               const std::string& directory,
                                                               KeyCheck key_check = KeyCheck::kRequired);
/// The same, but nothing for a damaged identity too.
[[nodiscard]] Result<std::optional<Identity>> read_undamaged_identity(Disk& disk, Keysmith& keysmith,
                                                                      const std::string& directory,
                                                                      KeyCheck key_check = KeyCheck::kRequired);

/// What identity.json says, whatever the other files hold: for the location of a key in hardware. Nothing if it is
/// missing or cannot be read.
[[nodiscard]] std::optional<Identity> recorded_identity(Disk& disk, const std::string& directory);

/// The facts of its certificate; nothing if it is missing or cannot be read.
[[nodiscard]] Result<std::optional<CertificateFacts>> read_certificate_of(Disk& disk, Keysmith& keysmith,
                                                                          const std::string& directory);

/// The value for `identity.files_digest` after a check that certificate and key, which may be empty, belong together.
[[nodiscard]] std::string digest_of_files(const Identity& identity, std::string_view certificate_pem,
                                          const Secret& key_pem, Keysmith& keysmith);

/// Writes all files except the private key, readable for all users, and makes bytes and names durable. identity.json
/// comes last.
[[nodiscard]] Result<void> write_identity(Disk& disk, const std::string& directory, const Identity& identity,
                                          const std::string& certificate_pem);

/// Makes public files readable for all users, for a run that was interrupted between writing a file and setting its
/// mode.
[[nodiscard]] Result<void> set_public_modes(Disk& disk, const std::string& directory, const Identity& identity);

/// Replaces identity.json by one rename; the new one has the mode and the owner of the old. The name becomes durable
/// with the directory.
[[nodiscard]] Result<void> replace_identity_file(Disk& disk, const std::string& directory, const Identity& identity);

/// The names that belong to an identity.
[[nodiscard]] std::vector<std::string> files_of(const Identity& identity);

}  // namespace fleet_provision

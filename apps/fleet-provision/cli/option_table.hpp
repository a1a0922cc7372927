// Every option of fleet-provision, described once.
//
// The parsers of command line, environment and configuration files, --help, --print-config, manual pages, completions
// and the schema are made from this table; a missing or misplaced row does not compile. The environment variable
// (`FLEET_PROVISION_CLAIM_CERT`) and the configuration key (`claim-cert`) are derived from the option's name.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fleet_provision {

/// Ordered as in the table and in --help.
enum class OptionId : unsigned char {
  kConfig,
  kPrintConfig,
  kEndpoint,
  kPort,
  kAlpn,
  kServerName,
  kCaFile,
  kProxy,
  kProxyPasswordFile,
  kMqttVersion,
  kClaim,
  kClaimCert,
  kClaimKey,
  kClaimKeyPassphraseFile,
  kClientId,
  kTemplate,
  kParameter,
  kParameters,
  kMethod,
  kPayloadFormat,
  kKeyType,
  kKeyStore,
  kKey,
  kCsr,
  kCsrSubject,
  kStateDir,
  kForce,
  kOwner,
  kPinFile,
  kPkcs11Module,
  kTpmOwnerPasswordFile,
  kVerify,
  kVerifyClientId,
  kRemoveClaim,
  kOnSuccess,
  kNoProbe,
  kRegion,
  kAccount,
  kPartition,
  kManifest,
  kManifestFormat,
  kOutputDir,
  kUnit,
  kJobs,
  kRate,
  kShard,
  kStopAfter,
  kReport,
  kTimeout,
  kRequestTimeout,
  kAttempts,
  kSplay,
  kEnv,
  kJson,
  kQuiet,
  kVerbose,
  kLogFormat,
  kColor,
  kHelp,
  kVersion,
};
inline constexpr std::size_t kOptionCount = static_cast<std::size_t>(OptionId::kVersion) + 1;

/// The headings of --help.
enum class OptionGroup : unsigned char {
  kConfiguration,
  kService,
  kClaim,
  kRequest,
  kIdentity,
  kKeyDevices,
  kPostInstall,
  kCheck,
  kPolicy,
  kBatch,
  kRun,
  kStatus,
  kOutput
};

enum class OptionValue : unsigned char {
  kFlag,       ///< true or false; without a value true
  kCount,      ///< a flag that may be repeated; the count is its value
  kText,       ///< one string
  kFile,       ///< one path; of a key also a URI
  kNumber,     ///< an integer
  kSeconds,    ///< seconds, at most three decimals
  kDecimal,    ///< a number, at most three decimals
  kKeyValues,  ///< KEY=VALUE, repeatable
};

/// Where an option may be set.
enum class OptionScope : unsigned char { kEverywhere, kNotInFile, kCommandLine };

struct OptionRow {
  OptionId id;
  /// Long name without dashes.
  std::string_view name;
  /// Short name, or 0.
  char letter;
  /// Empty for flags.
  std::string_view metavar;
  OptionGroup group;
  OptionValue value;
  OptionScope scope;
  /// Empty if there is none, or if `help` describes it.
  std::string_view default_value;
  std::string_view help;
};

[[nodiscard]] std::span<const OptionRow> option_table();
[[nodiscard]] const OptionRow& row(OptionId id);
[[nodiscard]] std::string_view heading(OptionGroup group);
/// The row of a long name, or null.
[[nodiscard]] const OptionRow* find_option(std::string_view name);
/// The long name nearest to `name` by spelling, or empty.
[[nodiscard]] std::string_view nearest_option(std::string_view name);

/// `FLEET_PROVISION_CLAIM_CERT` for `claim-cert`.
[[nodiscard]] std::string environment_name(const OptionRow& option);
[[nodiscard]] constexpr bool takes_value(OptionValue value) {
  return value != OptionValue::kFlag && value != OptionValue::kCount;
}

}  // namespace fleet_provision

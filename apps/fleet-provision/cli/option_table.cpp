#include "cli/option_table.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

using enum OptionGroup;
using enum OptionValue;
using enum OptionScope;
using Id = OptionId;

constexpr std::array kOptionRows{
    OptionRow{Id::kConfig, "config", 0, "FILE", OptionGroup::kConfiguration, kFile, kNotInFile, "",
              "read options from this JSON file, in which parameters may be an object, instead of "
              "/etc/fleet-provision/config.json and then /etc/fleet-provision/config.d/*.json"},
    OptionRow{Id::kPrintConfig, "print-config", 0, "", OptionGroup::kConfiguration, kFlag, kCommandLine, "",
              "print the value and origin of every option, secrets masked, then exit"},
    OptionRow{Id::kEndpoint, "endpoint", 0, "HOST[:PORT]", kService, kText, kEverywhere, "",
              "AWS IoT data endpoint, or any broker with the same API; required"},
    OptionRow{Id::kPort, "port", 0, "N", kService, kNumber, kEverywhere, "8883",
              "TCP port; 443 also sets ALPN to x-amzn-mqtt-ca"},
    OptionRow{Id::kAlpn, "alpn", 0, "NAME", kService, kText, kEverywhere, "",
              "ALPN protocol to offer; empty disables ALPN"},
    OptionRow{Id::kServerName, "server-name", 0, "NAME", kService, kText, kEverywhere, "",
              "name for SNI and certificate verification [default: the endpoint's host]"},
    OptionRow{Id::kCaFile, "ca-file", 0, "FILE", kService, kFile, kEverywhere, "",
              "trust only the CAs in FILE [default: system store]"},
    OptionRow{Id::kProxy, "proxy", 0, "URL", kService, kText, kEverywhere, "",
              "HTTP CONNECT proxy, http://[USER@]HOST:PORT; empty disables it [default: https_proxy or HTTPS_PROXY, "
              "unless no_proxy covers the host]"},
    OptionRow{Id::kProxyPasswordFile, "proxy-password-file", 0, "FILE", kService, kFile, kEverywhere, "",
              "password for the proxy's USER; https_proxy and FLEET_PROVISION_PROXY may include it instead"},
    OptionRow{Id::kMqttVersion, "mqtt-version", 0, "5|3.1.1", kService, kText, kEverywhere, "5",
              "MQTT version; a run falls back to 3.1.1 if the broker rejects 5"},
    OptionRow{Id::kClaim, "claim", 0, "FILE|-", kClaim, kFile, kEverywhere, "",
              "claim certificate and key in one file: the JSON of aws iot create-provisioning-claim or "
              "create-keys-and-certificate, or PEM; - reads stdin; required until provisioned, unless --claim-cert and "
              "--claim-key are given"},
    OptionRow{Id::kClaimCert, "claim-cert", 0, "FILE", kClaim, kFile, kEverywhere, "",
              "claim certificate (PEM, may hold a chain); use it with --claim-key instead of --claim"},
    OptionRow{Id::kClaimKey, "claim-key", 0, "FILE|URI", kClaim, kFile, kEverywhere, "",
              "private key of the claim certificate: a PEM file, also one that this machine's TPM wrapped, "
              "handle:0x81... (TPM 2.0) or pkcs11:... (RFC 7512); use it with --claim-cert instead of --claim"},
    OptionRow{Id::kClaimKeyPassphraseFile, "claim-key-passphrase-file", 0, "FILE", kClaim, kFile, kEverywhere, "",
              "passphrase of an encrypted claim key"},
    OptionRow{Id::kClientId, "client-id", 0, "TEXT", kClaim, kText, kEverywhere, "",
              "MQTT client ID; {Name} is replaced by the template parameter Name [default: fleet-provision- and 16 "
              "random hex digits, new for each connection]"},
    OptionRow{Id::kTemplate, "template", 0, "NAME", kRequest, kText, kEverywhere, "",
              "name of the provisioning template (1 to 36 of 0-9 A-Z a-z _ -); required"},
    OptionRow{Id::kParameter, "parameter", 'P', "KEY=VALUE", kRequest, kKeyValues, kEverywhere, "",
              "template parameter, repeatable; KEY=@FILE reads the value from FILE, KEY=@@x is the literal @x"},
    OptionRow{Id::kParameters, "parameters", 0, "FILE|-", kRequest, kFile, kEverywhere, "",
              "read template parameters from a JSON object of strings; - reads stdin; -P takes precedence"},
    OptionRow{
        Id::kMethod, "method", 0, "csr|keys", kIdentity, kText, kEverywhere, "csr",
        "who generates the key: this gateway (CreateCertificateFromCsr) or the service (CreateKeysAndCertificate)"},
    OptionRow{Id::kPayloadFormat, "payload-format", 0, "json|cbor", kIdentity, kText, kEverywhere, "json",
              "encoding of requests and responses"},
    OptionRow{Id::kKeyType, "key-type", 0, "TYPE", kIdentity, kText, kEverywhere, "ec-p256",
              "type of a new key: ec-p256, ec-p384, rsa-2048, rsa-3072 or rsa-4096"},
    OptionRow{Id::kKeyStore, "key-store", 0, "file|tpm2[:HANDLE]|pkcs11:URI", kIdentity, kText, kEverywhere, "file",
              "where to generate a new key: in this process (file), in the TPM (tpm2; without a HANDLE such as "
              "0x81000001 a file holds the wrapped key), or in a PKCS#11 token (pkcs11:token=LABEL;object=NAME)"},
    OptionRow{Id::kKey, "key", 0, "FILE|URI", kIdentity, kFile, kEverywhere, "",
              "use this existing device key, in a form of --claim-key; a file is copied into the identity; with --csr "
              "only check the key"},
    OptionRow{Id::kCsr, "csr", 0, "FILE", kIdentity, kFile, kEverywhere, "",
              "send this existing CSR (PEM); its key is not copied"},
    OptionRow{Id::kCsrSubject, "csr-subject", 0, "DN", kIdentity, kText, kEverywhere, "",
              "subject of the CSR, e.g. CN={SerialNumber},O=Example [default: CN= and the client ID if --client-id is "
              "given and has at most 64 characters, else CN=fleet-provision]"},
    OptionRow{Id::kStateDir, "state-dir", 0, "DIR", kIdentity, kFile, kEverywhere, "/var/lib/fleet-provision",
              "directory that keeps the identity"},
    OptionRow{Id::kForce, "force", 0, "", kIdentity, kFlag, kEverywhere, "",
              "provision again even if an identity exists; the old one is kept as previous/"},
    OptionRow{Id::kOwner, "owner", 0, "USER[:GROUP]", kIdentity, kText, kEverywhere, "",
              "owner of the files in identity/, by name or number [default: current user]"},
    OptionRow{Id::kPinFile, "pin-file", 0, "FILE", kKeyDevices, kFile, kEverywhere, "",
              "user PIN of the PKCS#11 token, or authorization value of the TPM keys; read only if a key needs it"},
    OptionRow{Id::kPkcs11Module, "pkcs11-module", 0, "FILE", kKeyDevices, kFile, kEverywhere, "",
              "PKCS#11 module to load, unless a URI has a module-path [default: the modules registered with p11-kit]"},
    OptionRow{Id::kTpmOwnerPasswordFile, "tpm-owner-password-file", 0, "FILE", kKeyDevices, kFile, kEverywhere, "",
              "password of the TPM's owner hierarchy, if it has one"},
    OptionRow{Id::kVerify, "verify", 0, "", kPostInstall, kFlag, kEverywhere, "",
              "connect with the new identity before installing it"},
    OptionRow{Id::kVerifyClientId, "verify-client-id", 0, "TEXT", kPostInstall, kText, kEverywhere, "",
              "MQTT client ID of the new identity; {Name} as in --client-id [default: the thing name]"},
    OptionRow{Id::kRemoveClaim, "remove-claim", 0, "", kPostInstall, kFlag, kEverywhere, "",
              "delete the claim certificate and key from disk after provisioning; implies --verify"},
    OptionRow{Id::kOnSuccess, "on-success", 0, "FILE", kPostInstall, kFile, kEverywhere, "",
              "run this program after provisioning, without a shell, with FLEET_PROVISIONED_ variables; if it fails, "
              "the next run retries it"},
    OptionRow{Id::kNoProbe, "no-probe", 0, "", kCheck, kFlag, kEverywhere, "",
              "skip the two probe requests, which the service must reject"},
    OptionRow{Id::kRegion, "region", 0, "NAME", kPolicy, kText, kEverywhere, "",
              "AWS region in the resource names [default: region in --endpoint, else the placeholder REGION]"},
    OptionRow{Id::kAccount, "account", 0, "DIGITS", kPolicy, kText, kEverywhere, "",
              "AWS account in the resource names [default: the placeholder ACCOUNT]"},
    OptionRow{Id::kPartition, "partition", 0, "NAME", kPolicy, kText, kEverywhere, "",
              "AWS partition in the resource names [default: partition of the region, else aws]"},
    OptionRow{
        Id::kManifest, "manifest", 0, "FILE|-", kBatch, kFile, kEverywhere, "",
        "units to provision, one a row: CSV with a header row, or JSON Lines; a column is a template parameter, or "
        "an option if its name begins with --; - reads stdin; required without --report"},
    OptionRow{Id::kManifestFormat, "manifest-format", 0, "csv|jsonl", kBatch, kText, kEverywhere, "",
              "format of the manifest [default: by the extension .csv, .jsonl or .ndjson]"},
    OptionRow{Id::kOutputDir, "output-dir", 0, "DIR", kBatch, kFile, kEverywhere, "",
              "directory for results.jsonl, report.csv, report.html and the state directories units/NAME; required"},
    OptionRow{Id::kUnit, "unit", 0, "TEXT", kBatch, kText, kEverywhere, "",
              "name of each unit, with {Column} as a placeholder; 1 to 128 of A-Z a-z 0-9 : . _ - [default: the first "
              "column]"},
    OptionRow{Id::kJobs, "jobs", 0, "N", kBatch, kNumber, kEverywhere, "8", "units at the same time, 1 to 1000"},
    OptionRow{
        Id::kRate, "rate", 0, "R", kBatch, kDecimal, kEverywhere, "",
        "operations per second for the whole batch, of which a unit needs two; halved when the service throttles, "
        "then raised again step by step [default: no limit until the service throttles]"},
    OptionRow{Id::kShard, "shard", 0, "I/N", kBatch, kText, kEverywhere, "1/1",
              "provision only the units whose name hashes to part I of N"},
    OptionRow{Id::kStopAfter, "stop-after", 0, "N", kBatch, kNumber, kEverywhere, "",
              "start no more units after N failures that a rerun cannot fix [default: never]"},
    OptionRow{Id::kReport, "report", 0, "", kBatch, kFlag, kCommandLine, "",
              "write report.csv and report.html again from the results in --output-dir, or in the directories given as "
              "arguments; provisions nothing"},
    OptionRow{Id::kTimeout, "timeout", 0, "SECONDS", kRun, kSeconds, kEverywhere, "300",
              "limit for the whole run, including retries and reading of input files"},
    OptionRow{Id::kRequestTimeout, "request-timeout", 0, "SECONDS", kRun, kSeconds, kEverywhere, "15",
              "limit for each network step: DNS, TCP connect, proxy, TLS, CONNACK, SUBACK, response"},
    OptionRow{Id::kAttempts, "attempts", 0, "N", kRun, kNumber, kEverywhere, "",
              "maximum number of connections [default: as many as the timeout allows]"},
    OptionRow{Id::kSplay, "splay", 0, "SECONDS", kRun, kSeconds, kEverywhere, "0",
              "delay the start by a random 0 to SECONDS; not counted in --timeout"},
    OptionRow{Id::kEnv, "env", 0, "", kStatus, kFlag, kCommandLine, "",
              "print the FLEET_PROVISIONED_ variables, quoted for sh and systemd's EnvironmentFile=; prints nothing if "
              "there is no identity"},
    OptionRow{Id::kJson, "json", 0, "", kOutput, kFlag, kEverywhere, "",
              "print the result as one JSON object on stdout"},
    OptionRow{Id::kQuiet, "quiet", 'q', "", kOutput, kFlag, kEverywhere, "", "print only errors on stderr"},
    OptionRow{Id::kVerbose, "verbose", 'v', "", kOutput, kCount, kEverywhere, "",
              "print each phase and its time; -vv also prints every packet, without payloads"},
    OptionRow{Id::kLogFormat, "log-format", 0, "text|json", kOutput, kText, kEverywhere, "text",
              "format of stderr; json prints one object per line"},
    OptionRow{Id::kColor, "color", 0, "auto|always|never", kOutput, kText, kEverywhere, "auto",
              "use colors on stderr; auto colors a terminal unless NO_COLOR is set"},
    OptionRow{Id::kHelp, "help", 'h', "", kOutput, kFlag, kCommandLine, "", "print this help"},
    OptionRow{Id::kVersion, "version", 0, "", kOutput, kFlag, kCommandLine, "", "print name and version"},
};

constexpr bool option_rows_are_in_order() {
  for (std::size_t i = 0; i < kOptionRows.size(); ++i) {
    if (static_cast<std::size_t>(kOptionRows[i].id) != i) return false;
  }
  return true;
}
static_assert(kOptionRows.size() == kOptionCount);
static_assert(option_rows_are_in_order());

}  // namespace

std::span<const OptionRow> option_table() {
  return kOptionRows;
}

const OptionRow& row(OptionId id) {
  return kOptionRows[static_cast<std::size_t>(id)];
}

std::string_view heading(OptionGroup group) {
  switch (group) {
    case OptionGroup::kConfiguration: return "Configuration";
    case kService: return "Service";
    case kClaim: return "Claim";
    case kRequest: return "Template";
    case kIdentity: return "Identity";
    case kKeyDevices: return "Keys in hardware";
    case kPostInstall: return "After provisioning";
    case kCheck: return "Check";
    case kPolicy: return "Policy";
    case kBatch: return "Batch";
    case kRun: return "Run";
    case kStatus: return "Status";
    case kOutput: return "Output";
  }
  return "";
}

const OptionRow* find_option(std::string_view name) {
  for (const OptionRow& each : kOptionRows) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

std::string_view nearest_option(std::string_view name) {
  std::vector<std::string_view> names;
  names.reserve(kOptionRows.size());
  for (const OptionRow& each : kOptionRows) names.push_back(each.name);
  return nearest(name, names);
}

std::string environment_name(const OptionRow& option) {
  std::string name = in_capitals(option.name);
  std::replace(name.begin(), name.end(), '-', '_');
  return "FLEET_PROVISION_" + name;
}

}  // namespace fleet_provision

#include "config/plan_from_options.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "adapters/keys/distinguished_name.hpp"
#include "aws/endpoint_parser.hpp"
#include "build_info.hpp"
#include "config/key_options.hpp"
#include "config/option_values.hpp"
#include "config/owner.hpp"
#include "config/parameters.hpp"
#include "config/proxy.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

using std::chrono::milliseconds;

constexpr Range<milliseconds> kTimeoutRange{milliseconds{1000}, milliseconds{604'800'000}};
constexpr Range<milliseconds> kRequestTimeoutRange{milliseconds{100}, milliseconds{3'600'000}};
constexpr Range<milliseconds> kSplayRange{milliseconds{0}, milliseconds{604'800'000}};
constexpr Range<std::uint64_t> kPortRange{1, 65535};
constexpr Range<std::uint64_t> kAttemptsRange{1, 1'000'000};
/// AWS IoT takes MQTT on 443 only with this ALPN protocol (developer guide, protocols).
constexpr std::uint16_t kAlpnPort = 443;
constexpr const char* kAlpnProtocol = "x-amzn-mqtt-ca";
/// X.520 ub-common-name.
constexpr std::size_t kCommonNameCharactersMax = 64;

/// Midnight UTC of a date `YYYY-MM-DD` that CMake wrote.
constexpr std::chrono::system_clock::time_point midnight(std::string_view date) {
  const auto number = [date](std::size_t from, std::size_t count) {
    int value = 0;
    for (const char digit : date.substr(from, count)) value = 10 * value + (digit - '0');
    return value;
  };
  return std::chrono::sys_days{std::chrono::year{number(0, 4)} / number(5, 2) / number(8, 2)};
}

/// Two options that cannot be combined; `value` is the conflicting value of the first, empty for any.
struct Conflict {
  OptionId first;
  std::string_view value;
  OptionId second;
  std::string_view why;
};
constexpr std::array kConflicts{
    Conflict{OptionId::kMethod, "keys", OptionId::kKeyType, "with --method keys the service generates the key"},
    Conflict{OptionId::kMethod, "keys", OptionId::kKeyStore, "with --method keys the service generates the key"},
    Conflict{OptionId::kMethod, "keys", OptionId::kKey, "with --method keys the service generates the key"},
    Conflict{OptionId::kMethod, "keys", OptionId::kCsr, "with --method keys there is no CSR"},
    Conflict{OptionId::kMethod, "keys", OptionId::kCsrSubject, "with --method keys there is no CSR"},
    Conflict{OptionId::kCsr, "", OptionId::kKeyType, "a CSR already has a key"},
    Conflict{OptionId::kCsr, "", OptionId::kKeyStore, "a CSR already has a key"},
    Conflict{OptionId::kCsr, "", OptionId::kCsrSubject, "a CSR already has a subject"},
    Conflict{OptionId::kKey, "", OptionId::kKeyType, "an existing key already has a type"},
    Conflict{OptionId::kKey, "", OptionId::kKeyStore, "an existing key is already stored"},
};

Result<void> check_conflicts(const Options& options) {
  for (const Conflict& each : kConflicts) {
    const Setting* first = options.given(each.first);
    const Setting* second = options.given(each.second);
    if (first == nullptr || second == nullptr) continue;
    if (!each.value.empty() && first->values.back() != each.value) continue;
    const std::string value = each.value.empty() ? "" : " " + std::string(each.value);
    const bool by_files = first->source == Source::kFile && second->source == Source::kFile;
    return fail(by_files ? ErrorKind::kConfiguration : ErrorKind::kUsage,
                first->origin + value + " and " + second->origin + " cannot be combined",
                std::string(each.why) + "; omit one of the two");
  }
  return {};
}

/// Whether `first` takes precedence over `second`, where both give the same thing in two ways. Fails if both come from
/// one source.
Result<bool> stronger(const Setting& first, const Setting& second) {
  if (first.source != second.source) return first.source > second.source;
  return fail(first.source == Source::kFile ? ErrorKind::kConfiguration : ErrorKind::kUsage,
              first.origin + " and " + second.origin + " cannot be combined",
              "give certificate and key in one file with --claim, or in two with --claim-cert and --claim-key");
}

/// The file of --claim; nullopt if there is none or a source of higher precedence gives certificate and key.
Result<std::optional<std::string>> claim_in_one_file(const Options& options) {
  FP_TRY_ASSIGN(auto file, path(options, OptionId::kClaim));
  if (!file) return file;
  for (const OptionId id : {OptionId::kClaimCert, OptionId::kClaimKey}) {
    if (options.given(id) == nullptr) continue;
    FP_TRY_ASSIGN(const bool counts, stronger(*options.given(OptionId::kClaim), *options.given(id)));
    if (!counts) file.reset();
    if (!file) return file;
  }
  return file;
}

/// Fails if two options read stdin. Called before anything is read.
Result<void> check_single_stdin_reader(const Options& options) {
  FP_TRY_ASSIGN(const auto claim, claim_in_one_file(options));
  if (claim != "-" || options.text(OptionId::kParameters) != "-") return {};
  return fail(ErrorKind::kUsage, "--claim - and --parameters - cannot both read stdin",
              "give a file name for one of the two");
}

Result<Endpoint> read_endpoint(const Options& options) {
  FP_TRY_ASSIGN(const std::string text, required(options, OptionId::kEndpoint));
  std::optional<std::uint16_t> port;
  if (options.given(OptionId::kPort) != nullptr) {
    FP_TRY_ASSIGN(const auto number, options.number(OptionId::kPort, kPortRange));
    port = static_cast<std::uint16_t>(number.value_or(kDefaultPort));
  }
  return parsed(options, OptionId::kEndpoint, [port](const std::string& each) { return parse_endpoint(each, port); });
}

/// The endpoint and port of the options, else those of the identity.
Result<Endpoint> endpoint_for_identity(const Options& options, const Identity& identity) {
  if (options.given(OptionId::kEndpoint) != nullptr) return read_endpoint(options);
  FP_TRY_ASSIGN(const auto port, options.number(OptionId::kPort, kPortRange));
  const bool given = options.given(OptionId::kPort) != nullptr;
  return Endpoint{identity.endpoint, given && port ? static_cast<std::uint16_t>(*port) : identity.port};
}

Result<void> read_identifiers(const Options& options, Plan& plan, std::vector<std::string>& warnings) {
  if (plan.template_name.empty() || options.given(OptionId::kTemplate) != nullptr) {
    FP_TRY(required(options, OptionId::kTemplate));
    FP_TRY_ASSIGN(plan.template_name, parsed(options, OptionId::kTemplate, parse_template_name));
  }
  FP_TRY_ASSIGN(plan.parameters, read_parameters(options, warnings));
  const auto filled = [&plan](const std::string& text) { return fill_placeholders(text, plan.parameters); };
  if (options.given(OptionId::kClientId) != nullptr) {
    FP_TRY_ASSIGN(const std::string client_id, parsed(options, OptionId::kClientId, filled));
    FP_TRY_ASSIGN(plan.client_id,
                  parsed(options, OptionId::kClientId, [&](const std::string&) { return parse_client_id(client_id); }));
  }
  return {};
}

/// `text` escaped as a value of a distinguished name (RFC 4514 section 2.4), so that a comma does not end it.
std::string escaped_for_name(std::string_view text) {
  std::string result;
  for (const char each : text) {
    if (std::string_view(",+\"\\<>;=# ").find(each) != std::string_view::npos) result += '\\';
    result += each;
  }
  return result;
}

Result<void> read_subject(const Options& options, Plan& plan) {
  if (options.given(OptionId::kCsrSubject) == nullptr) {
    if (plan.client_id && characters(*plan.client_id) <= kCommonNameCharactersMax) {
      plan.csr_subject = "CN=" + escaped_for_name(*plan.client_id);
    }
    return {};
  }
  Parameters escaped;
  for (const auto& [name, value] : plan.parameters) escaped.emplace(name, escaped_for_name(value));
  FP_TRY_ASSIGN(plan.csr_subject, parsed(options, OptionId::kCsrSubject, [&escaped](const std::string& text) {
                  return fill_placeholders(text, escaped);
                }));
  FP_TRY(parsed(options, OptionId::kCsrSubject,
                [&plan](const std::string&) { return parse_distinguished_name(plan.csr_subject); }));
  return {};
}

Result<void> read_choices(const Options& options, Plan& plan) {
  FP_TRY_ASSIGN(plan.method, parsed(options, OptionId::kMethod, parse_method));
  FP_TRY_ASSIGN(plan.payload_format, parsed(options, OptionId::kPayloadFormat, parse_payload_format));
  FP_TRY_ASSIGN(plan.mqtt_version, parsed(options, OptionId::kMqttVersion, parse_mqtt_version));
  return {};
}

Result<void> read_limits(const Options& options, Plan& plan) {
  FP_TRY_ASSIGN(const auto timeout, options.seconds(OptionId::kTimeout, kTimeoutRange));
  FP_TRY_ASSIGN(const auto request_timeout, options.seconds(OptionId::kRequestTimeout, kRequestTimeoutRange));
  FP_TRY_ASSIGN(const auto attempts, options.number(OptionId::kAttempts, kAttemptsRange));
  plan.timeout = timeout.value_or(plan.timeout);
  plan.request_timeout = request_timeout.value_or(plan.request_timeout);
  FP_TRY_ASSIGN(const auto splay, options.seconds(OptionId::kSplay, kSplayRange));
  plan.splay = splay.value_or(plan.splay);
  if (attempts) plan.attempts = static_cast<unsigned>(*attempts);
  return {};
}

Result<void> read_state(const Options& options, Plan& plan) {
  FP_TRY_ASSIGN(plan.state_dir, state_directory(options));
  if (options.given(OptionId::kOwner) != nullptr) {
    FP_TRY_ASSIGN(plan.owner, parsed(options, OptionId::kOwner, parse_owner));
  }
  FP_TRY_ASSIGN(plan.force, options.flag(OptionId::kForce));
  return {};
}

Result<void> read_verify_client_id(const Options& options, Plan& plan) {
  if (options.given(OptionId::kVerifyClientId) == nullptr) return {};
  FP_TRY_ASSIGN(plan.verify_client_id, parsed(options, OptionId::kVerifyClientId, [&plan](const std::string& text) {
                  auto filled = fill_placeholders(text, plan.parameters);
                  return filled ? parse_client_id(*filled) : filled;
                }));
  return {};
}

/// The file of the claim key, empty if a device holds the key or none was given.
std::string key_file_of(const ConnectionOptions& claim) {
  const auto location = parse_key_location(claim.key_reference);
  return location && is_file(*location) ? claim.key_reference : std::string();
}

/// Why --remove-claim leaves a part of the claim; nullopt if it does not.
std::optional<std::string> remains_of_claim(const ConnectionOptions& claim) {
  if (claim.claim_file == "-") return "--remove-claim has no effect: the claim comes from stdin";
  const auto location = parse_key_location(claim.key_reference);
  if (!location || !is_in_hardware(*location)) return std::nullopt;
  const bool in_tpm = std::holds_alternative<TpmHandle>(*location);
  return "--remove-claim keeps the claim key " + printable(claim.key_reference, 300) + ", which is in " +
         (in_tpm ? "the TPM" : "a token") + ": it deletes only files";
}

/// The options that apply to the new identity: --verify, --remove-claim, --on-success.
Result<void> read_post_install(const Options& options, Plan& plan, const ConnectionOptions& claim) {
  FP_TRY_ASSIGN(plan.verify, options.flag(OptionId::kVerify));
  FP_TRY_ASSIGN(const bool remove_claim, options.flag(OptionId::kRemoveClaim));
  plan.verify = plan.verify || remove_claim;
  FP_TRY(read_verify_client_id(options, plan));
  FP_TRY_ASSIGN(plan.on_success, path(options, OptionId::kOnSuccess));
  const auto* csr = std::get_if<ExistingCsr>(&plan.key_source);
  if (plan.verify && csr != nullptr && !csr->key_reference) {
    return fail(ErrorKind::kUsage,
                std::string(remove_claim ? "--remove-claim" : "--verify") + " with --csr requires the key of the CSR",
                "give the key with --key");
  }
  if (!remove_claim) return {};
  plan.ca_file = claim.ca_file;
  if (claim.claim_file && *claim.claim_file != "-") plan.claim_files_to_remove.push_back(*claim.claim_file);
  // The key first, because the certificate is useless without it.
  for (const std::string& each : {key_file_of(claim), claim.certificate_file}) {
    if (!each.empty()) plan.claim_files_to_remove.push_back(each);
  }
  return {};
}

/// A host name or an address, without a port.
Result<std::string> parse_server_name(const std::string& text) {
  auto endpoint = parse_endpoint(text, std::nullopt);
  const bool states_port = text.find("]:") != std::string::npos || std::count(text.begin(), text.end(), ':') == 1;
  if (!endpoint || endpoint->port != kDefaultPort || states_port || text.find('/') != std::string::npos) {
    return fail(ErrorKind::kUsage, "\"" + printable(text, 80) + "\" is not a server name",
                "give the name or address in the server's certificate, without a port");
  }
  return std::move(endpoint->host);
}

/// An ALPN protocol of 1 to 255 bytes (RFC 7301 section 3.1), here printable ASCII; empty disables ALPN.
Result<std::string> parse_alpn(const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!plain || text.size() > 255) {
    return fail(ErrorKind::kUsage, "\"" + printable(text, 80) + "\" is not an ALPN protocol",
                "give at most 255 ASCII characters without blanks, e.g. x-amzn-mqtt-ca");
  }
  return text;
}

/// A passphrase belongs to an encrypted PEM file; a device has a PIN instead.
Result<void> check_passphrase_of(const Options& options, const ConnectionOptions& claim) {
  const Setting* passphrase = options.given(OptionId::kClaimKeyPassphraseFile);
  if (passphrase == nullptr || claim.key_reference.empty() || !key_file_of(claim).empty()) return {};
  const Setting* key = options.given(OptionId::kClaimKey);
  const bool by_files = passphrase->source == Source::kFile && key->source == Source::kFile;
  return fail(by_files ? ErrorKind::kConfiguration : ErrorKind::kUsage,
              passphrase->origin + " and the URI of " + key->origin + " cannot be combined",
              "give the PIN of a token or the authorization value of a TPM key with --pin-file");
}

Result<ConnectionOptions> read_connection(const Options& options, const Environment& environment,
                                          const Endpoint& endpoint) {
  ConnectionOptions connection;
  connection.endpoint = endpoint;
  if (endpoint.port == kAlpnPort) connection.alpn = kAlpnProtocol;
  if (options.given(OptionId::kAlpn) != nullptr) {
    FP_TRY_ASSIGN(connection.alpn, parsed(options, OptionId::kAlpn, parse_alpn));
  }
  if (options.given(OptionId::kServerName) != nullptr) {
    FP_TRY_ASSIGN(connection.server_name, parsed(options, OptionId::kServerName, parse_server_name));
  }
  FP_TRY_ASSIGN(connection.proxy, choose_proxy(options, environment, endpoint));
  FP_TRY_ASSIGN(connection.key_passphrase_file, path(options, OptionId::kClaimKeyPassphraseFile));
  FP_TRY_ASSIGN(connection.ca_file, path(options, OptionId::kCaFile));
  FP_TRY_ASSIGN(connection.claim_file, claim_in_one_file(options));
  if (connection.claim_file) return connection;
  FP_TRY_ASSIGN(const auto certificate, path(options, OptionId::kClaimCert));
  FP_TRY_ASSIGN(const auto key, key_reference(options, OptionId::kClaimKey));
  connection.certificate_file = certificate.value_or("");
  connection.key_reference = key.value_or("");
  FP_TRY(check_passphrase_of(options, connection));
  return connection;
}

/// Everything that a certificate request depends on; `plan.template_name` may hold a default.
Result<void> read_identity_request(const Options& options, Plan& plan, std::vector<std::string>& warnings) {
  plan.build_date = midnight(kProgramBuildDate);
  FP_TRY(read_choices(options, plan));
  FP_TRY(read_limits(options, plan));
  FP_TRY(check_conflicts(options));
  FP_TRY(read_state(options, plan));
  FP_TRY(read_identifiers(options, plan, warnings));
  return read_subject(options, plan);
}

}  // namespace

std::chrono::milliseconds timeout_of(const Options& options) {
  const auto given = options.seconds(OptionId::kTimeout, kTimeoutRange);
  return given ? given->value_or(Plan{}.timeout) : Plan{}.timeout;
}

std::chrono::milliseconds unchecked_timeout(const std::vector<std::string>& arguments, const Environment& environment) {
  const std::string text = unchecked_value(arguments, environment, OptionId::kTimeout);
  return seconds_of(text, kTimeoutRange).value_or(Plan{}.timeout);
}

Result<Request> plan_from_options(const Options& options, const Environment& environment,
                                  std::vector<std::string>& warnings) {
  Request request;
  FP_TRY_ASSIGN(request.plan.endpoint, read_endpoint(options));
  FP_TRY(check_single_stdin_reader(options));
  FP_TRY_ASSIGN(request.plan.key_source, key_source_from_options(options));
  FP_TRY(read_identity_request(options, request.plan, warnings));
  FP_TRY_ASSIGN(request.connection, read_connection(options, environment, request.plan.endpoint));
  FP_TRY_ASSIGN(request.devices, device_settings_from(options, environment));
  FP_TRY(read_post_install(options, request.plan, request.connection));
  const ConnectionOptions& claim = request.connection;
  if (claim.claim_file != "-") request.plan.claim_key_file = claim.claim_file.value_or(key_file_of(claim));
  FP_TRY_ASSIGN(const bool remove_claim, options.flag(OptionId::kRemoveClaim));
  if (auto remains = remains_of_claim(claim); remove_claim && remains) request.warnings.push_back(std::move(*remains));
  FP_TRY_ASSIGN(const bool no_probe, options.flag(OptionId::kNoProbe));
  request.probe = !no_probe;
  return request;
}

Result<Request> verification_from_options(const Options& options, const Environment& environment,
                                          const Identity& identity, std::vector<std::string>& warnings) {
  Request request;
  Plan& plan = request.plan;
  FP_TRY_ASSIGN(plan.endpoint, endpoint_for_identity(options, identity));
  plan.template_name = identity.template_name;
  plan.method = identity.method;
  plan.verify = true;
  FP_TRY_ASSIGN(plan.mqtt_version, parsed(options, OptionId::kMqttVersion, parse_mqtt_version));
  FP_TRY_ASSIGN(const auto key, key_reference(options, OptionId::kKey));
  if (key) plan.key_source = ExistingKey{*key};
  FP_TRY(read_limits(options, plan));
  FP_TRY_ASSIGN(plan.state_dir, state_directory(options));
  FP_TRY_ASSIGN(plan.parameters, read_parameters(options, warnings));
  FP_TRY(read_verify_client_id(options, plan));
  FP_TRY_ASSIGN(request.connection, read_connection(options, environment, plan.endpoint));
  FP_TRY_ASSIGN(request.devices, device_settings_from(options, environment));
  return request;
}

Result<Request> rotation_from_options(const Options& options, const Environment& environment, const Identity& identity,
                                      std::vector<std::string>& warnings) {
  Request request;
  Plan& plan = request.plan;
  FP_TRY_ASSIGN(plan.endpoint, endpoint_for_identity(options, identity));
  plan.template_name = identity.template_name;
  FP_TRY_ASSIGN(plan.key_source, rotation_key_source(options, identity));
  FP_TRY(read_identity_request(options, plan, warnings));
  FP_TRY(read_verify_client_id(options, plan));
  FP_TRY_ASSIGN(plan.on_success, path(options, OptionId::kOnSuccess));
  const auto* csr = std::get_if<ExistingCsr>(&plan.key_source);
  if (csr != nullptr && !csr->key_reference) {
    return fail(ErrorKind::kUsage, "rotate with --csr requires the key of the CSR", "give the key with --key");
  }
  FP_TRY_ASSIGN(request.connection, read_connection(options, environment, plan.endpoint));
  FP_TRY_ASSIGN(request.devices, device_settings_from(options, environment));
  return request;
}

}  // namespace fleet_provision

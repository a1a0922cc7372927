// The validated options of a run: every value in a Plan is within the limits of the service and of this program.
//
// A Plan is created once from options and never changes. Only the parsers in this file convert text to its types; each
// failure is kUsage and names the value.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/key_location.hpp"
#include "core/principal.hpp"
#include "core/result.hpp"

namespace fleet_provision {

/// The operation that creates the certificate (service page: CreateCertificateFromCsr, CreateKeysAndCertificate).
enum class Method : unsigned char { kCsr, kKeys };
/// The encoding of requests and responses; it is part of the topic.
enum class PayloadFormat : unsigned char { kJson, kCbor };
enum class MqttVersion : unsigned char { k311, k5 };
enum class KeyType : unsigned char { kEcP256, kEcP384, kRsa2048, kRsa3072, kRsa4096 };

/// Template parameters: names to values, both text, ordered by name.
using Parameters = std::map<std::string, std::string>;
/// The `deviceConfiguration` of RegisterThing: a flat map of text.
using DeviceConfiguration = std::map<std::string, std::string>;

inline constexpr std::uint16_t kDefaultPort = 8883;

/// Host in lower case, without scheme, brackets or trailing dot; an IPv6 address is kept without brackets.
struct Endpoint {
  std::string host;
  std::uint16_t port = kDefaultPort;
};

/// Make a new key of this type in this store.
struct MakeKey {
  KeyType type = KeyType::kEcP256;
  KeyStore store = FileStore{};
};
/// An existing key: a PEM file's path or a key URI.
struct ExistingKey {
  std::string reference;
};
/// An existing CSR; its key is not copied, but `key_reference` may name it.
struct ExistingCsr {
  std::string file;
  std::optional<std::string> key_reference;
};
using KeySource = std::variant<MakeKey, ExistingKey, ExistingCsr>;

/// The owner of an identity's files; without a group the files keep their group.
struct Owner {
  std::uint32_t user = 0;
  std::optional<std::uint32_t> group;
};

struct Plan {
  Endpoint endpoint;
  std::string template_name;
  Parameters parameters;
  Method method = Method::kCsr;
  PayloadFormat payload_format = PayloadFormat::kJson;
  MqttVersion mqtt_version = MqttVersion::k5;
  /// Whose certificate the run connects with.
  Principal principal = Principal::kClaim;
  /// Absent: `fleet-provision-` and 16 random hex digits, new for each connection.
  std::optional<std::string> client_id;
  KeySource key_source = MakeKey{};
  /// Subject of the CSR in the form of the option, e.g. `CN=gateway-1,O=Example`.
  std::string csr_subject = "CN=fleet-provision";
  std::string state_dir;
  bool force = false;
  /// Absent means the user of this process.
  std::optional<Owner> owner;
  /// Connect with the new identity before it is installed.
  bool verify = false;
  /// Absent means the thing's name.
  std::optional<std::string> verify_client_id;
  /// Claim certificate and key, deleted once the identity is verified and installed; empty means they are kept.
  std::vector<std::string> claim_files_to_remove;
  /// Never deleted with the claim's files.
  std::optional<std::string> ca_file;
  /// For `check`, which reports its mode; empty if the key is not a file or was not given.
  std::string claim_key_file;
  /// The program to run once the identity is installed.
  std::optional<std::string> on_success;
  /// The first connection is delayed by a random part of this, which does not count towards `timeout`.
  std::chrono::milliseconds splay{0};
  std::chrono::milliseconds timeout{300'000};
  std::chrono::milliseconds request_timeout{15'000};
  /// The maximum number of connections; absent: as many as the timeout allows.
  std::optional<unsigned> attempts;
  /// The build date of this program; an earlier wall clock is wrong (kClockNotSet).
  std::chrono::system_clock::time_point build_date{};
};

[[nodiscard]] std::string_view word(Method method);
[[nodiscard]] std::string_view word(PayloadFormat format);
[[nodiscard]] std::string_view word(MqttVersion version);
[[nodiscard]] std::string_view word(KeyType type);

[[nodiscard]] Result<Method> parse_method(std::string_view text);
[[nodiscard]] Result<PayloadFormat> parse_payload_format(std::string_view text);
[[nodiscard]] Result<MqttVersion> parse_mqtt_version(std::string_view text);
[[nodiscard]] Result<KeyType> parse_key_type(std::string_view text);

/// 1 to 36 of `[0-9A-Za-z_-]` (API_CreateProvisioningTemplate).
[[nodiscard]] Result<std::string> parse_template_name(std::string_view text);
/// 1 to 128 bytes of UTF-8 without control characters, no leading `$` (AWS IoT message broker limits).
[[nodiscard]] Result<std::string> parse_client_id(std::string_view text);
/// Limits of a parameter of RegisterThing, in characters (API_RegisterThing).
inline constexpr std::size_t kParameterNameMax = 2048;
inline constexpr std::size_t kParameterValueMax = 4096;

/// A name of 1 to 2048 and a value of up to 4096 characters, UTF-8 (API_RegisterThing).
[[nodiscard]] Result<void> check_parameter(std::string_view name, std::string_view value);
/// 1 to 128 of `[A-Za-z0-9:_-]` (API_ThingAttribute).
[[nodiscard]] bool is_thing_name(std::string_view text);

/// Replaces each `{Name}` by the template parameter of that name; an unknown name or an unmatched brace is kUsage.
[[nodiscard]] Result<std::string> fill_placeholders(std::string_view text, const Parameters& parameters);

}  // namespace fleet_provision

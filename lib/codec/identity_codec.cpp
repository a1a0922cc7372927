#include "codec/identity_codec.hpp"

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "codec/json_fields.hpp"

namespace fleet_provision {
namespace {

constexpr unsigned kIdentitySchema = 1;

nlohmann::ordered_json or_null(const std::optional<std::string>& text) {
  return text ? nlohmann::ordered_json(*text) : nlohmann::ordered_json(nullptr);
}

/// All text of an identity is valid UTF-8; with `replace` a violation of that does not throw.
std::string dump(const nlohmann::ordered_json& value) {
  return value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// Earlier versions did not write keyStore, and stored keys in files only.
Result<KeyLocation> decode_key_location(const std::string& key, const std::optional<std::string>& key_store) {
  auto location = parse_key_location(key);
  if (!location) return fail(ErrorKind::kIdentityDamaged, "its \"key\": " + location.error().message);
  if (std::holds_alternative<PemFile>(*location) && key_store == "tpm2") return KeyLocation{TpmWrappedPem{key}};
  return location;
}

}  // namespace

std::string encode_identity(const Identity& identity) {
  nlohmann::ordered_json object;
  object["schema"] = kIdentitySchema;
  object["thingName"] = or_null(identity.thing_name);
  object["certificateId"] = identity.certificate_id;
  object["certificateFingerprint"] = identity.certificate_fingerprint;
  object["notAfter"] = identity.not_after;
  object["templateName"] = identity.template_name;
  object["endpoint"] = identity.endpoint;
  object["port"] = identity.port;
  object["method"] = std::string(word(identity.method));
  object["keyType"] = identity.key_type;
  object["key"] = text_of(identity.key);
  object["keyStore"] = or_null(key_store_word(identity.key));
  object["keyMadeHere"] = identity.key_made_here;
  object["deviceConfiguration"] = nlohmann::ordered_json::object();
  for (const auto& [name, value] : identity.device_configuration) object["deviceConfiguration"][name] = value;
  object["requestDigest"] = identity.request_digest;
  object["filesDigest"] = or_null(identity.files_digest);
  object["claimFingerprint"] = or_null(identity.claim_fingerprint);
  object["replaces"] = or_null(identity.replaces);
  object["provisionedAt"] = identity.provisioned_at;
  object["verifiedAt"] = or_null(identity.verified_at);
  return dump(object);
}

Result<Identity> decode_identity(std::string_view text) {
  constexpr ErrorKind kKind = ErrorKind::kIdentityDamaged;
  FP_TRY_ASSIGN(const JsonFields fields, JsonFields::parse(text, kKind));
  FP_TRY_ASSIGN(const std::uint64_t schema, fields.number("schema", std::numeric_limits<std::uint32_t>::max()));
  if (schema != kIdentitySchema) {
    return fail(kKind, "it has schema " + std::to_string(schema) + "; this version supports schema 1",
                "use the version of fleet-provision that made it");
  }
  Identity identity;
  FP_TRY_ASSIGN(identity.thing_name, fields.text_or_null("thingName"));
  FP_TRY_ASSIGN(identity.certificate_id, fields.text("certificateId"));
  FP_TRY_ASSIGN(identity.certificate_fingerprint, fields.text("certificateFingerprint"));
  FP_TRY_ASSIGN(identity.not_after, fields.text("notAfter"));
  FP_TRY_ASSIGN(identity.template_name, fields.text("templateName"));
  FP_TRY_ASSIGN(identity.endpoint, fields.text("endpoint"));
  FP_TRY_ASSIGN(const std::uint64_t port, fields.number("port", std::numeric_limits<std::uint16_t>::max()));
  identity.port = static_cast<std::uint16_t>(port);
  FP_TRY_ASSIGN(const std::string method, fields.text("method"));
  const auto known_method = parse_method(method);
  if (!known_method) return fail(kKind, "its \"method\" is neither csr nor keys");
  identity.method = *known_method;
  FP_TRY_ASSIGN(identity.key_type, fields.text("keyType"));
  FP_TRY_ASSIGN(const std::string key, fields.text("key"));
  FP_TRY_ASSIGN(const auto key_store, fields.text_or_null("keyStore"));
  FP_TRY_ASSIGN(identity.key, decode_key_location(key, key_store));
  FP_TRY_ASSIGN(identity.key_made_here, fields.flag_or_false("keyMadeHere"));
  FP_TRY_ASSIGN(identity.device_configuration, fields.texts("deviceConfiguration"));
  FP_TRY_ASSIGN(identity.request_digest, fields.text("requestDigest"));
  FP_TRY_ASSIGN(identity.files_digest, fields.text_or_null("filesDigest"));
  FP_TRY_ASSIGN(identity.claim_fingerprint, fields.text_or_null("claimFingerprint"));
  FP_TRY_ASSIGN(identity.replaces, fields.text_or_null("replaces"));
  FP_TRY_ASSIGN(identity.provisioned_at, fields.text("provisionedAt"));
  FP_TRY_ASSIGN(identity.verified_at, fields.text_or_null("verifiedAt"));
  return identity;
}

std::string encode_device_configuration(const DeviceConfiguration& configuration) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : configuration) object[name] = value;
  return dump(object);
}

}  // namespace fleet_provision

#include "documents.hpp"

namespace fleet_provision::documents {
namespace {

std::string json(std::string_view text) {
  std::string out = "\"";
  for (const char each : text) {
    if (each == '"' || each == '\\') out += '\\';
    out += each;
  }
  return out + "\"";
}

std::string json_list(const std::vector<std::string>& words) {
  std::string out = "[";
  for (const auto& word : words) out += (out.size() == 1 ? "" : ", ") + json(word);
  return out + "]";
}

constexpr std::string_view kTextOrTexts =
    R"("type": ["array", "string"], "items": { "type": "string", "pattern": "^[^=]+=" }, "pattern": "^[^=]+=")";
constexpr std::string_view kFileOrTextMap =
    R"("type": ["object", "string"], "additionalProperties": { "type": "string" })";

/// The forms of a key store; what a URI may hold is for the program to say.
constexpr std::string_view kKeyStoreText =
    R"("type": "string", "pattern": "^(file|tpm2(:0[xX]0*81[0-9a-fA-F]{6})?|pkcs11:.+)$")";

/// What the program takes of a number; a test compares both at the bounds.
std::string_view bounds(OptionId id) {
  if (id == OptionId::kPort) return R"("minimum": 1, "maximum": 65535)";
  if (id == OptionId::kAttempts) return R"("minimum": 1, "maximum": 1000000)";
  if (id == OptionId::kJobs) return R"("minimum": 1, "maximum": 1000)";
  if (id == OptionId::kRate) return R"("minimum": 0.01, "maximum": 100000)";
  if (id == OptionId::kStopAfter) return R"("minimum": 1, "maximum": 1000000000)";
  if (id == OptionId::kTimeout) return R"("minimum": 1, "maximum": 604800)";
  if (id == OptionId::kRequestTimeout) return R"("minimum": 0.1, "maximum": 3600)";
  if (id == OptionId::kSplay) return R"("minimum": 0, "maximum": 604800)";
  return R"("minimum": 0, "maximum": 9)";
}

std::string type_of(const OptionRow& option) {
  const ValueOffer value = value_offer(option);
  switch (option.value) {
    case OptionValue::kFlag: return R"("type": "boolean")";
    case OptionValue::kCount: return R"("type": ["integer", "boolean"], )" + std::string(bounds(option.id));
    case OptionValue::kNumber: return R"("type": "integer", )" + std::string(bounds(option.id));
    case OptionValue::kDecimal:
    case OptionValue::kSeconds: return R"("type": "number", )" + std::string(bounds(option.id));
    case OptionValue::kText:
      if (option.id == OptionId::kKeyStore) return std::string(kKeyStoreText);
      return value.offer == Offer::kWords && value.only_these ? R"("enum": )" + json_list(value.words)
                                                              : R"("type": "string")";
    case OptionValue::kFile:
      return option.id == OptionId::kParameters ? std::string(kFileOrTextMap) : R"("type": "string")";
    case OptionValue::kKeyValues: return std::string(kTextOrTexts);
  }
  return "";
}

}  // namespace

std::string configuration_schema() {
  std::string properties = R"(    "$schema": { "type": "string" })";
  for (const OptionRow& option : option_table()) {
    if (option.scope != OptionScope::kEverywhere) continue;
    properties +=
        ",\n    " + json(option.name) + ": { " + type_of(option) + ", \"description\": " + json(option.help) + " }";
  }
  return R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "configuration of fleet-provision",
  "description": "/etc/fleet-provision/config.json and config.d/*.json; see fleet-provision.json(5)",
  "type": "object",
  "additionalProperties": false,
  "properties": {
)json" + properties +
         "\n  }\n}\n";
}

}  // namespace fleet_provision::documents

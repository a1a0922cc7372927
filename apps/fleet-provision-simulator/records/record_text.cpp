#include "records/record_text.hpp"

#include <utility>

#include "service/decode.hpp"
#include "service/encode.hpp"
#include "service/field_reader.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr const char* kExclusive = "EXCLUSIVE_THING";
constexpr const char* kNotExclusive = "NON_EXCLUSIVE_THING";

std::int64_t seconds_of(WallClockTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

CertificateStatus parse_status(const std::string& text) {
  for (const auto status : {CertificateStatus::kActive, CertificateStatus::kInactive}) {
    if (text == word(status)) return status;
  }
  return CertificateStatus::kPendingActivation;
}

Result<CertificateRecord> certificate_from(const FieldReader& fields) {
  CertificateRecord record;
  FP_TRY_ASSIGN(record.id, fields.text("certificateId"));
  FP_TRY_ASSIGN(record.pem, fields.text("certificatePem"));
  FP_TRY_ASSIGN(const std::string status, fields.text("status"));
  record.status = parse_status(status);
  FP_TRY_ASSIGN(record.token_sha256, fields.text("tokenSha256"));
  FP_TRY_ASSIGN(record.token_expires, fields.time("tokenExpires"));
  FP_TRY_ASSIGN(record.token_used, fields.boolean("tokenUsed"));
  if (fields.has("thingName")) {
    FP_TRY_ASSIGN(record.thing_name, fields.text("thingName"));
  }
  if (fields.has("thingPrincipalType")) {
    FP_TRY_ASSIGN(const std::string type, fields.text("thingPrincipalType"));
    record.exclusive_thing = type == kExclusive;
  }
  FP_TRY_ASSIGN(const auto policies, fields.list("policies"));
  for (const auto& policy : policies) {
    const auto text = [&policy](const char* name) {
      const std::string* member = policy.find_text(name);
      return member == nullptr ? std::string() : *member;
    };
    record.policies.push_back({text("name"), text("document")});
  }
  return record;
}

Result<PackageVersions> packages_from(const FieldReader& fields) {
  if (const auto text = fields.text("packageVersions")) return PackageVersions(*text);
  FP_TRY_ASSIGN(auto versions, fields.text_map("packageVersions"));
  return PackageVersions(std::move(versions));
}

// A record of an earlier version has no billing group, package versions or ThingPrincipalType.
Result<ThingRecord> thing_from(const FieldReader& fields) {
  ThingRecord record;
  FP_TRY_ASSIGN(record.name, fields.text("thingName"));
  FP_TRY_ASSIGN(record.attributes, fields.text_map("attributes"));
  if (fields.has("thingTypeName")) {
    FP_TRY_ASSIGN(record.type, fields.text("thingTypeName"));
  }
  FP_TRY_ASSIGN(record.groups, fields.texts("thingGroups"));
  if (fields.has("billingGroupName")) {
    FP_TRY_ASSIGN(record.billing_group, fields.text("billingGroupName"));
  }
  if (fields.has("packageVersions")) {
    FP_TRY_ASSIGN(record.package_versions, packages_from(fields));
  }
  FP_TRY_ASSIGN(record.principals, fields.texts("principals"));
  FP_TRY_ASSIGN(record.template_name, fields.text("templateName"));
  return record;
}

Value optional_text(const std::optional<std::string>& text) {
  return text ? text_value(*text) : Value{};
}

Value packages_value(const std::optional<PackageVersions>& packages) {
  if (!packages) return Value{};
  if (const auto* text = std::get_if<std::string>(&*packages)) return text_value(*text);
  return Value{text_members(std::get<std::map<std::string, std::string>>(*packages))};
}

std::string text_of_document(Members document) {
  return indented_json_text(Value{std::move(document)}) + "\n";
}

}  // namespace

Result<CertificateRecord> certificate_from_text(const std::string& path, std::string_view text) {
  FP_TRY_ASSIGN(const Value document, parse_json(path, text));
  return certificate_from(FieldReader(document, path));
}

Result<ThingRecord> thing_from_text(const std::string& path, std::string_view text) {
  FP_TRY_ASSIGN(const Value document, parse_json(path, text));
  return thing_from(FieldReader(document, path));
}

std::string text_of(const CertificateRecord& certificate) {
  std::vector<Value> policies;
  for (const auto& policy : certificate.policies) {
    policies.push_back(Value{Members{{"name", text_value(policy.name)}, {"document", text_value(policy.document)}}});
  }
  return text_of_document({{"certificateId", text_value(certificate.id)},
                           {"status", text_value(word(certificate.status))},
                           {"thingName", optional_text(certificate.thing_name)},
                           {"thingPrincipalType", text_value(certificate.exclusive_thing ? kExclusive : kNotExclusive)},
                           {"policies", Value{std::move(policies)}},
                           {"tokenSha256", text_value(certificate.token_sha256)},
                           {"tokenExpires", Value{seconds_of(certificate.token_expires)}},
                           {"tokenUsed", Value{certificate.token_used}},
                           {"certificatePem", text_value(certificate.pem)}});
}

std::string text_of(const ThingRecord& thing) {
  return text_of_document({{"thingName", text_value(thing.name)},
                           {"thingTypeName", optional_text(thing.type)},
                           {"attributes", Value{text_members(thing.attributes)}},
                           {"thingGroups", list_value(thing.groups)},
                           {"billingGroupName", optional_text(thing.billing_group)},
                           {"packageVersions", packages_value(thing.package_versions)},
                           {"principals", list_value(thing.principals)},
                           {"templateName", text_value(thing.template_name)}});
}

}  // namespace fleet_provision::simulator

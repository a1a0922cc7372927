#include "records/state_store.hpp"

#include <cstdio>
#include <filesystem>

#include "records/record_directory.hpp"
#include "service/decode.hpp"
#include "service/encode.hpp"
#include "service/field_reader.hpp"
#include "system/files.hpp"

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
  FP_TRY_ASSIGN(const std::int64_t token_expires, fields.integer("tokenExpires"));
  record.token_expires = WallClockTime(std::chrono::seconds(token_expires));
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

std::string claim_status_file(const std::string& state_dir) {
  return state_dir + "/claim-status";
}

void warn(const std::string& message) {
  std::fprintf(stderr, "fleet-provision-simulator: %s\n", message.c_str());
}

template <class Record>
std::vector<Record> load(const std::string& directory, Result<Record> (*read)(const FieldReader&)) {
  std::vector<Record> records;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".json") continue;
    const std::string path = entry.path().string();
    const auto document = parse_json(path, read_file(path).value_or(""));
    auto record = document ? read(FieldReader(*document, path)) : fail(document.error());
    if (record) {
      records.push_back(std::move(*record));
    } else {
      warn("ignored a file that is not a record: " + record.error().message);
    }
  }
  return records;
}

class StateStore final : public Store {
 public:
  explicit StateStore(const std::string& state_dir)
      : certificates_(state_dir + "/certificates"),
        things_(state_dir + "/things"),
        claim_status_(claim_status_file(state_dir)) {}

  void save(const CertificateRecord& certificate) override {
    std::vector<Value> policies;
    for (const auto& policy : certificate.policies) {
      policies.push_back(Value{Members{{"name", text_value(policy.name)}, {"document", text_value(policy.document)}}});
    }
    write(certificates_, certificate.id,
          {{"certificateId", text_value(certificate.id)},
           {"status", text_value(word(certificate.status))},
           {"thingName", optional_text(certificate.thing_name)},
           {"thingPrincipalType", text_value(certificate.exclusive_thing ? kExclusive : kNotExclusive)},
           {"policies", Value{std::move(policies)}},
           {"tokenSha256", text_value(certificate.token_sha256)},
           {"tokenExpires", Value{seconds_of(certificate.token_expires)}},
           {"tokenUsed", Value{certificate.token_used}},
           {"certificatePem", text_value(certificate.pem)}});
  }

  void save(const ThingRecord& thing) override {
    write(things_, thing.name,
          {{"thingName", text_value(thing.name)},
           {"thingTypeName", optional_text(thing.type)},
           {"attributes", Value{text_members(thing.attributes)}},
           {"thingGroups", list_value(thing.groups)},
           {"billingGroupName", optional_text(thing.billing_group)},
           {"packageVersions", packages_value(thing.package_versions)},
           {"principals", list_value(thing.principals)},
           {"templateName", text_value(thing.template_name)}});
  }

  void remove_certificate(const std::string& id) override { certificates_.remove(id + ".json"); }

  std::vector<CertificateRecord> load_certificates() override { return load(certificates_.path(), certificate_from); }
  std::vector<ThingRecord> load_things() override { return load(things_.path(), thing_from); }

  // With any other content the claim cannot connect, so a file that is being written denies rather than allows.
  CertificateStatus claim_status() override {
    const std::string text = read_file(claim_status_).value_or("");
    const bool active = text == "ACTIVE\n" || text == "ACTIVE";
    return active ? CertificateStatus::kActive : CertificateStatus::kInactive;
  }

 private:
  static void write(RecordDirectory& directory, const std::string& name, Members document) {
    const std::string text = indented_json_text(Value{std::move(document)}) + "\n";
    if (auto written = directory.save(name + ".json", text, std::chrono::steady_clock::now()); !written) {
      warn(written.error().message);
    }
  }

  RecordDirectory certificates_;
  RecordDirectory things_;
  std::string claim_status_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_state_store(const std::string& state_dir) {
  FP_TRY(make_own_directory(state_dir + "/certificates", 0755));
  FP_TRY(make_own_directory(state_dir + "/things", 0755));
  const std::string claim_status = claim_status_file(state_dir);
  if (!exists(claim_status)) FP_TRY(write_file(claim_status, "ACTIVE\n", 0644));
  return std::unique_ptr<Store>(std::make_unique<StateStore>(state_dir));
}

}  // namespace fleet_provision::simulator

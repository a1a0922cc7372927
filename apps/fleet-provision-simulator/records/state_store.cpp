#include "records/state_store.hpp"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "codec/json_text.hpp"
#include "records/files.hpp"
#include "records/record_directory.hpp"

namespace fleet_provision::simulator {

namespace {

using nlohmann::ordered_json;

std::int64_t seconds_of(WallClockTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

CertificateStatus parse_status(const std::string& text) {
  for (const auto status : {CertificateStatus::kActive, CertificateStatus::kInactive}) {
    if (text == word(status)) return status;
  }
  return CertificateStatus::kPendingActivation;
}

CertificateRecord certificate_from(const ordered_json& document) {
  CertificateRecord record;
  record.id = document.at("certificateId");
  record.pem = document.at("certificatePem");
  record.status = parse_status(document.at("status"));
  record.token_sha256 = document.at("tokenSha256");
  record.token_expires = WallClockTime(std::chrono::seconds(document.at("tokenExpires").get<std::int64_t>()));
  record.token_used = document.at("tokenUsed");
  if (!document.at("thingName").is_null()) record.thing_name = document.at("thingName").get<std::string>();
  for (const auto& policy : document.at("policies")) {
    record.policies.push_back({policy.value("name", ""), policy.value("document", "")});
  }
  return record;
}

ThingRecord thing_from(const ordered_json& document) {
  ThingRecord record;
  record.name = document.at("thingName");
  record.attributes = document.at("attributes").get<std::map<std::string, std::string>>();
  if (!document.at("thingTypeName").is_null()) record.type = document.at("thingTypeName").get<std::string>();
  record.groups = document.at("thingGroups").get<std::vector<std::string>>();
  record.principals = document.at("principals").get<std::vector<std::string>>();
  record.template_name = document.at("templateName");
  return record;
}

std::string claim_status_file(const std::string& state_dir) {
  return state_dir + "/claim-status";
}

void complain(const std::string& message) {
  std::fprintf(stderr, "fleet-provision-simulator: %s\n", message.c_str());
}

template <class Record>
std::vector<Record> load(const std::string& directory, Record (*from)(const ordered_json&)) {
  std::vector<Record> records;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".json") continue;
    const std::string text = read_file(entry.path()).value_or("");
    if (const auto fault = json_fault(text)) {
      complain("not a record, left aside: " + entry.path().string() + ": " + fault->message());
      continue;
    }
    try {
      records.push_back(from(ordered_json::parse(text)));
    } catch (const ordered_json::exception&) {
      complain("not a record, left aside: " + entry.path().string());
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
    ordered_json policies = ordered_json::array();
    for (const auto& policy : certificate.policies) {
      policies.push_back({{"name", policy.name}, {"document", policy.document}});
    }
    const ordered_json document{
        {"certificateId", certificate.id},
        {"status", word(certificate.status)},
        {"thingName", certificate.thing_name ? ordered_json(*certificate.thing_name) : ordered_json()},
        {"policies", policies},
        {"tokenSha256", certificate.token_sha256},
        {"tokenExpires", seconds_of(certificate.token_expires)},
        {"tokenUsed", certificate.token_used},
        {"certificatePem", certificate.pem}};
    write(certificates_, certificate.id, document);
  }

  void save(const ThingRecord& thing) override {
    const ordered_json document{
        {"thingName", thing.name},        {"thingTypeName", thing.type ? ordered_json(*thing.type) : ordered_json()},
        {"attributes", thing.attributes}, {"thingGroups", thing.groups},
        {"principals", thing.principals}, {"templateName", thing.template_name}};
    write(things_, thing.name, document);
  }

  void remove_certificate(const std::string& id) override { certificates_.remove(id + ".json"); }

  std::vector<CertificateRecord> load_certificates() override { return load(certificates_.path(), certificate_from); }
  std::vector<ThingRecord> load_things() override { return load(things_.path(), thing_from); }

  // Whatever is not ACTIVE cannot connect, a file that somebody is just writing included.
  CertificateStatus claim_status() override {
    const std::string text = read_file(claim_status_).value_or("");
    const bool active = text == "ACTIVE\n" || text == "ACTIVE";
    return active ? CertificateStatus::kActive : CertificateStatus::kInactive;
  }

 private:
  static void write(RecordDirectory& directory, const std::string& name, const ordered_json& document) {
    const auto text = document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
    if (auto written = directory.save(name + ".json", text, std::chrono::steady_clock::now()); !written)
      complain(written.error().message);
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

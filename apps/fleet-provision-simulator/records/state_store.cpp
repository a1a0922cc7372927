#include "records/state_store.hpp"

#include <cstdio>
#include <filesystem>

#include "records/record_directory.hpp"
#include "records/record_text.hpp"
#include "system/files.hpp"

namespace fleet_provision::simulator {

namespace {

std::string claim_status_file(const std::string& state_dir) {
  return state_dir + "/claim-status";
}

void warn(const std::string& message) {
  std::fprintf(stderr, "fleet-provision-simulator: %s\n", message.c_str());
}

template <class Record>
std::vector<Record> load(const std::string& directory, Result<Record> (*read)(const std::string&, std::string_view)) {
  std::vector<Record> records;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".json") continue;
    const std::string path = entry.path().string();
    auto record = read(path, read_file(path).value_or(""));
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
    write(certificates_, certificate.id, text_of(certificate));
  }
  void save(const ThingRecord& thing) override { write(things_, thing.name, text_of(thing)); }

  void remove_certificate(const std::string& id) override { certificates_.remove(id + ".json"); }

  std::vector<CertificateRecord> load_certificates() override {
    return load(certificates_.path(), certificate_from_text);
  }
  std::vector<ThingRecord> load_things() override { return load(things_.path(), thing_from_text); }

  // With any other content the claim cannot connect, so a file that is being written denies rather than allows.
  CertificateStatus claim_status() override {
    const std::string text = read_file(claim_status_).value_or("");
    const bool active = text == "ACTIVE\n" || text == "ACTIVE";
    return active ? CertificateStatus::kActive : CertificateStatus::kInactive;
  }

 private:
  static void write(RecordDirectory& directory, const std::string& name, const std::string& text) {
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

// An issuer without cryptography, a store without files, a clock that the test sets.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "service/issuer.hpp"
#include "service/record_store.hpp"
#include "service/registry.hpp"
#include "service/service.hpp"

namespace fleet_provision::simulator {

class FakeIssuer final : public Issuer {
 public:
  Accepted<IssuedCertificate> issue_for_csr(std::string_view csr_pem, const IssueFaults& faults) override {
    if (csr_pem != "csr") return reject(400, "InvalidCertificateSigningRequest", "not a csr");
    last_faults = faults;
    return certificate();
  }
  bool keys_ready() override { return has_keys; }
  Accepted<IssuedKeys> issue_with_keys(const IssueFaults& faults) override {
    last_faults = faults;
    return IssuedKeys{certificate(), "private key"};
  }
  std::string sha256_hex(std::string_view bytes) override { return "digest of " + std::string(bytes); }
  std::string random_hex(std::size_t) override { return "token-" + std::to_string(++tokens_); }

  IssueFaults last_faults;
  bool has_keys = true;

 private:
  IssuedCertificate certificate() { return {"certificate-" + std::to_string(++certificates_), "pem"}; }

  int certificates_ = 0;
  int tokens_ = 0;
};

class FakeStore final : public Store {
 public:
  void save(const CertificateRecord& certificate) override { certificates[certificate.id] = certificate; }
  void save(const ThingRecord& thing) override { things[thing.name] = thing; }
  void remove_certificate(const std::string& id) override { certificates.erase(id); }
  std::vector<CertificateRecord> load_certificates() override {
    std::vector<CertificateRecord> all;
    for (const auto& [id, certificate] : certificates) all.push_back(certificate);
    return all;
  }
  std::vector<ThingRecord> load_things() override {
    std::vector<ThingRecord> all;
    for (const auto& [name, thing] : things) all.push_back(thing);
    return all;
  }

  CertificateStatus claim_status() override { return claim; }

  CertificateStatus claim = CertificateStatus::kActive;
  std::map<std::string, CertificateRecord> certificates;
  std::map<std::string, ThingRecord> things;
};

struct FakeClock {
  Instant steady{};
  WallClockTime wall = WallClockTime(std::chrono::hours(24 * 365 * 50));

  void advance(std::chrono::milliseconds by) {
    steady += by;
    wall += by;
  }
  [[nodiscard]] Clocks clocks() {
    return {[this] { return steady; }, [this] { return wall; }};
  }
};

}  // namespace fleet_provision::simulator

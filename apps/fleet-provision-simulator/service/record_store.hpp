// What the service keeps about certificates and things, and where it keeps it.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/resources.hpp"

namespace fleet_provision::simulator {

using WallClockTime = std::chrono::system_clock::time_point;

struct CertificateRecord {
  std::string id;
  std::string pem;
  CertificateStatus status = CertificateStatus::kPendingActivation;
  /// SHA-256 of the ownership token, in hex.
  std::string token_sha256;
  WallClockTime token_expires;
  bool token_used = false;
  /// The thing that RegisterThing attached it to.
  std::optional<std::string> thing_name;
  /// That thing is the only one to which it can be attached (ThingPrincipalType EXCLUSIVE_THING).
  bool exclusive_thing = false;
  std::vector<PolicyResource> policies;
};

struct ThingRecord {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::optional<std::string> type;
  std::vector<std::string> groups;
  std::optional<std::string> billing_group;
  std::optional<PackageVersions> package_versions;
  /// IDs of the attached certificates, oldest first.
  std::vector<std::string> principals;
  std::string template_name;
};

/// Keeps records. Loading gives all that were saved and not removed, in any order.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  virtual void save(const CertificateRecord& certificate) = 0;
  virtual void save(const ThingRecord& thing) = 0;
  virtual void remove_certificate(const std::string& id) = 0;
  [[nodiscard]] virtual std::vector<CertificateRecord> load_certificates() = 0;
  [[nodiscard]] virtual std::vector<ThingRecord> load_things() = 0;
  /// The claim's status, which the user of the simulator can change at any time.
  [[nodiscard]] virtual CertificateStatus claim_status() = 0;
};

}  // namespace fleet_provision::simulator

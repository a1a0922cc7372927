// What the service remembers: certificates with their state and ownership token, and things.
//
// Everything is written through a Store at once, so that a simulator that is started again on the same directory knows
// what it issued. Tokens are kept as digests. Time is the wall clock, because it must outlast a run.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/issuer.hpp"
#include "service/refusal.hpp"
#include "service/template.hpp"

namespace fleet_provision::simulator {

using WallClockTime = std::chrono::system_clock::time_point;

enum class CertificateStatus : unsigned char { kPendingActivation, kActive, kInactive };
[[nodiscard]] const char* word(CertificateStatus status);

struct CertificateRecord {
  std::string id;
  std::string pem;
  CertificateStatus status = CertificateStatus::kPendingActivation;
  /// SHA-256 of the ownership token.
  std::string token_sha256;
  WallClockTime token_expires;
  bool token_used = false;
  std::optional<std::string> thing_name;
  std::vector<PolicySpec> policies;
};

struct ThingRecord {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::optional<std::string> type;
  std::vector<std::string> groups;
  /// Ids of the certificates attached, oldest first.
  std::vector<std::string> principals;
  std::string template_name;
};

/// Where records are kept. Loading gives what was saved, in any order.
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
  /// Of the claim, as whoever runs the simulator has set it by now.
  [[nodiscard]] virtual CertificateStatus claim_status() = 0;
};

class Registry {
 public:
  Registry(Store& store, Issuer& issuer);

  /// Remembers a new certificate as PENDING_ACTIVATION and gives its ownership token.
  [[nodiscard]] std::string add(const IssuedCertificate& certificate, WallClockTime token_expires);
  [[nodiscard]] const CertificateRecord* find_certificate(const std::string& id) const;
  [[nodiscard]] CertificateStatus claim_status() const { return store_.claim_status(); }

  /// The certificate that a token stands for; refuses an unknown, expired or used one.
  [[nodiscard]] Granted<std::string> redeem(const std::string& token, WallClockTime now, bool accept_reuse) const;
  /// Makes what the template rendered: the thing, the certificate's state, their attachment.
  [[nodiscard]] Granted<void> apply(const Rendered& rendered, const std::string& certificate_id,
                                    const std::string& template_name);
  /// Forgets pending certificates whose token has expired; gives their ids.
  [[nodiscard]] std::vector<std::string> expire(WallClockTime now);

 private:
  void remember(CertificateRecord certificate);
  [[nodiscard]] Granted<ThingRecord> merged(const ThingSpec& spec, const std::string& template_name) const;

  Store& store_;
  Issuer& issuer_;
  std::map<std::string, CertificateRecord> certificates_;
  std::map<std::string, ThingRecord> things_;
  /// Token digest to certificate id; to nothing when the certificate expired with its token.
  std::map<std::string, std::string> tokens_;
  /// Ids by the end of their token's life, of certificates that were pending once: looked through at every connect.
  std::multimap<WallClockTime, std::string> expiries_;
};

}  // namespace fleet_provision::simulator

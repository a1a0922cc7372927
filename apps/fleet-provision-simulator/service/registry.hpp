// The registry of certificates and things, and the rules for changing them (API_RegisterThing).
//
// Every change is saved in the Store at once, so that a simulator that starts again on the same state directory knows
// what it issued. Of ownership tokens only digests are kept. Times are wall clock times, because they outlast a run.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "service/issuer.hpp"
#include "service/record_store.hpp"
#include "service/rejection.hpp"
#include "service/resources.hpp"

namespace fleet_provision::simulator {

class Registry {
 public:
  /// Loads what the store has. Both outlive the registry.
  Registry(Store& store, Issuer& issuer);

  /// Adds a certificate as PENDING_ACTIVATION and gives its ownership token.
  [[nodiscard]] std::string add(const IssuedCertificate& certificate, WallClockTime token_expires);
  /// nullptr when there is none with this ID.
  [[nodiscard]] const CertificateRecord* find_certificate(const std::string& id) const;
  /// nullptr when there is no thing of this name.
  [[nodiscard]] const ThingRecord* find_thing(const std::string& name) const;
  [[nodiscard]] CertificateStatus claim_status() const { return store_.claim_status(); }

  /// The ID of the certificate that an ownership token belongs to. Rejects an unknown or expired token, and a used one
  /// unless `accept_reuse`.
  [[nodiscard]] Accepted<std::string> find_by_token(const std::string& token, WallClockTime now,
                                                    bool accept_reuse) const;
  /// Creates or changes the thing, sets the certificate's status and attaches it. Either all of it is done or nothing.
  [[nodiscard]] Accepted<void> apply(const RenderedTemplate& rendered, const std::string& certificate_id,
                                     const std::string& template_name);
  /// Deletes pending certificates whose token has expired, and gives their IDs.
  [[nodiscard]] std::vector<std::string> expire(WallClockTime now);

 private:
  void insert(CertificateRecord certificate);
  [[nodiscard]] Accepted<ThingRecord> merged(const ThingResource& wanted, const std::string& template_name) const;
  [[nodiscard]] Accepted<void> check_attachment(const CertificateRecord& certificate, const std::string& thing_name,
                                                bool exclusive) const;
  void attach(ThingRecord thing, CertificateRecord& certificate, bool exclusive);

  Store& store_;
  Issuer& issuer_;
  std::map<std::string, CertificateRecord> certificates_;
  std::map<std::string, ThingRecord> things_;
  /// Certificate IDs by digest of their token; empty when the certificate was deleted as its token expired.
  std::map<std::string, std::string> ids_by_token_;
  /// IDs of pending certificates by the expiry of their token, because `expire` runs at every connection. An ID stays
  /// when its certificate is activated.
  std::multimap<WallClockTime, std::string> expiries_;
};

}  // namespace fleet_provision::simulator

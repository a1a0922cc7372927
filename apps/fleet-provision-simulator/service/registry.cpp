#include "service/registry.hpp"

#include <algorithm>

#include "core/plan.hpp"
#include "core/text.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::size_t kTokenDigits = 384;
constexpr std::size_t kUntypedAttributesMax = 3;

tl::unexpected<Rejection> conflict(const std::string& thing, const char* what) {
  return reject(409, "ResourceConflictsException", "Thing " + thing + " exists with another " + what);
}

// API_ThingAttribute, API_CreateThing.
Accepted<void> check_thing(const ThingResource& thing) {
  if (!is_thing_name(thing.name)) return invalid_parameters("Invalid thing name: 1 to 128 of [a-zA-Z0-9:_-]");
  if (!thing.type && thing.attributes.size() > kUntypedAttributesMax) {
    return invalid_parameters("A thing without a thing type has at most 3 attributes");
  }
  for (const auto& [name, value] : thing.attributes) {
    if (name.empty() || name.size() > 128 || !is_alphanumeric_or(name, "_.,@/:#-"))
      return invalid_parameters("Invalid attribute name: " + name);
    if (value.size() > 800 || !is_alphanumeric_or(value, "_.,@/:#=[]-"))
      return invalid_parameters("Invalid value of attribute " + name);
  }
  return {};
}

using Attributes = std::map<std::string, std::string>;
using Groups = std::vector<std::string>;

Attributes merge(Attributes present, const Attributes& wanted) {
  for (const auto& [name, value] : wanted) present[name] = value;
  return present;
}

Groups merge(Groups present, const Groups& wanted) {
  for (const auto& group : wanted) {
    if (std::find(present.begin(), present.end(), group) == present.end()) present.push_back(group);
  }
  return present;
}

// A thing type is one name: there is nothing to merge.
std::optional<std::string> merge(const std::optional<std::string>&, const std::optional<std::string>& wanted) {
  return wanted;
}

// What a property becomes when its thing exists: the present value, the wanted one, both merged, or a rejection.
template <class T>
Accepted<T> overridden(const T& present, const T& wanted, std::optional<OverrideSetting> setting,
                       const std::string& thing, const char* property) {
  if (!setting) {
    if (present != wanted) return conflict(thing, property);
    return present;
  }
  switch (*setting) {
    case OverrideSetting::kDoNothing: return present;
    case OverrideSetting::kReplace: return wanted;
    case OverrideSetting::kMerge: return merge(present, wanted);
    case OverrideSetting::kFail: return reject(409, "ResourceConflictsException", "Thing " + thing + " exists already");
  }
  return present;
}

CertificateStatus status_after(const CertificateRecord& certificate, const CertificateResource& wanted) {
  const bool replaces = certificate.status == CertificateStatus::kPendingActivation ||
                        wanted.override_status.value_or(OverrideSetting::kReplace) == OverrideSetting::kReplace;
  return replaces ? wanted.status : certificate.status;
}

}  // namespace

Registry::Registry(Store& store, Issuer& issuer) : store_(store), issuer_(issuer) {
  for (auto& certificate : store.load_certificates()) insert(std::move(certificate));
  for (auto& thing : store.load_things()) things_[thing.name] = std::move(thing);
}

void Registry::insert(CertificateRecord certificate) {
  if (!certificate.token_sha256.empty()) ids_by_token_[certificate.token_sha256] = certificate.id;
  if (certificate.status == CertificateStatus::kPendingActivation && !certificate.token_used) {
    expiries_.emplace(certificate.token_expires, certificate.id);
  }
  certificates_[certificate.id] = std::move(certificate);
}

std::string Registry::add(const IssuedCertificate& certificate, WallClockTime token_expires) {
  std::string token = issuer_.random_hex(kTokenDigits);
  CertificateRecord record;
  record.id = certificate.id;
  record.pem = certificate.pem;
  record.token_sha256 = issuer_.sha256_hex(token);
  record.token_expires = token_expires;
  store_.save(record);
  insert(std::move(record));
  return token;
}

const CertificateRecord* Registry::find_certificate(const std::string& id) const {
  const auto found = certificates_.find(id);
  return found == certificates_.end() ? nullptr : &found->second;
}

const ThingRecord* Registry::find_thing(const std::string& name) const {
  const auto found = things_.find(name);
  return found == things_.end() ? nullptr : &found->second;
}

Accepted<std::string> Registry::find_by_token(const std::string& token, WallClockTime now, bool accept_reuse) const {
  constexpr const char* kCode = "InvalidCertificateOwnershipToken";
  const auto found = ids_by_token_.find(issuer_.sha256_hex(token));
  if (found == ids_by_token_.end()) return reject(400, kCode, "Certificate ownership token is not valid.");
  if (found->second.empty()) return reject(400, kCode, "Certificate ownership token has expired.");
  const CertificateRecord& certificate = certificates_.at(found->second);
  if (certificate.token_used && !accept_reuse) return reject(400, kCode, "Certificate ownership token is not valid.");
  if (certificate.token_expires <= now) return reject(400, kCode, "Certificate ownership token has expired.");
  return certificate.id;
}

Accepted<ThingRecord> Registry::merged(const ThingResource& wanted, const std::string& template_name) const {
  const auto found = things_.find(wanted.name);
  if (found == things_.end()) {
    return ThingRecord{.name = wanted.name,
                       .attributes = wanted.attributes,
                       .type = wanted.type,
                       .groups = wanted.groups,
                       .principals = {},
                       .template_name = template_name};
  }
  ThingRecord thing = found->second;
  FP_ACCEPT_ASSIGN(thing.attributes, overridden(thing.attributes, wanted.attributes, wanted.override_attributes,
                                                wanted.name, "attributes"));
  FP_ACCEPT_ASSIGN(thing.type, overridden(thing.type, wanted.type, wanted.override_type, wanted.name, "thing type"));
  FP_ACCEPT_ASSIGN(thing.groups,
                   overridden(thing.groups, wanted.groups, wanted.override_groups, wanted.name, "thing groups"));
  return thing;
}

void Registry::attach(ThingRecord thing, CertificateRecord& certificate, bool exclusive) {
  auto& principals = thing.principals;
  if (exclusive) principals.clear();
  if (std::find(principals.begin(), principals.end(), certificate.id) == principals.end()) {
    principals.push_back(certificate.id);
  }
  certificate.thing_name = thing.name;
  store_.save(thing);
  things_[thing.name] = std::move(thing);
}

Accepted<void> Registry::apply(const RenderedTemplate& rendered, const std::string& certificate_id,
                               const std::string& template_name) {
  // All checks come before the first change.
  CertificateRecord certificate = certificates_.at(certificate_id);
  if (rendered.certificate && rendered.certificate->certificate_id != certificate_id) {
    return invalid_parameters("The template's CertificateId is not this certificate");
  }
  std::optional<ThingRecord> thing;
  if (rendered.thing) {
    FP_ACCEPT(check_thing(*rendered.thing));
    FP_ACCEPT_ASSIGN(thing, merged(*rendered.thing, template_name));
  }
  if (rendered.certificate) certificate.status = status_after(certificate, *rendered.certificate);
  certificate.token_used = true;
  certificate.policies = rendered.policies;
  if (thing) {
    attach(std::move(*thing), certificate, rendered.certificate && rendered.certificate->exclusive_thing);
  }
  store_.save(certificate);
  certificates_[certificate_id] = std::move(certificate);
  return {};
}

std::vector<std::string> Registry::expire(WallClockTime now) {
  std::vector<std::string> deleted;
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    const std::string id = std::move(expiries_.begin()->second);
    expiries_.erase(expiries_.begin());
    const auto found = certificates_.find(id);
    if (found == certificates_.end() || found->second.token_used ||
        found->second.status != CertificateStatus::kPendingActivation) {
      continue;
    }
    // The token is kept without its certificate, so that the rejection can say that it has expired.
    ids_by_token_[found->second.token_sha256].clear();
    certificates_.erase(found);
    store_.remove_certificate(id);
    deleted.push_back(id);
  }
  return deleted;
}

}  // namespace fleet_provision::simulator

#include "service/registry.hpp"

#include <algorithm>

#include "service/resource_rules.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::size_t kTokenDigits = 384;

using Attributes = std::map<std::string, std::string>;
using Groups = std::vector<std::string>;

tl::unexpected<Rejection> conflict(const std::string& thing, const char* what) {
  return reject(409, "ResourceConflictsException", "Thing " + thing + " exists with another " + what);
}

Accepted<void> check_text(const TextRule& rule, const std::string& text) {
  if (satisfies(rule, text)) return {};
  return invalid_parameters(std::string("Invalid ") + rule.noun + ": " + rule.limits);
}

Accepted<void> check_packages(const std::optional<PackageVersions>& packages) {
  if (!packages || !std::holds_alternative<Attributes>(*packages)) return {};
  for (const auto& [name, version] : std::get<Attributes>(*packages)) {
    FP_ACCEPT(check_text(kPackageNameRule, name));
    FP_ACCEPT(check_text(kVersionNameRule, version));
  }
  return {};
}

// The thing as it would be stored, so that merged attributes and groups are counted too.
Accepted<void> check_thing(const ThingRecord& thing) {
  FP_ACCEPT(check_text(kThingNameRule, thing.name));
  if (thing.type) FP_ACCEPT(check_text(kThingTypeRule, *thing.type));
  if (thing.billing_group) FP_ACCEPT(check_text(kBillingGroupRule, *thing.billing_group));
  for (const auto& group : thing.groups) FP_ACCEPT(check_text(kThingGroupRule, group));
  if (thing.groups.size() > kThingGroupsMax) {
    return invalid_parameters("A thing can be in at most " + std::to_string(kThingGroupsMax) + " groups");
  }
  const std::size_t attributes_limit = attributes_max(thing.type.has_value());
  if (thing.attributes.size() > attributes_limit) {
    return invalid_parameters(std::string("A thing ") + (thing.type ? "with" : "without") +
                              " a thing type has at most " + std::to_string(attributes_limit) + " attributes");
  }
  for (const auto& [name, value] : thing.attributes) {
    if (!satisfies(kAttributeNameRule, name)) return invalid_parameters("Invalid attribute name: " + name);
    if (!satisfies(kAttributeValueRule, value)) return invalid_parameters("Invalid value of attribute " + name);
  }
  return check_packages(thing.package_versions);
}

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
  ThingRecord thing;
  if (const auto found = things_.find(wanted.name); found != things_.end()) {
    thing = found->second;
    FP_ACCEPT_ASSIGN(thing.attributes, overridden(thing.attributes, wanted.attributes, wanted.override_attributes,
                                                  wanted.name, "attributes"));
    FP_ACCEPT_ASSIGN(thing.type, overridden(thing.type, wanted.type, wanted.override_type, wanted.name, "thing type"));
    FP_ACCEPT_ASSIGN(thing.groups,
                     overridden(thing.groups, wanted.groups, wanted.override_groups, wanted.name, "thing groups"));
  } else {
    thing.name = wanted.name;
    thing.attributes = wanted.attributes;
    thing.type = wanted.type;
    thing.groups = wanted.groups;
    thing.template_name = template_name;
  }
  if (wanted.billing_group) thing.billing_group = wanted.billing_group;
  if (wanted.package_versions) thing.package_versions = wanted.package_versions;
  FP_ACCEPT(check_thing(thing));
  return thing;
}

// A certificate that is attached exclusively can be attached to another thing only after it is detached, which
// RegisterThing does not do (AWS IoT developer guide, "Associating an AWS IoT thing to an MQTT client connection").
Accepted<void> Registry::check_attachment(const CertificateRecord& certificate, const std::string& thing_name,
                                          bool exclusive) const {
  if (!certificate.thing_name || (!exclusive && !certificate.exclusive_thing)) return {};
  for (const auto& [name, thing] : things_) {
    const auto& principals = thing.principals;
    if (name == thing_name || std::find(principals.begin(), principals.end(), certificate.id) == principals.end()) {
      continue;
    }
    return reject(409, "ResourceConflictsException",
                  "The certificate is attached " + std::string(certificate.exclusive_thing ? "exclusively " : "") +
                      "to thing " + name);
  }
  return {};
}

void Registry::attach(ThingRecord thing, CertificateRecord& certificate, bool exclusive) {
  auto& principals = thing.principals;
  if (std::find(principals.begin(), principals.end(), certificate.id) == principals.end()) {
    principals.push_back(certificate.id);
  }
  certificate.thing_name = thing.name;
  certificate.exclusive_thing = exclusive;
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
  const bool exclusive = rendered.certificate && rendered.certificate->exclusive_thing;
  if (rendered.thing) {
    FP_ACCEPT_ASSIGN(thing, merged(*rendered.thing, template_name));
    FP_ACCEPT(check_attachment(certificate, thing->name, exclusive));
  }
  if (rendered.certificate) certificate.status = status_after(certificate, *rendered.certificate);
  certificate.token_used = true;
  certificate.policies = rendered.policies;
  if (thing) attach(std::move(*thing), certificate, exclusive);
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

#include "service/registry.hpp"

#include <algorithm>

#include "core/plan.hpp"

namespace fleet_provision::simulator {

namespace {

constexpr std::size_t kTokenDigits = 384;
constexpr std::size_t kUntypedAttributesMax = 3;

tl::unexpected<Refusal> invalid(const std::string& message) {
  return refuse(400, "InvalidParameters", message);
}

tl::unexpected<Refusal> conflict(const std::string& thing, const char* what) {
  return refuse(409, "ResourceConflictsException", "Thing " + thing + " exists with another " + what);
}

bool only(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           extra.find(c) != std::string_view::npos;
  });
}

// API_ThingAttribute, API_CreateThing.
Granted<void> check_thing(const ThingSpec& thing) {
  if (!is_thing_name(thing.name)) return invalid("Invalid thing name: 1 to 128 of [a-zA-Z0-9:_-]");
  if (!thing.type && thing.attributes.size() > kUntypedAttributesMax) {
    return invalid("A thing without a thing type has at most 3 attributes");
  }
  for (const auto& [name, value] : thing.attributes) {
    if (name.empty() || name.size() > 128 || !only(name, "_.,@/:#-")) return invalid("Invalid attribute name: " + name);
    if (value.size() > 800 || !only(value, "_.,@/:#=[]-")) return invalid("Invalid value of attribute " + name);
  }
  return {};
}

// What one property becomes when its thing exists: the present value, the new one, or a refusal.
template <class T, class Merge>
Granted<T> overridden(const T& present, const T& wanted, std::optional<Override> setting, const std::string& thing,
                      const char* what, const Merge& merge) {
  if (!setting) {
    if (present != wanted) return conflict(thing, what);
    return present;
  }
  switch (*setting) {
    case Override::kDoNothing: return present;
    case Override::kReplace: return wanted;
    case Override::kMerge: return merge(present, wanted);
    case Override::kFail: return refuse(409, "ResourceConflictsException", "Thing " + thing + " exists already");
  }
  return present;
}

}  // namespace

const char* word(CertificateStatus status) {
  switch (status) {
    case CertificateStatus::kPendingActivation: return "PENDING_ACTIVATION";
    case CertificateStatus::kActive: return "ACTIVE";
    case CertificateStatus::kInactive: return "INACTIVE";
  }
  return "";
}

Registry::Registry(Store& store, Issuer& issuer) : store_(store), issuer_(issuer) {
  for (auto& certificate : store.load_certificates()) remember(std::move(certificate));
  for (auto& thing : store.load_things()) things_[thing.name] = std::move(thing);
}

void Registry::remember(CertificateRecord certificate) {
  if (!certificate.token_sha256.empty()) tokens_[certificate.token_sha256] = certificate.id;
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
  remember(std::move(record));
  return token;
}

const CertificateRecord* Registry::find_certificate(const std::string& id) const {
  const auto found = certificates_.find(id);
  return found == certificates_.end() ? nullptr : &found->second;
}

Granted<std::string> Registry::redeem(const std::string& token, WallClockTime now, bool accept_reuse) const {
  constexpr const char* kCode = "InvalidCertificateOwnershipToken";
  const auto found = tokens_.find(issuer_.sha256_hex(token));
  if (found == tokens_.end()) return refuse(400, kCode, "Certificate ownership token is not valid.");
  if (found->second.empty()) return refuse(400, kCode, "Certificate ownership token has expired.");
  const CertificateRecord& certificate = certificates_.at(found->second);
  if (certificate.token_used && !accept_reuse) return refuse(400, kCode, "Certificate ownership token is not valid.");
  if (certificate.token_expires <= now) return refuse(400, kCode, "Certificate ownership token has expired.");
  return certificate.id;
}

Granted<ThingRecord> Registry::merged(const ThingSpec& spec, const std::string& template_name) const {
  const auto found = things_.find(spec.name);
  if (found == things_.end()) {
    ThingRecord thing;
    thing.name = spec.name;
    thing.attributes = spec.attributes;
    thing.type = spec.type;
    thing.groups = spec.groups;
    thing.template_name = template_name;
    return thing;
  }
  ThingRecord thing = found->second;
  auto attributes = overridden(thing.attributes, spec.attributes, spec.override_attributes, spec.name, "attributes",
                               [](auto present, const auto& wanted) {
                                 for (const auto& [name, value] : wanted) present[name] = value;
                                 return present;
                               });
  if (!attributes) return tl::unexpected<Refusal>(attributes.error());
  auto type = overridden(thing.type, spec.type, spec.override_type, spec.name, "thing type",
                         [](const auto&, const auto& wanted) { return wanted; });
  if (!type) return tl::unexpected<Refusal>(type.error());
  auto groups = overridden(thing.groups, spec.groups, spec.override_groups, spec.name, "thing groups",
                           [](auto present, const auto& wanted) {
                             for (const auto& group : wanted) {
                               if (std::find(present.begin(), present.end(), group) == present.end()) {
                                 present.push_back(group);
                               }
                             }
                             return present;
                           });
  if (!groups) return tl::unexpected<Refusal>(groups.error());
  thing.attributes = std::move(*attributes);
  thing.type = std::move(*type);
  thing.groups = std::move(*groups);
  return thing;
}

Granted<void> Registry::apply(const Rendered& rendered, const std::string& certificate_id,
                              const std::string& template_name) {
  // Nothing is changed before everything is known to be possible.
  CertificateRecord certificate = certificates_.at(certificate_id);
  if (rendered.certificate && rendered.certificate->certificate_id != certificate_id) {
    return invalid("The template's CertificateId is not this certificate");
  }
  std::optional<ThingRecord> thing;
  if (rendered.thing) {
    if (auto checked = check_thing(*rendered.thing); !checked) return checked;
    auto record = merged(*rendered.thing, template_name);
    if (!record) return tl::unexpected<Refusal>(record.error());
    thing = std::move(*record);
  }
  if (rendered.certificate) {
    const auto wanted =
        rendered.certificate->status == "ACTIVE" ? CertificateStatus::kActive : CertificateStatus::kInactive;
    if (certificate.status == CertificateStatus::kPendingActivation ||
        rendered.certificate->override_status.value_or(Override::kReplace) == Override::kReplace) {
      certificate.status = wanted;
    }
  }
  certificate.token_used = true;
  certificate.policies = rendered.policies;
  if (thing) {
    auto& principals = thing->principals;
    if (rendered.certificate && rendered.certificate->exclusive_thing) principals.clear();
    if (std::find(principals.begin(), principals.end(), certificate_id) == principals.end()) {
      principals.push_back(certificate_id);
    }
    certificate.thing_name = thing->name;
    store_.save(*thing);
    things_[thing->name] = std::move(*thing);
  }
  store_.save(certificate);
  certificates_[certificate_id] = std::move(certificate);
  return {};
}

std::vector<std::string> Registry::expire(WallClockTime now) {
  std::vector<std::string> gone;
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    const std::string id = std::move(expiries_.begin()->second);
    expiries_.erase(expiries_.begin());
    const auto found = certificates_.find(id);
    if (found == certificates_.end() || found->second.token_used ||
        found->second.status != CertificateStatus::kPendingActivation) {
      continue;
    }
    // The token is remembered without its certificate, so that the refusal can say why.
    tokens_[found->second.token_sha256].clear();
    certificates_.erase(found);
    store_.remove_certificate(id);
    gone.push_back(id);
  }
  return gone;
}

}  // namespace fleet_provision::simulator

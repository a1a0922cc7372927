#include "core/milestones.hpp"

#include <algorithm>

namespace fleet_provision {
namespace {

struct MilestoneOf {
  Milestone operator()(const Fresh&) const { return Milestone::kFresh; }
  Milestone operator()(const KeyPlanned&) const { return Milestone::kKeyPlanned; }
  Milestone operator()(const KeyMade&) const { return Milestone::kKeyMade; }
  Milestone operator()(const Certified&) const { return Milestone::kCertified; }
  Milestone operator()(const Enrolled&) const { return Milestone::kEnrolled; }
  Milestone operator()(const Verified&) const { return Milestone::kVerified; }
  Milestone operator()(const Installed&) const { return Milestone::kInstalled; }
};

bool is_made_here(const KeyOrigin& origin) {
  return std::holds_alternative<MadeHere>(origin);
}

}  // namespace

Milestone milestone(const Progress& progress) {
  return std::visit(MilestoneOf{}, progress);
}

std::string_view word(Milestone milestone) {
  switch (milestone) {
    case Milestone::kFresh: return "fresh";
    case Milestone::kKeyPlanned: return "key-planned";
    case Milestone::kKeyMade: return "key-made";
    case Milestone::kCertified: return "certified";
    case Milestone::kEnrolled: return "enrolled";
    case Milestone::kVerified: return "verified";
    case Milestone::kInstalled: return "installed";
  }
  return "";
}

const KeyMade* key_made_of(const Progress& progress) {
  struct MadeOf {
    const KeyMade* operator()(const Fresh&) const { return nullptr; }
    const KeyMade* operator()(const KeyPlanned&) const { return nullptr; }
    const KeyMade* operator()(const KeyMade& at) const { return &at; }
    const KeyMade* operator()(const Certified& at) const { return &at.made; }
    const KeyMade* operator()(const Enrolled& at) const { return &at.certified.made; }
    const KeyMade* operator()(const Verified& at) const { return &at.enrolled.certified.made; }
    const KeyMade* operator()(const Installed&) const { return nullptr; }
  };
  return std::visit(MadeOf{}, progress);
}

const DeviceKey* device_key_of(const Progress& progress) {
  const KeyMade* made = key_made_of(progress);
  return made == nullptr ? nullptr : &made->key;
}

const KeyOrigin* key_origin_of(const Progress& progress) {
  if (const auto* planned = std::get_if<KeyPlanned>(&progress)) return &planned->origin;
  const KeyMade* made = key_made_of(progress);
  return made == nullptr ? nullptr : &made->origin;
}

std::optional<HardwareKey> left_in_hardware(const Progress& progress) {
  if (const auto* fresh = std::get_if<Fresh>(&progress)) return fresh->abandoned;
  if (const auto* planned = std::get_if<KeyPlanned>(&progress)) return HardwareKey{planned->location, ""};
  const KeyMade* made = key_made_of(progress);
  if (made == nullptr || !is_made_here(made->origin) || !is_in_hardware(made->key.location)) return std::nullopt;
  return HardwareKey{made->key.location, made->key.public_key_sha256};
}

bool has_pending_file(const KeyMade& made) {
  const bool is_wrapped = std::holds_alternative<TpmHandle>(made.key.location) && is_made_here(made.origin);
  return is_file(made.key.location) || is_wrapped;
}

CertificateCount brought_up_to(const CertificateCount& count, const std::string& boot_id,
                               std::chrono::seconds since_boot) {
  // Of the time since a stamp of an earlier boot only the part since this boot is known. So the sum is a lower bound,
  // and the count is never reset too early.
  const bool same_boot = count.boot_id == boot_id;
  const std::chrono::seconds passed = same_boot ? since_boot - count.since_boot : since_boot;
  CertificateCount now = count;
  now.boot_id = boot_id;
  now.since_boot = since_boot;
  now.age += std::max(passed, std::chrono::seconds{0});
  if (now.requested == 0 || now.age >= kTokenLife) {
    now.requested = 0;
    now.age = std::chrono::seconds{0};
  }
  return now;
}

}  // namespace fleet_provision

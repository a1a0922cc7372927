#include "core/milestones.hpp"

#include <algorithm>

namespace fleet_provision {
namespace {

struct MilestoneOf {
  Milestone operator()(const Fresh&) const { return Milestone::kFresh; }
  Milestone operator()(const KeyMade&) const { return Milestone::kKeyMade; }
  Milestone operator()(const Certified&) const { return Milestone::kCertified; }
  Milestone operator()(const Enrolled&) const { return Milestone::kEnrolled; }
  Milestone operator()(const Verified&) const { return Milestone::kVerified; }
  Milestone operator()(const Installed&) const { return Milestone::kInstalled; }
};

}  // namespace

Milestone milestone(const Progress& progress) {
  return std::visit(MilestoneOf{}, progress);
}

std::string_view word(Milestone milestone) {
  switch (milestone) {
    case Milestone::kFresh: return "fresh";
    case Milestone::kKeyMade: return "key-made";
    case Milestone::kCertified: return "certified";
    case Milestone::kEnrolled: return "enrolled";
    case Milestone::kVerified: return "verified";
    case Milestone::kInstalled: return "installed";
  }
  return "";
}

const DeviceKey* device_key_of(const Progress& progress) {
  struct KeyOf {
    const DeviceKey* operator()(const Fresh&) const { return nullptr; }
    const DeviceKey* operator()(const KeyMade& at) const { return &at.key; }
    const DeviceKey* operator()(const Certified& at) const { return &at.made.key; }
    const DeviceKey* operator()(const Enrolled& at) const { return &at.certified.made.key; }
    const DeviceKey* operator()(const Verified& at) const { return &at.enrolled.certified.made.key; }
    const DeviceKey* operator()(const Installed&) const { return nullptr; }
  };
  return std::visit(KeyOf{}, progress);
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

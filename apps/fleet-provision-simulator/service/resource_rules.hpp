// What the registry of AWS IoT accepts as names and values (API_CreateThing, API_ThingAttribute, API_CreateThingGroup,
// API_CreateBillingGroup, API_CreatePolicy, API_CreatePackageVersion). Templates are held to it twice: what is literal
// when the template is loaded, and what is rendered when a device registers.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "service/resources.hpp"

namespace fleet_provision::simulator {

inline constexpr std::size_t kUntypedAttributesMax = 3;
inline constexpr std::size_t kTypedAttributesMax = 50;
inline constexpr std::size_t kThingGroupsMax = 10;

/// One kind of text in a resource.
struct TextRule {
  /// `thing name`.
  const char* noun;
  /// The characters besides ASCII letters and digits.
  const char* others;
  std::size_t bytes_min;
  std::size_t bytes_max;
  /// `1 to 128 of [a-zA-Z0-9:_-]`.
  const char* limits;
  /// Decides instead of the fields above about a property that has only a few words.
  bool (*is_word)(std::string_view) = nullptr;
};

/// `ACTIVE` or `INACTIVE` in any capitalization: the guide's examples write `Active`, API_CertificateDescription
/// `ACTIVE`.
[[nodiscard]] std::optional<CertificateStatus> parse_certificate_status(std::string_view text);
/// Whether a ThingPrincipalType is EXCLUSIVE_THING.
[[nodiscard]] std::optional<bool> parse_exclusive_thing(std::string_view text);

inline constexpr TextRule kThingNameRule{"thing name", ":_-", 1, 128, "1 to 128 of [a-zA-Z0-9:_-]"};
inline constexpr TextRule kThingTypeRule{"thing type name", ":_-", 1, 128, "1 to 128 of [a-zA-Z0-9:_-]"};
inline constexpr TextRule kThingGroupRule{"thing group name", ":_-", 1, 128, "1 to 128 of [a-zA-Z0-9:_-]"};
inline constexpr TextRule kBillingGroupRule{"billing group name", ":_-", 1, 128, "1 to 128 of [a-zA-Z0-9:_-]"};
inline constexpr TextRule kAttributeNameRule{"attribute name", "_.,@/:#-", 1, 128, "1 to 128 of [a-zA-Z0-9_.,@/:#-]"};
inline constexpr TextRule kAttributeValueRule{"attribute value", "_.,@/:#=[]-", 0, 800,
                                              "0 to 800 of [a-zA-Z0-9_.,@/:#=[]-]"};
inline constexpr TextRule kPolicyNameRule{"policy name", "_+=,.@-", 1, 128, "1 to 128 of [a-zA-Z0-9_+=,.@-]"};
inline constexpr TextRule kPackageNameRule{"package name", "_.-", 1, 128, "1 to 128 of [a-zA-Z0-9_.-]"};
inline constexpr TextRule kVersionNameRule{"version name", "_.-", 1, 64, "1 to 64 of [a-zA-Z0-9_.-]"};
inline constexpr TextRule kStatusRule{"certificate status", "", 0, 0, "ACTIVE or INACTIVE", [](std::string_view text) {
                                        return parse_certificate_status(text).has_value();
                                      }};
inline constexpr TextRule kPrincipalTypeRule{
    "ThingPrincipalType", "", 0, 0, "EXCLUSIVE_THING or NON_EXCLUSIVE_THING", [](std::string_view text) {
      return parse_exclusive_thing(text).has_value();
    }};

[[nodiscard]] bool satisfies(const TextRule& rule, std::string_view text);
/// Whether a text that contains all of `part` can satisfy the rule.
[[nodiscard]] bool can_contain(const TextRule& rule, std::string_view part);

/// The most attributes of a thing with or without a thing type.
[[nodiscard]] constexpr std::size_t attributes_max(bool has_type) {
  return has_type ? kTypedAttributesMax : kUntypedAttributesMax;
}

}  // namespace fleet_provision::simulator

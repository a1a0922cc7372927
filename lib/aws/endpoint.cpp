#include "aws/endpoint.hpp"

#include <algorithm>
#include <array>

namespace fleet_provision {
namespace {

/// A partition as the AWS SDKs' own tables describe it (partitions.json).
struct Partition {
  std::string_view name;
  /// The beginning of its regions' names, followed by a word, a dash and a number; `aws` has its own list.
  std::string_view region_prefix;
  std::string_view suffix;
  std::string_view dual_stack_suffix;
};

constexpr std::array kPartitions{
    Partition{"aws", "", ".amazonaws.com", ".api.aws"},
    Partition{"aws-cn", "cn-", ".amazonaws.com.cn", ".api.amazonwebservices.com.cn"},
    Partition{"aws-us-gov", "us-gov-", ".amazonaws.com", ".api.aws"},
    Partition{"aws-iso", "us-iso-", ".c2s.ic.gov", ".api.aws.ic.gov"},
    Partition{"aws-iso-b", "us-isob-", ".sc2s.sgov.gov", ".api.aws.scloud"},
    Partition{"aws-iso-e", "eu-isoe-", ".cloud.adc-e.uk", ".api.cloud-aws.adc-e.uk"},
    Partition{"aws-iso-f", "us-isof-", ".csp.hci.ic.gov", ".api.aws.hci.ic.gov"},
    Partition{"aws-eusc", "eusc-", ".amazonaws.eu", ".api.amazonwebservices.eu"},
};
constexpr auto kCommercialPrefixes =
    std::to_array<std::string_view>({"us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"});
constexpr std::string_view kVpc = ".vpce";

constexpr bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// `central-1`; in aws-eusc `de-east-1`.
bool is_direction_and_number(std::string_view text, bool with_country) {
  const auto word = [&text] {
    const auto end = std::find_if_not(text.begin(), text.end(), is_letter);
    const auto size = static_cast<std::size_t>(end - text.begin());
    const bool whole = size > 0 && end != text.end() && *end == '-';
    text.remove_prefix(whole ? size + 1 : 0);
    return whole;
  };
  if (with_country && !word()) return false;
  return word() && !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_region_of(const Partition& partition, std::string_view region) {
  const bool with_country = partition.name == "aws-eusc";
  const auto fits = [&](std::string_view prefix) {
    return region.starts_with(prefix) && is_direction_and_number(region.substr(prefix.size()), with_country);
  };
  if (!partition.region_prefix.empty()) return fits(partition.region_prefix);
  return std::any_of(kCommercialPrefixes.begin(), kCommercialPrefixes.end(), fits);
}

/// `host` without the suffix of `partition`, and without the part of a VPC endpoint before it; empty for another host.
std::string_view name_in(const Partition& partition, std::string_view host) {
  for (const std::string_view suffix : {partition.suffix, partition.dual_stack_suffix}) {
    if (!host.ends_with(suffix)) continue;
    host.remove_suffix(suffix.size());
    if (host.ends_with(kVpc)) host.remove_suffix(kVpc.size());
    return host;
  }
  return {};
}

/// The part of `name` after the service: `eu-west-1` in `abc-ats.iot.eu-west-1`.
std::string_view region_behind_service(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == name.size()) return {};
  const std::string_view services = name.substr(0, dot);
  for (const std::string_view service : {"iot", "iot-fips"}) {
    if (services == service || (services.ends_with(service) && services[services.size() - service.size() - 1] == '.')) {
      return name.substr(dot + 1);
    }
  }
  return {};
}

}  // namespace

bool is_aws_host(std::string_view host) {
  return std::any_of(kPartitions.begin(), kPartitions.end(),
                     [host](const Partition& each) { return !name_in(each, host).empty(); });
}

bool is_legacy_aws_endpoint(std::string_view host) {
  const std::size_t dot = host.find(".iot.");
  if (dot == std::string_view::npos || dot == 0 || !is_aws_host(host)) return false;
  return std::all_of(host.begin(), host.begin() + static_cast<std::ptrdiff_t>(dot),
                     [](char c) { return is_letter(c) || is_digit(c); });
}

std::optional<PolicyScope> scope_of_endpoint(std::string_view host) {
  std::optional<PolicyScope> scope;
  for (const Partition& each : kPartitions) {
    const std::string_view region = region_behind_service(name_in(each, host));
    if (region.empty()) continue;
    // Two partitions share a suffix: the region determines which one applies, and the first one applies to an unknown
    // region.
    if (!scope || is_region_of(each, region))
      scope = PolicyScope{std::string(each.name), std::string(region), PolicyScope{}.account};
  }
  return scope;
}

PolicyScope scope_or_placeholders(std::string_view host) {
  return scope_of_endpoint(host).value_or(PolicyScope{});
}

std::optional<std::string> partition_of_region(std::string_view region) {
  for (const Partition& each : kPartitions) {
    if (is_region_of(each, region)) return std::string(each.name);
  }
  return std::nullopt;
}

bool is_known_partition(std::string_view partition) {
  return std::any_of(kPartitions.begin(), kPartitions.end(),
                     [partition](const Partition& each) { return each.name == partition; });
}

}  // namespace fleet_provision

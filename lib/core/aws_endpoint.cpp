#include "core/aws_endpoint.hpp"

#include <algorithm>

namespace fleet_provision {

bool is_aws_host(std::string_view host) {
  return host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn") || host.ends_with(".api.aws");
}

bool is_legacy_aws_endpoint(std::string_view host) {
  const std::size_t dot = host.find(".iot.");
  if (dot == std::string_view::npos || dot == 0 || !is_aws_host(host)) return false;
  return std::all_of(host.begin(), host.begin() + static_cast<std::ptrdiff_t>(dot),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

}  // namespace fleet_provision

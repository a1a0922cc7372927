#include "workflow/state/request_digest.hpp"

#include <vector>

#include "workflow/state/salted_digest.hpp"

namespace fleet_provision {
namespace {

std::vector<std::string> parts_of(const Plan& plan) {
  std::vector<std::string> parts{plan.endpoint.host, plan.template_name};
  for (const auto& [name, value] : plan.parameters) {
    parts.push_back(name);
    parts.push_back(value);
  }
  return parts;
}

}  // namespace

std::string make_request_digest(const Plan& plan, Keysmith& keysmith) {
  return make_salted_digest(parts_of(plan), keysmith);
}

bool is_for(std::string_view digest, const Plan& plan, Keysmith& keysmith) {
  return is_digest_of(digest, parts_of(plan), keysmith);
}

}  // namespace fleet_provision

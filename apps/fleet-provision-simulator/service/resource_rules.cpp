#include "service/resource_rules.hpp"

#include "core/text.hpp"

namespace fleet_provision::simulator {

bool satisfies(const TextRule& rule, std::string_view text) {
  if (rule.is_word != nullptr) return rule.is_word(text);
  return text.size() >= rule.bytes_min && can_contain(rule, text);
}

bool can_contain(const TextRule& rule, std::string_view part) {
  return rule.is_word != nullptr || (part.size() <= rule.bytes_max && is_alphanumeric_or(part, rule.others));
}

std::optional<CertificateStatus> parse_certificate_status(std::string_view text) {
  const std::string capitals = in_capitals(text);
  for (const auto status : {CertificateStatus::kActive, CertificateStatus::kInactive}) {
    if (capitals == word(status)) return status;
  }
  return std::nullopt;
}

std::optional<bool> parse_exclusive_thing(std::string_view text) {
  if (text == "EXCLUSIVE_THING") return true;
  if (text == "NON_EXCLUSIVE_THING") return false;
  return std::nullopt;
}

}  // namespace fleet_provision::simulator

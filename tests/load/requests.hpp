// The two requests of a provisioning as JSON, and what their answers hold.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fleet_provision::load {

/// CreateCertificateFromCsr for a P-256 key that is made for it and then forgotten.
[[nodiscard]] std::string create_request();
[[nodiscard]] std::string register_request(const std::string& token, const std::string& serial_number);
/// A text member of an answer; nothing when it is missing or the answer is no JSON object.
[[nodiscard]] std::optional<std::string> text_of(std::string_view answer, const char* name);

}  // namespace fleet_provision::load

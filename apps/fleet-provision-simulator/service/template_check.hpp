// Whether a template body has only what the simulator understands.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "service/resources.hpp"
#include "service/value.hpp"

namespace fleet_provision::simulator {

inline constexpr std::string_view kThingType = "AWS::IoT::Thing";
inline constexpr std::string_view kCertificateType = "AWS::IoT::Certificate";
inline constexpr std::string_view kPolicyType = "AWS::IoT::Policy";
/// The parameter that the service sets; a device cannot.
inline constexpr std::string_view kCertificateIdParameter = "AWS::IoT::Certificate::Id";

/// Checks each section of a template body, each resource and each expression, and holds what does not depend on the
/// device to the rules of the registry. kConfiguration; `place` begins the message, which quotes names of the document
/// as they are. Gives what is allowed but has no effect, as sentences that begin with the place.
[[nodiscard]] Result<std::vector<std::string>> check_template_body(const Value& body, const std::string& place);

/// `DO_NOTHING`, `REPLACE`, `FAIL` or `MERGE`.
[[nodiscard]] std::optional<OverrideSetting> parse_override_setting(std::string_view text);

}  // namespace fleet_provision::simulator

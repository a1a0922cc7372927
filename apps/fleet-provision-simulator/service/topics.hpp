// The topics of the MQTT API (docs/service.md, "The exchange"), as the service reads them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "service/value.hpp"

namespace fleet_provision::simulator {

enum class ServiceOperation : unsigned char { kCreateFromCsr, kCreateKeys, kRegister };
/// `CreateCertificateFromCsr`, …: the service's names.
[[nodiscard]] const char* word(ServiceOperation operation);

/// What a request topic says.
struct RequestTopic {
  ServiceOperation operation = ServiceOperation::kRegister;
  Encoding encoding = Encoding::kJson;
  /// For kRegister.
  std::string template_name;
};
/// Nothing for a topic that is not a request topic.
[[nodiscard]] std::optional<RequestTopic> parse_request_topic(std::string_view topic);

/// A request topic followed by `/accepted` or `/rejected`: only the service publishes there.
[[nodiscard]] bool is_response_topic(std::string_view topic);

/// MQTT 5.0, 4.7: `+` and `#`; a filter that begins with a wildcard matches no topic that begins with `$`.
[[nodiscard]] bool filter_matches(std::string_view filter, std::string_view topic);

/// The largest payload of a publish (AWS IoT message broker limits).
inline constexpr std::size_t kPayloadBytesMax = 128 * 1024;
/// At most 256 bytes and 7 slashes (AWS IoT message broker limits).
[[nodiscard]] bool is_within_topic_limits(std::string_view topic);
/// At most 128 bytes, without a leading `$` (AWS IoT message broker limits).
[[nodiscard]] bool is_client_id(std::string_view text);

}  // namespace fleet_provision::simulator

// The service's topics, from its side (docs/service.md, "The exchange").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "service/document.hpp"

namespace fleet_provision::simulator {

enum class ServiceOperation : unsigned char { kCreateFromCsr, kCreateKeys, kRegister };
/// `CreateCertificateFromCsr`, …: the service's names.
[[nodiscard]] const char* word(ServiceOperation operation);

/// A topic on which an operation is asked for.
struct RequestTopic {
  ServiceOperation operation = ServiceOperation::kRegister;
  Encoding encoding = Encoding::kJson;
  /// For kRegister.
  std::string template_name;
};
[[nodiscard]] std::optional<RequestTopic> parse_request_topic(std::string_view topic);

/// A topic on which only the service speaks: a request topic and `/accepted` or `/rejected`.
[[nodiscard]] bool is_answer_topic(std::string_view topic);

/// MQTT 4.7: `+` and `#`; a filter that begins with a wildcard matches no topic that begins with `$`.
[[nodiscard]] bool filter_matches(std::string_view filter, std::string_view topic);

/// At most 256 bytes and 7 slashes (AWS IoT message broker limits).
[[nodiscard]] bool is_within_topic_limits(std::string_view topic);

}  // namespace fleet_provision::simulator

// Requests and responses of the API as bytes, in JSON (RFC 8259) and CBOR (RFC 8949); see docs/service.md, "The
// exchange".
//
// Responses are validated: at most 128 KiB, at most 64 levels of nesting, UTF-8, no duplicate keys, no trailing bytes;
// a known key with another type is an error, an unknown key is ignored. Every failure is kMalformedAnswer; its message
// names the fault and its position and never quotes the payload, which may hold a private key. A payload is a Secret
// for the same reason.
#pragma once

#include <cstddef>
#include <string_view>

#include "aws/messages.hpp"
#include "core/plan.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

inline constexpr std::size_t kPayloadBytesMax = 128 * 1024;

[[nodiscard]] Secret encode(const CreateCertificateFromCsrRequest& request, PayloadFormat format);
[[nodiscard]] Secret encode(const RegisterThingRequest& request, PayloadFormat format);

/// `method` says whether a privateKey is required (kKeys) or ignored (kCsr).
[[nodiscard]] Result<CreateCertificateAnswer> decode_create_certificate(std::string_view payload, PayloadFormat format,
                                                                        Method method);
[[nodiscard]] Result<RegisterThingAnswer> decode_register_thing(std::string_view payload, PayloadFormat format);
/// The error document of a rejected topic.
[[nodiscard]] Result<ServiceError> decode_rejected(std::string_view payload, PayloadFormat format);

}  // namespace fleet_provision

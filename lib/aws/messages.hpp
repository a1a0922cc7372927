// The requests and answers of the Fleet Provisioning MQTT API as structs, in the service's words.
#pragma once

#include <optional>
#include <string>

#include "core/plan.hpp"
#include "core/secret.hpp"

namespace fleet_provision {

/// The three operations of the API.
enum class Operation : unsigned char { kCreateCertificateFromCsr, kCreateKeysAndCertificate, kRegisterThing };

struct CreateCertificateFromCsrRequest {
  /// PEM.
  std::string certificate_signing_request;
};

struct RegisterThingRequest {
  Secret certificate_ownership_token;
  Parameters parameters;
};

/// The accepted answer of both create operations.
struct CreateCertificateAnswer {
  /// 64 lower-case hex digits from the service; any non-empty text is taken.
  std::string certificate_id;
  std::string certificate_pem;
  Secret certificate_ownership_token;
  /// PEM; with CreateKeysAndCertificate only.
  std::optional<Secret> private_key;
};

/// The accepted answer of RegisterThing. A template that makes no thing gives no name.
struct RegisterThingAnswer {
  std::optional<std::string> thing_name;
  DeviceConfiguration device_configuration;
};

}  // namespace fleet_provision

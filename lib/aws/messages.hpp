// The requests and responses of the Fleet Provisioning MQTT API as structs with the service's names.
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

/// The accepted response of both create operations.
struct CreateCertificateAnswer {
  /// 64 lower-case hex digits from the service; any non-empty text is accepted.
  std::string certificate_id;
  std::string certificate_pem;
  Secret certificate_ownership_token;
  /// PEM; with CreateKeysAndCertificate only.
  std::optional<Secret> private_key;
};

/// The accepted response of RegisterThing. The name is absent if the template creates no thing.
struct RegisterThingAnswer {
  std::optional<std::string> thing_name;
  DeviceConfiguration device_configuration;
};

}  // namespace fleet_provision

#include "codec/payload.hpp"

#include <array>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "codec/document.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

// The service's names (docs/service.md, "The exchange").
constexpr std::string_view kCertificateSigningRequest = "certificateSigningRequest";
constexpr std::string_view kCertificateId = "certificateId";
constexpr std::string_view kCertificatePem = "certificatePem";
constexpr std::string_view kCertificateOwnershipToken = "certificateOwnershipToken";
constexpr std::string_view kPrivateKey = "privateKey";
constexpr std::string_view kParameters = "parameters";
constexpr std::string_view kThingName = "thingName";
constexpr std::string_view kDeviceConfiguration = "deviceConfiguration";
constexpr std::string_view kStatusCode = "statusCode";
constexpr std::string_view kErrorCode = "errorCode";
constexpr std::string_view kErrorMessage = "errorMessage";

Secret write(const RequestFields& fields, PayloadFormat format) {
  switch (format) {
    case PayloadFormat::kJson: return write_json(fields);
    case PayloadFormat::kCbor: return write_cbor(fields);
  }
  return {};
}

Result<void> read(std::string_view payload, PayloadFormat format, Document& document) {
  if (payload.empty()) return malformed("the response is empty");
  if (payload.size() > kPayloadBytesMax) {
    return malformed("the response has " + std::to_string(payload.size()) + " bytes, more than " +
                     std::to_string(kPayloadBytesMax));
  }
  switch (format) {
    case PayloadFormat::kJson: return read_json(payload, document);
    case PayloadFormat::kCbor: return read_cbor(payload, document);
  }
  return {};
}

Result<Secret> required_text(Document& document, std::string_view name) {
  FP_TRY_ASSIGN(auto text, document.text_field(name));
  if (!text) return malformed("the response has no " + std::string(name));
  if (text->empty()) return malformed(std::string(name) + " in the response is empty");
  return std::move(*text);
}

/// 64 hex digits (API_CreateProvisioningClaim, certificateId); it is used in file names of other programs, in logs and
/// by programs.
Result<std::string> certificate_id(Document& document) {
  constexpr std::size_t kCertificateIdDigits = 64;
  FP_TRY_ASSIGN(const Secret text, required_text(document, kCertificateId));
  const std::string_view id = text.reveal();
  if (id.size() != kCertificateIdDigits || !is_lower_hex(in_lower_case(id))) {
    return malformed(std::string(kCertificateId) + " in the response is not 64 hex digits");
  }
  return std::string(id);
}

/// An optional text that explains an error.
Result<std::string> words(Document& document, std::string_view name) {
  FP_TRY_ASSIGN(const auto text, document.text_field(name));
  return text ? std::string(text->reveal()) : std::string();
}

}  // namespace

Secret encode(const CreateCertificateFromCsrRequest& request, PayloadFormat format) {
  RequestFields fields;
  fields.texts.push_back({kCertificateSigningRequest, request.certificate_signing_request});
  return write(fields, format);
}

Secret encode(const RegisterThingRequest& request, PayloadFormat format) {
  RequestFields fields;
  fields.texts.push_back({kCertificateOwnershipToken, request.certificate_ownership_token.reveal()});
  if (!request.parameters.empty()) {
    fields.map_name = kParameters;
    fields.map = &request.parameters;
  }
  return write(fields, format);
}

Result<CreateCertificateAnswer> decode_create_certificate(std::string_view payload, PayloadFormat format,
                                                          Method method) {
  constexpr std::array kWanted{kCertificateId, kCertificatePem, kCertificateOwnershipToken, kPrivateKey};
  const bool with_key = method == Method::kKeys;
  Document document(std::span<const std::string_view>(kWanted).first(kWanted.size() - (with_key ? 0 : 1)));
  FP_TRY(read(payload, format, document));
  FP_TRY_ASSIGN(std::string id, certificate_id(document));
  FP_TRY_ASSIGN(const Secret certificate_pem, required_text(document, kCertificatePem));
  FP_TRY_ASSIGN(Secret token, required_text(document, kCertificateOwnershipToken));
  CreateCertificateAnswer answer;
  answer.certificate_id = std::move(id);
  answer.certificate_pem = certificate_pem.reveal();
  answer.certificate_ownership_token = std::move(token);
  if (with_key) {
    FP_TRY_ASSIGN(Secret private_key, required_text(document, kPrivateKey));
    answer.private_key = std::move(private_key);
  }
  return answer;
}

Result<RegisterThingAnswer> decode_register_thing(std::string_view payload, PayloadFormat format) {
  constexpr std::array kWanted{kThingName, kDeviceConfiguration};
  Document document(kWanted);
  FP_TRY(read(payload, format, document));
  FP_TRY_ASSIGN(const auto thing_name, document.text_field(kThingName));
  FP_TRY_ASSIGN(auto device_configuration, document.text_map_field(kDeviceConfiguration));
  RegisterThingAnswer answer;
  if (thing_name) answer.thing_name = std::string(thing_name->reveal());
  if (device_configuration) answer.device_configuration = std::move(*device_configuration);
  return answer;
}

Result<ServiceError> decode_rejected(std::string_view payload, PayloadFormat format) {
  constexpr std::array kWanted{kStatusCode, kErrorCode, kErrorMessage};
  Document document(kWanted);
  FP_TRY(read(payload, format, document));
  FP_TRY_ASSIGN(const auto status_code, document.integer_field(kStatusCode));
  if (!status_code) return malformed("the response has no " + std::string(kStatusCode));
  if (*status_code < std::numeric_limits<int>::min() || *status_code > std::numeric_limits<int>::max()) {
    return malformed(std::string(kStatusCode) + " in the response is out of range");
  }
  FP_TRY_ASSIGN(auto error_code, words(document, kErrorCode));
  FP_TRY_ASSIGN(auto error_message, words(document, kErrorMessage));
  return ServiceError{static_cast<int>(*status_code), std::move(error_code), std::move(error_message)};
}

}  // namespace fleet_provision

#include "service/operations.hpp"

#include <algorithm>
#include <utility>

#include "core/plan.hpp"
#include "core/text.hpp"

namespace fleet_provision::simulator {

namespace {

Accepted<std::string> ownership_token(const Request& request) {
  const auto& token = request.text("certificateOwnershipToken");
  if (token.state == Request::Text::State::kWrongType) {
    return reject(400, "InvalidPayload", "certificateOwnershipToken is not text.");
  }
  if (token.text.empty()) {
    return reject(400, "InvalidCertificateOwnershipToken", "Certificate ownership token cannot be empty.");
  }
  return token.text;
}

Accepted<void> check_parameters(const Request::TextMap& parameters) {
  for (const auto& [name, value] : parameters.map) {
    if (characters(name) > kParameterNameMax) return invalid_parameters("The name of a parameter is too long.");
    if (characters(value) > kParameterValueMax) return invalid_parameters("The value of a parameter is too long.");
  }
  if (!parameters.wrong_type) return {};
  if (!parameters.wrong_member) return invalid_parameters("parameters is not a map.");
  return invalid_parameters("The value of parameter " + *parameters.wrong_member + " is not text.");
}

}  // namespace

Operations::Operations(std::vector<ProvisioningTemplate> templates, Registry& registry, Issuer& issuer,
                       OperationRules rules)
    : templates_(std::move(templates)), registry_(registry), issuer_(issuer), rules_(rules) {}

Members Operations::accepted_certificate(const IssuedCertificate& certificate, WallClockTime now) {
  return {{"certificateId", text_value(certificate.id)},
          {"certificatePem", text_value(certificate.pem)},
          {"certificateOwnershipToken", text_value(registry_.add(certificate, now + rules_.token_lifetime))}};
}

Accepted<Members> Operations::create_from_csr(const Request& request, const IssueFaults& faults, WallClockTime now) {
  const auto& csr = request.text("certificateSigningRequest");
  if (csr.state != Request::Text::State::kText) {
    return reject(400, "InvalidPayload", "certificateSigningRequest is missing or not text.");
  }
  FP_ACCEPT_ASSIGN(const IssuedCertificate certificate, issuer_.issue_for_csr(csr.text, faults));
  return accepted_certificate(certificate, now);
}

Accepted<Members> Operations::create_keys(const IssueFaults& faults, WallClockTime now) {
  FP_ACCEPT_ASSIGN(IssuedKeys keys, issuer_.issue_with_keys(faults));
  Members response = accepted_certificate(keys.certificate, now);
  response.insert(response.begin() + 2, {"privateKey", text_value(std::move(keys.private_key_pem))});
  return response;
}

const ProvisioningTemplate* Operations::find_template(std::string_view name) const {
  const auto found =
      std::find_if(templates_.begin(), templates_.end(), [name](const auto& each) { return each.name() == name; });
  return found == templates_.end() ? nullptr : &*found;
}

Accepted<Registration> Operations::begin_registration(const std::string& template_name, const Request& request,
                                                      WallClockTime now) const {
  FP_ACCEPT_ASSIGN(const std::string token, ownership_token(request));
  const ProvisioningTemplate* found = find_template(template_name);
  if (found == nullptr) return reject(404, "ResourceNotFound", "Template " + template_name + " not found.");
  // docs/service.md does not know the error of the service.
  if (!found->enabled()) return reject(403, "AccessDenied", "Template " + template_name + " is not enabled.");
  FP_ACCEPT(check_parameters(request.parameters()));
  FP_ACCEPT_ASSIGN(const std::string certificate_id, registry_.find_by_token(token, now, rules_.accept_token_reuse));
  return Registration{found, token, certificate_id, request.parameters().map};
}

Accepted<Members> Operations::finish_registration(const Registration& registration, WallClockTime now) {
  FP_ACCEPT(registry_.find_by_token(registration.certificate_ownership_token, now, rules_.accept_token_reuse));
  const ProvisioningTemplate& used = *registration.provisioning_template;
  FP_ACCEPT_ASSIGN(const RenderedTemplate rendered, used.render(registration.parameters, registration.certificate_id));
  FP_ACCEPT(registry_.apply(rendered, registration.certificate_id, used.name()));
  Members response{{"deviceConfiguration", Value{text_members(rendered.device_configuration)}}};
  if (rendered.thing) response.emplace_back("thingName", text_value(rendered.thing->name));
  return response;
}

}  // namespace fleet_provision::simulator

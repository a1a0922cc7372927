#include "service/operations.hpp"

#include <algorithm>
#include <utility>

namespace fleet_provision::simulator {

Operations::Operations(std::vector<ProvisioningTemplate> templates, Registry& registry, Issuer& issuer,
                       OperationRules rules)
    : templates_(std::move(templates)), registry_(registry), issuer_(issuer), rules_(rules) {}

Granted<Members> Operations::create_from_csr(const Request& request, const IssueFaults& faults, WallClockTime now) {
  const auto& csr = request.text("certificateSigningRequest");
  if (csr.state != Request::Text::State::kText) {
    return refuse(400, "InvalidPayload", "certificateSigningRequest is missing or not text.");
  }
  auto certificate = issuer_.issue_for_csr(csr.text, faults);
  if (!certificate) return tl::unexpected<Refusal>(certificate.error());
  std::string token = registry_.add(*certificate, now + rules_.token_lifetime);
  return Members{{"certificateId", Value{certificate->id}},
                 {"certificatePem", Value{certificate->pem}},
                 {"certificateOwnershipToken", Value{std::move(token)}}};
}

Granted<Members> Operations::create_keys(const IssueFaults& faults, WallClockTime now) {
  auto keys = issuer_.issue_with_keys(faults);
  if (!keys) return tl::unexpected<Refusal>(keys.error());
  std::string token = registry_.add(keys->certificate, now + rules_.token_lifetime);
  return Members{{"certificateId", Value{keys->certificate.id}},
                 {"certificatePem", Value{keys->certificate.pem}},
                 {"privateKey", Value{std::move(keys->private_key_pem)}},
                 {"certificateOwnershipToken", Value{std::move(token)}}};
}

Granted<Registration> Operations::begin_registration(const std::string& template_name, const Request& request,
                                                     WallClockTime now) const {
  const auto& token = request.text("certificateOwnershipToken");
  if (token.state == Request::Text::State::kWrongType) {
    return refuse(400, "InvalidPayload", "certificateOwnershipToken is not text.");
  }
  if (token.text.empty()) {
    return refuse(400, "InvalidCertificateOwnershipToken", "Certificate ownership token cannot be empty.");
  }
  const auto found = std::find_if(templates_.begin(), templates_.end(),
                                  [&](const auto& each) { return each.name() == template_name; });
  if (found == templates_.end()) return refuse(404, "ResourceNotFound", "Template " + template_name + " not found.");
  const auto& parameters = request.parameters();
  if (parameters.wrong_type) {
    return refuse(400, "InvalidParameters",
                  parameters.wrong_member.empty()
                      ? "parameters is not a map."
                      : "The value of parameter " + parameters.wrong_member + " is not text.");
  }
  const auto certificate = registry_.redeem(token.text, now, rules_.accept_token_reuse);
  if (!certificate) return tl::unexpected<Refusal>(certificate.error());
  return Registration{&*found, token.text, *certificate, parameters.map};
}

Granted<Members> Operations::finish_registration(const Registration& registration, WallClockTime now) {
  const auto certificate = registry_.redeem(registration.certificate_ownership_token, now, rules_.accept_token_reuse);
  if (!certificate) return tl::unexpected<Refusal>(certificate.error());
  const auto rendered =
      registration.provisioning_template->render(registration.parameters, registration.certificate_id);
  if (!rendered) return tl::unexpected<Refusal>(rendered.error());
  if (auto applied =
          registry_.apply(*rendered, registration.certificate_id, registration.provisioning_template->name());
      !applied) {
    return tl::unexpected<Refusal>(applied.error());
  }
  Members answer{{"deviceConfiguration", Value{text_members(rendered->device_configuration)}}};
  if (rendered->thing) answer.emplace_back("thingName", Value{rendered->thing->name});
  return answer;
}

}  // namespace fleet_provision::simulator

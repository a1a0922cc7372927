#include "aws/topics.hpp"

namespace fleet_provision {

Topics topics_of(Operation operation, PayloadFormat format, std::string_view template_name) {
  std::string request = "$aws/";
  switch (operation) {
    case Operation::kCreateCertificateFromCsr: request += "certificates/create-from-csr"; break;
    case Operation::kCreateKeysAndCertificate: request += "certificates/create"; break;
    case Operation::kRegisterThing:
      request += "provisioning-templates/" + std::string(template_name) + "/provision";
      break;
  }
  request += "/" + std::string(word(format));
  return {request, request + "/accepted", request + "/rejected"};
}

Operation create_operation(Method method) {
  switch (method) {
    case Method::kCsr: return Operation::kCreateCertificateFromCsr;
    case Method::kKeys: return Operation::kCreateKeysAndCertificate;
  }
  return Operation::kCreateCertificateFromCsr;
}

std::string_view word(Operation operation) {
  switch (operation) {
    case Operation::kCreateCertificateFromCsr: return "CreateCertificateFromCsr";
    case Operation::kCreateKeysAndCertificate: return "CreateKeysAndCertificate";
    case Operation::kRegisterThing: return "RegisterThing";
  }
  return "";
}

}  // namespace fleet_provision

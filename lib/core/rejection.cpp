#include "core/rejection.hpp"

#include <string_view>
#include <vector>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kNameShown = 80;

/// The name in `Cannot resolve reference value: NAME`, also as `{Ref=NAME}`; empty when the text is another.
std::string_view unresolved_name(std::string_view message) {
  constexpr std::string_view kBefore = "resolve reference value: ";
  const std::size_t at = message.find(kBefore);
  if (at == std::string_view::npos) return {};
  std::string_view name = message.substr(at + kBefore.size());
  if (name.starts_with("{Ref=")) name.remove_prefix(5);
  return name.substr(0, name.find_first_of("}\"' ,"));
}

std::vector<std::string_view> names_of(const Parameters& parameters) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : parameters) names.push_back(name);
  return names;
}

std::string sent(const Parameters& parameters) {
  std::string list;
  for (const std::string_view each : names_of(parameters)) {
    list += (list.empty() ? "" : ", ") + printable(each, kNameShown);
  }
  return list.empty() ? "none was sent" : "sent were " + list;
}

std::string hint_for_unresolved(std::string_view name, const Plan& plan) {
  const std::string shown = printable(name, kNameShown);
  if (name.starts_with("AWS::")) {
    return "the template refers to " + shown + ", which the service does not fill in; change the template";
  }
  const std::string_view near = nearest(name, names_of(plan.parameters));
  const std::string slip = near.empty() ? "" : " (" + printable(near, kNameShown) + " was sent, which is another name)";
  return "the template needs the parameter " + shown + ", which was not sent: give -P " + shown + "=VALUE" + slip;
}

std::string hint_for_bad_request(Operation operation, const ServiceError& words, const Plan& plan) {
  if (const std::string_view name = unresolved_name(words.error_message); !name.empty()) {
    return hint_for_unresolved(name, plan);
  }
  if (words.error_code.find("Payload") != std::string::npos) {
    return "what was sent did not arrive as it should; try the other --payload-format";
  }
  if (operation == Operation::kCreateCertificateFromCsr) {
    return "the service does not take this CSR: it wants RSA of at least 2048 bits or EC P-256, P-384, P-521, signed "
           "with SHA-256 or better; check --csr, --key and --csr-subject";
  }
  if (operation == Operation::kCreateKeysAndCertificate) return "try --method csr";
  return "compare the parameters with the section Parameters of template " + plan.template_name + "; " +
         sent(plan.parameters);
}

}  // namespace

std::string rejection_hint(Operation operation, ErrorKind kind, const ServiceError& words, const Plan& plan) {
  const bool registers = operation == Operation::kRegisterThing;
  if (kind == ErrorKind::kThrottled) {
    return "too many requests at once; the run tries again after a pause, as long as --timeout and --attempts allow";
  }
  if (kind == ErrorKind::kServiceError) {
    return "the fault is the service's; the run tries again after a pause, as long as --timeout and --attempts allow";
  }
  if (kind == ErrorKind::kTokenRefused) return "the token is used up or too old; run again to ask for another";
  switch (words.status_code) {
    case 401:
    case 403:
      return registers
                 ? "the pre-provisioning hook did not allow it, failed or took over 5 s, or the provisioning role "
                   "may not do what template " +
                       plan.template_name + " says; CloudWatch has the reason"
                 : "the account does not let this claim ask for certificates; CloudWatch has the reason";
    case 404:
      return registers ? "there is no enabled template " + plan.template_name +
                             " in this account and region; check --template, also its upper and lower case, and the "
                             "region of --endpoint"
                       : "check the region of --endpoint";
    case 409:
      return "the thing or another resource exists with other settings, and the template's OverrideSettings keep them; "
             "does another gateway send the same parameters";
    case 413: return "what was sent is too large; shorten the parameters";
    default: return hint_for_bad_request(operation, words, plan);
  }
}

}  // namespace fleet_provision

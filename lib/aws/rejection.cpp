#include "aws/rejection.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace fleet_provision {
namespace {

constexpr std::size_t kNameShown = 80;

/// The name in `Cannot resolve reference value: NAME`, also as `{Ref=NAME}`; empty for any other text.
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
  std::vector<std::string> names;
  for (const std::string_view each : names_of(parameters)) names.push_back(printable(each, kNameShown));
  return names.empty() ? "none was sent" : "sent were " + listed(names);
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

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Whether `word` stands in `text`, not as a part of another word.
bool has_word(std::string_view text, std::string_view word) {
  if (word.empty()) return false;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_word_character(text[at - 1]);
    if (begins && (end == text.size() || !is_word_character(text[end]))) return true;
  }
  return false;
}

/// The hint if Fn::FindInMap finds no entry for a parameter that was sent. The wording of AWS is not documented, that
/// of the simulator is `Fn::FindInMap cannot find MAP/KEY/KEY`; the service's text contains the value, so the hint may
/// repeat it.
std::string hint_for_mapping(std::string_view message, const Plan& plan) {
  const std::string lower = in_lower_case(message);
  if (lower.find("findinmap") == std::string::npos && lower.find("mapping") == std::string::npos) return {};
  const std::pair<const std::string, std::string>* named = nullptr;
  for (const auto& each : plan.parameters) {
    if (has_word(message, each.second) && (named == nullptr || each.second.size() > named->second.size()))
      named = &each;
  }
  const std::string remedy =
      "send a value of the mapping, or add this one to Mappings of template " + plan.template_name;
  if (named == nullptr)
    return "a value that was sent is not in the template's mapping; " + remedy + "; " + sent(plan.parameters);
  return "the value " + printable(named->second, kNameShown) + " of " + printable(named->first, kNameShown) +
         " is not in the template's mapping; " + remedy;
}

std::string hint_for_bad_request(Operation operation, const ServiceError& words, const Plan& plan) {
  if (const std::string_view name = unresolved_name(words.error_message); !name.empty()) {
    return hint_for_unresolved(name, plan);
  }
  if (operation == Operation::kRegisterThing) {
    if (std::string hint = hint_for_mapping(words.error_message, plan); !hint.empty()) return hint;
  }
  if (words.error_code.find("Payload") != std::string::npos) {
    return "try the other --payload-format; the service could not read the request";
  }
  if (operation == Operation::kCreateCertificateFromCsr) {
    return "check --csr, --key and --csr-subject; the service accepts RSA of at least 2048 bits or EC P-256, P-384, "
           "P-521, signed with SHA-256 or better";
  }
  if (operation == Operation::kCreateKeysAndCertificate) return "try --method csr";
  return "compare the parameters with the section Parameters of template " + plan.template_name + "; " +
         sent(plan.parameters);
}

}  // namespace

std::string rejection_hint(Operation operation, ErrorKind kind, const ServiceError& words, const Plan& plan) {
  const bool registers = operation == Operation::kRegisterThing;
  if (kind == ErrorKind::kThrottled) {
    return "too many requests at the same time; the run retries as long as --timeout and --attempts allow";
  }
  if (kind == ErrorKind::kServiceError) {
    return "the service failed; the run retries as long as --timeout and --attempts allow";
  }
  if (kind == ErrorKind::kTokenRefused) return "rerun to request another token; this one was used or has expired";
  switch (words.status_code) {
    case 401:
    case 403:
      return registers
                 ? "see CloudWatch Logs: the pre-provisioning hook did not allow it, failed or took over 5 s, or the "
                   "provisioning role lacks a permission that template " +
                       plan.template_name + " needs"
                 : "see CloudWatch Logs: the account does not allow this claim to request certificates";
    case 404:
      return registers ? "there is no enabled template " + plan.template_name +
                             " in this account and region; check --template, also its upper and lower case, and the "
                             "region of --endpoint"
                       : "check the region of --endpoint";
    case 409:
      return "the thing or another resource exists with other settings, and the template's OverrideSettings keep them; "
             "check that no other gateway sends the same parameters";
    case 413: return "shorten the parameters; the request is too large";
    default: return hint_for_bad_request(operation, words, plan);
  }
}

}  // namespace fleet_provision

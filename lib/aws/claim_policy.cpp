#include "aws/claim_policy.hpp"

#include "aws/topics.hpp"

namespace fleet_provision {
namespace {

/// Stands for a value that differs from gateway to gateway; no client id may hold a control character.
constexpr char kAnyValue = '\x01';

}  // namespace

std::string arn(const PolicyScope& scope, const std::string& resource) {
  return "arn:" + scope.partition + ":iot:" + scope.region + ":" + scope.account + ":" + resource;
}

Result<std::string> client_id_pattern(std::string_view client_id) {
  Parameters any;
  for (std::size_t open = client_id.find('{'); open != std::string_view::npos; open = client_id.find('{', open + 1)) {
    const std::size_t close = client_id.find_first_of("{}", open + 1);
    if (close != std::string_view::npos) {
      any.emplace(client_id.substr(open + 1, close - open - 1), std::string(1, kAnyValue));
    }
  }
  FP_TRY_ASSIGN(const std::string filled, fill_placeholders(client_id, any));
  std::string pattern;
  std::string plain;
  for (const char each : filled) {
    plain += each == kAnyValue ? 'x' : each;
    if (each == kAnyValue) {
      pattern += '*';
    } else if (each == '*' || each == '?' || each == '$') {
      pattern += std::string("${") + each + '}';
    } else {
      pattern += each;
    }
  }
  FP_TRY(parse_client_id(plain));
  return pattern;
}

std::vector<PolicyStatement> claim_policy(const ClaimPolicyRequest& request) {
  const Topics create = topics_of(create_operation(request.method), request.payload_format, request.template_name);
  const Topics enroll = topics_of(Operation::kRegisterThing, request.payload_format, request.template_name);
  PolicyStatement connect{"iot:Connect", {arn(request.scope, "client/" + request.client_id_pattern)}};
  PolicyStatement publish{"iot:Publish", {}};
  PolicyStatement subscribe{"iot:Subscribe", {}};
  PolicyStatement receive{"iot:Receive", {}};
  for (const std::string& topic : {create.request, enroll.request}) {
    publish.resources.push_back(arn(request.scope, "topic/" + topic));
  }
  for (const std::string& topic : {create.accepted, create.rejected, enroll.accepted, enroll.rejected}) {
    subscribe.resources.push_back(arn(request.scope, "topicfilter/" + topic));
    receive.resources.push_back(arn(request.scope, "topic/" + topic));
  }
  return {std::move(connect), std::move(publish), std::move(subscribe), std::move(receive)};
}

}  // namespace fleet_provision

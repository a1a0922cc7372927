// A claim policy of the simulator's user: refused by value, or an answer to every question.
#include "service/policy.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;
using simulator::Policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto policy = Policy::parse("policy.json", as_text(data, size));
  if (!policy) {
    refused_as(policy.error(), ErrorKind::kConfiguration);
    return 0;
  }
  const simulator::PolicyVariables variables{{"iot:ClientId", "gateway-1"}, {"aws:SourceIp", "127.0.0.1"}};
  for (const char* action : {"iot:Connect", "iot:Publish", "iot:Subscribe", "iot:Receive"}) {
    for (const char* resource : {"client/gateway-1", "topic/a/b", "topicfilter/$aws/certificates/create/json/*", ""}) {
      (void)policy->allows(action, resource, variables);
      (void)policy->allows(action, resource, {});
    }
  }
  return 0;
}

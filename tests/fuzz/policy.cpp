// A policy of the simulator's user: refused by value, or an answer to every question. The statement that a denial says
// is missing allows what was denied.
#include "service/policy.hpp"

#include "service/attached_policies.hpp"
#include "service/encode.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;
using simulator::Policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto policy = Policy::parse("policy.json", as_text(data, size));
  if (!policy) {
    refused_as(policy.error(), ErrorKind::kConfiguration);
    return 0;
  }
  for (const auto& warning : policy->warnings()) {
    must_hold(printable(warning, 8 * warning.size()) == warning, "a warning that can be shown");
  }
  const simulator::PolicyVariables variables{
      {"iot:ClientId", "gateway-1"}, {"aws:SourceIp", "127.0.0.1"}, {"iot:Connection.Thing.IsAttached", "false"}};
  simulator::AttachedPolicies attached;
  attached.attach("policy", *policy);
  for (const char* action : {"iot:Connect", "iot:Publish", "iot:Subscribe", "iot:Receive"}) {
    for (const char* resource :
         {"client/gateway-1", "topic/a/b", "topicfilter/$aws/certificates/create/json/*", "topic/${?}"}) {
      (void)policy->allows(action, resource, {});
      const auto decision = attached.judge(action, resource, variables);
      if (decision.allowed || !decision.denied_by.empty()) continue;
      const std::string statement = simulator::json_text(simulator::missing_statement(decision));
      const auto added = Policy::parse("added", R"({"Version":"2012-10-17","Statement":)" + statement + "}");
      must_hold(added && added->allows(action, resource, {}), "the missing statement allows what was denied");
    }
  }
  return 0;
}

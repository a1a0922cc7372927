// The PolicyDocument of a template, written by the simulator's user: refused by value, or rendered to a policy document
// for each device, or rejected for it.
#include "service/policy.hpp"
#include "service/template.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;
using simulator::Policy;
using simulator::ProvisioningTemplate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body =
      R"({"Parameters":{"A":{"Type":"String"},"B":{"Type":"String","Default":"b"}},"Mappings":{"M":{"b":{"x":"y","l":["*"]}}},
          "Resources":{"p":{"Type":"AWS::IoT::Policy","Properties":{"PolicyDocument":)" +
      std::string(as_text(data, size)) + "}}}}";
  const auto parsed = ProvisioningTemplate::parse("gateway", body);
  if (!parsed) {
    refused_as(parsed.error(), ErrorKind::kConfiguration);
    return 0;
  }
  for (const char* sent : {"4711", "", "*", "arn:aws:iot:a:1:topic/x", "\"],{}", "${iot:ClientId}"}) {
    const auto rendered = parsed->render({{"A", sent}}, std::string(64, 'a'));
    if (!rendered) continue;
    for (const auto& policy : rendered->policies) {
      if (!policy.name.empty()) continue;
      const auto read = Policy::parse("rendered", policy.document);
      must_hold(read.has_value(), "a rendered policy is a policy");
      (void)read->allows("iot:Publish", "topic/x", {{"iot:ClientId", "c"}});
    }
  }
  return 0;
}

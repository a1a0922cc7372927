// A template body of the simulator's user, and what rendering makes of it: text, or a refusal.
#include "service/template.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;
using simulator::ProvisioningTemplate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = ProvisioningTemplate::parse("gateway", as_text(data, size));
  if (!body) {
    refused_as(body.error(), ErrorKind::kConfiguration);
    return 0;
  }
  const std::string id(64, 'a');
  for (const std::map<std::string, std::string>& parameters : {std::map<std::string, std::string>{},
                                                               {{"SerialNumber", "4711"}},
                                                               {{"SerialNumber", ""}, {"Region", "a,b|c"}}}) {
    const auto rendered = body->render(parameters, id);
    if (rendered && rendered->thing) must_hold(is_utf8(rendered->thing->name), "a name is text");
  }
  return 0;
}

// What a hook program printed: an answer that allows, or a reason that can be shown and has no value of a parameter in
// what it quotes.
#include "broker/hook_response.hpp"

#include "core/text.hpp"
#include "tests/fuzz/target.hpp"

using namespace fleet_provision;
using namespace fleet_provision::simulator;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::map<std::string, std::string> parameters{{"SerialNumber", "secret-4711"}, {"Empty", ""}};
  const HookResponse response = parse_hook_response(7, std::string(as_text(data, size)), parameters);
  must_hold(response.question == 7, "the question is the one that was asked");
  must_hold(response.allowed == response.reason.empty(), "a hook allows, or there is a reason");
  must_hold(response.allowed || response.parameter_overrides.empty(), "who does not allow overrides nothing");
  must_hold(printable(response.reason, 8 * response.reason.size() + 8) == response.reason, "a reason can be shown");
  if (response.reason.starts_with("it printed")) {
    must_hold(response.reason.find("secret-4711") == std::string::npos, "no value of a parameter is quoted");
  }
  for (const auto& [name, value] : response.parameter_overrides) must_hold(is_utf8(name + value), "overrides are text");
  return 0;
}

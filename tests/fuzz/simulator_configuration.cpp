// The configuration that the simulator's program hands to the broker's plugin: refused by value, or the same when it is
// written and read again.
#include "service/configuration_file.hpp"

#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;
using namespace fleet_provision::simulator;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto configuration = configuration_from_json(as_text(data, size));
  if (!configuration) {
    const ErrorKind kind = configuration.error().kind;
    const bool other = kind == ErrorKind::kConfiguration || kind == ErrorKind::kUsage;
    refused_as(configuration.error(), other ? kind : ErrorKind::kInternal);
    return 0;
  }
  const std::string once = to_json(*configuration);
  const auto again = configuration_from_json(once);
  must_hold(again.has_value(), "what was written can be read");
  must_hold(to_json(*again) == once, "the configuration survives being written");
  return 0;
}

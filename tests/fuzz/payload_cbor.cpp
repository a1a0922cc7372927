#include "tests/fuzz/payload_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fleet_provision::read_as_everything(fleet_provision::as_text(data, size), fleet_provision::PayloadFormat::kCbor);
  return 0;
}

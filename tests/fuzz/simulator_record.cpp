// A certificate or a thing in the simulator's state directory: refused by value, or the same when it is written and
// read again.
#include "records/record_text.hpp"

#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;
using namespace fleet_provision::simulator;

namespace {

void refused(const Error& error) {
  refused_as(error, error.kind == ErrorKind::kConfiguration ? error.kind : ErrorKind::kInternal);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  if (const auto certificate = certificate_from_text("a.json", text)) {
    const std::string once = text_of(*certificate);
    const auto again = certificate_from_text("a.json", once);
    must_hold(again.has_value() && text_of(*again) == once, "a certificate survives being written");
  } else {
    refused(certificate.error());
  }
  if (const auto thing = thing_from_text("a.json", text)) {
    const std::string once = text_of(*thing);
    const auto again = thing_from_text("a.json", once);
    must_hold(again.has_value() && text_of(*again) == once, "a thing survives being written");
  } else {
    refused(thing.error());
  }
  return 0;
}

// identity.json, whatever a disk or a hand has made of it: refused by value, or the same when written and read again.
#include "codec/identity_codec.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto identity = decode_identity(as_text(data, size));
  if (!identity) {
    refused_as(identity.error(), ErrorKind::kIdentityDamaged);
    return 0;
  }
  const std::string once = encode_identity(*identity);
  const auto again = decode_identity(once);
  must_hold(again.has_value(), "what was written can be read");
  must_hold(encode_identity(*again) == once, "the identity survives being written");
  must_hold(is_utf8(encode_device_configuration(identity->device_configuration)), "the configuration is text");
  return 0;
}

// A file of a key that a TPM wrapped, and the same bytes as the public part alone: refused by value, or the same when
// written and read again.
#include "adapters/keys/tpm2/tss2_pem.hpp"

#include <algorithm>

#include "adapters/keys/tpm2/tpm_public_area.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

namespace {

void refused(const Error& error) {
  refused_as(error, error.kind == ErrorKind::kKeyUnsuitable ? error.kind : ErrorKind::kDeviceKeyUnusable);
}

void read_public_part(std::string_view bytes) {
  const auto area = parse_signing_key(bytes);
  if (!area) return refused(area.error());
  if (const auto key = public_key_of(*area); !key) refused(key.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, std::min<std::size_t>(size, 8192));
  read_public_part(text);
  const auto key = parse_tss2_pem(text);
  if (!key) {
    refused(key.error());
    return 0;
  }
  must_hold(is_tss2_pem(text), "a key that was read is recognized");
  const Secret once = to_tss2_pem(*key);
  const auto again = parse_tss2_pem(once.reveal());
  must_hold(again.has_value(), "what was written can be read");
  must_hold(again->empty_auth == key->empty_auth && again->parent == key->parent &&
                again->public_area == key->public_area && again->private_area == key->private_area,
            "the key survives being written");
  if (const auto half = public_half_of(*key); !half) refused(half.error());
  read_public_part(key->public_area);
  return 0;
}

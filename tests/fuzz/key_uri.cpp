// Texts that name a key or a key store: refused by value, or the same when written and read again.
#include <algorithm>

#include "core/key_location.hpp"
#include "core/pkcs11_uri.hpp"
#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

namespace {

void read_uri(std::string_view text) {
  const auto uri = parse_pkcs11_uri(text);
  if (!uri) return refused_as(uri.error(), ErrorKind::kKeyUri);
  const std::string once = to_uri(*uri);
  const auto again = parse_pkcs11_uri(once);
  must_hold(again.has_value(), "a URI that was written can be read");
  must_hold(to_uri(*again) == once, "a URI survives being written");
}

void read_location(std::string_view text) {
  const auto location = parse_key_location(text);
  if (!location) return refused_as(location.error(), ErrorKind::kKeyUri);
  const auto again = parse_key_location(text_of(*location));
  must_hold(again.has_value() && *again == *location, "a location survives being written");
  must_hold(!(is_file(*location) && is_in_hardware(*location)), "a key is in a file or in hardware");
}

void read_store(std::string_view text) {
  const auto store = parse_key_store(text);
  if (!store) {
    return refused_as(store.error(), store.error().kind == ErrorKind::kKeyUri ? ErrorKind::kKeyUri : ErrorKind::kUsage);
  }
  const auto again = parse_key_store(text_of(*store));
  must_hold(again.has_value() && *again == *store, "a store survives being written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, std::min<std::size_t>(size, 4096));
  read_uri(text);
  read_location(text);
  read_store(text);
  return 0;
}

// The subject of a CSR as text: refused as a usage error, or parts that are the same when written with escapes and
// read again.
#include "adapters/keys/distinguished_name.hpp"

#include "tests/fuzz/refusal.hpp"

using namespace fleet_provision;

namespace {

/// RFC 4514 section 2.4, with each byte of a value that is no letter or digit as two hex digits.
std::string written(const std::vector<RelativeName>& names) {
  std::string text;
  for (const RelativeName& name : names) {
    if (!text.empty()) text += ',';
    for (std::size_t i = 0; i < name.size(); ++i) {
      text += (i == 0 ? "" : "+") + name[i].type + "=";
      for (const char c : name[i].value) {
        if (is_alphanumeric_or(std::string_view(&c, 1), ""))
          text += c;
        else
          text += "\\" + to_hex(std::string_view(&c, 1));
      }
    }
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto names = parse_distinguished_name(as_text(data, size));
  if (!names) {
    refused_as(names.error(), ErrorKind::kUsage);
    return 0;
  }
  must_hold(!names->empty(), "a name has a part");
  for (const RelativeName& name : *names) {
    must_hold(!name.empty(), "a part has an attribute");
    for (const NameAttribute& each : name) {
      must_hold(!each.type.empty() && !each.value.empty() && is_utf8(each.value), "an attribute has a type and a text");
    }
  }
  const std::string once = written(*names);
  const auto again = parse_distinguished_name(once);
  must_hold(again.has_value(), "what was written can be read");
  must_hold(written(*again) == once, "a name survives being written");
  return 0;
}
